"""The step of the optimiser for matrices: a mean of gradients, made orthogonal (Muon, by Keller Jordan)."""
from collections import defaultdict

import torch

# Three rounds with these (Polar Express) are as good as five with fixed ones.
ROUNDS = [(8.2872, -23.5959, 17.3004), (4.1071, -2.9478, 0.5448), (3.9487, -2.9089, 0.5518)]


class Muon:
    """
    Weights of convolutions count as matrices, too. A step takes the gradients away, as nobody else would: the optimiser of
    the other parameters does not know of these. `means` is the state to save, and to set again.
    """

    def __init__(self, parameters, shares=None, momentum=0.95, decay=0.01):
        """`shares`: how much of the rate each takes; all of it when absent."""
        self.parameters, self.momentum, self.decay = list(parameters), momentum, decay
        self.shares = list(shares) if shares else [1] * len(self.parameters)
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]

    @torch.no_grad()
    def step(self, rate):
        alike = defaultdict(list)
        for parameter, mean, share in zip(self.parameters, self.means, self.shares):
            if parameter.grad is None:
                continue
            mean.lerp_(parameter.grad, 1 - self.momentum)
            made = parameter.grad.lerp(mean, self.momentum).flatten(1)
            alike[made.shape].append((parameter, made, rate * share))
        for (rows, columns), some in alike.items():
            made = orthogonal(torch.stack([one for _, one, _ in some])) * max(1, rows / columns) ** 0.5
            for (parameter, _, step), one in zip(some, made):
                parameter.mul_(1 - step * self.decay).sub_(one.view_as(parameter), alpha=step)
                parameter.grad = None


def orthogonal(x):
    """Newton-Schulz: singular values become about one."""
    turned = x.shape[1] > x.shape[2]
    x = x.mT if turned else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) * 1.01 + 1e-7)
    for a, b, c in ROUNDS:
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if turned else x
