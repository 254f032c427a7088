"""The step of the optimiser for matrices: a mean of gradients, made orthogonal (Muon, by Keller Jordan)."""
from collections import defaultdict

import torch


class Muon:
    def __init__(self, parameters, shares, momentum=0.95, decay=0.02, rounds=4):
        """`shares`: how much of the rate each takes."""
        self.parameters, self.shares, self.momentum, self.decay, self.rounds = list(parameters), list(shares), momentum, decay, rounds
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
            made = orthogonal(torch.stack([one for _, one, _ in some]), self.rounds) * max(1, rows / columns) ** 0.5
            for (parameter, _, step), one in zip(some, made):
                parameter.mul_(1 - step * self.decay).sub_(one.view_as(parameter), alpha=step)


def orthogonal(x, rounds):
    """Newton-Schulz: singular values become about one."""
    turned = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if turned else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(rounds):
        square = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.transpose(1, 2) if turned else x
