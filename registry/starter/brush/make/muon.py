"""Steps for matrices whose directions all weigh the same: learns in fewer steps than Adam alone."""
import torch


def matrices_of(model):
    """The matrices that Muon takes, and everything else."""
    taken = lambda name, value: value.ndim == 2 and min(value.shape) >= 64 and not any(part in name for part in ('embed', 'table', 'positions'))
    named = list(model.named_parameters())
    return [value for name, value in named if taken(name, value)], [value for name, value in named if not taken(name, value)]


class Muon:
    def __init__(self, matrices, momentum=0.95, decay=0.01):
        self.momentum, self.decay, self.groups = momentum, decay, {}
        for matrix in matrices:
            self.groups.setdefault(tuple(matrix.shape), []).append(matrix)
        self.speeds = {shape: torch.zeros(len(group), *shape) for shape, group in self.groups.items()}

    @torch.no_grad()
    def step(self, rate):
        for shape, group in self.groups.items():
            slope = torch.stack([matrix.grad for matrix in group])
            speed = self.speeds[shape].lerp_(slope, 1 - self.momentum)
            update = even(slope.lerp(speed, self.momentum)) * max(1, shape[0] / shape[1]) ** 0.5
            for matrix, change in zip(group, update):
                matrix.mul_(1 - rate * self.decay).sub_(change, alpha=rate)
                matrix.grad = None


def even(x):
    """Newton-Schulz: the nearest matrix whose singular values are about 1."""
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    return x.transpose(1, 2) if tall else x
