"""The reader of captions and the painter of latents, in plain torch.

The painter stands where Stable Diffusion has its UNet: it goes down from 16 x 16 to 8 x 8, looks at itself and at the words there,
and comes back up with what it saw on the way. Before it looks at the noise it plans from the words alone what belongs where; that
part needs no diffusion to learn from, and learns first.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

from autoencoder import CHANNELS
from vocabulary import LENGTH

EMBED = 64
WORDS = 96  # width of the reader, `cross_attention_dim` of the painter
READER_LAYERS = 2
WIDTH = 128
HEADS = 4
FINE = 32  # channels at 16 x 16
HIDDEN = 288
BLOCKS = 4
COND = 64
TIMES = 64  # waves that tell the time
PLACES = 16  # waves that tell the place


class Attention(nn.Module):
    """Queries of `width` to `width` itself and to words beside it."""

    def __init__(self, width, itself=True, words=0):
        super().__init__()
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width) if itself else None
        self.words = nn.Linear(words, 2 * width) if words else None
        self.o = nn.Linear(width, width)

    def forward(self, x, words=None, mask=None):
        sources = ([self.kv(x)] if self.kv is not None else []) + ([self.words(words)] if words is not None else [])
        split = lambda y: y.view(y.shape[0], y.shape[1], HEADS, -1).transpose(1, 2)
        key, value = (torch.cat(sources, 1) if len(sources) > 1 else sources[0]).chunk(2, -1)
        mixed = F.scaled_dot_product_attention(split(self.q(x)), split(key), split(value), attn_mask=mask)
        return self.o(mixed.transpose(1, 2).reshape(x.shape))


class Feed(nn.Sequential):
    def __init__(self, width, hidden):
        super().__init__(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, width))


class Reader(nn.Module):
    def __init__(self, pieces, end):
        super().__init__()
        self.end = end
        self.embed = nn.Embedding(pieces, EMBED)
        self.near = nn.Linear(3 * EMBED, WORDS)  # a word with its neighbours: "red circle"
        self.positions = nn.Parameter(torch.randn(LENGTH, WORDS) * 0.02)
        self.norms1 = nn.ModuleList(nn.LayerNorm(WORDS) for _ in range(READER_LAYERS))
        self.attentions = nn.ModuleList(Attention(WORDS) for _ in range(READER_LAYERS))
        self.norms2 = nn.ModuleList(nn.LayerNorm(WORDS) for _ in range(READER_LAYERS))
        self.feeds = nn.ModuleList(Feed(WORDS, 3 * WORDS) for _ in range(READER_LAYERS))
        self.norm = nn.LayerNorm(WORDS)
        nn.init.normal_(self.embed.weight, std=0.3)

    def forward(self, ids):
        """[batch, length] -> [batch, length, 96]; zeros behind the end of the text"""
        places = torch.arange(ids.shape[1])
        last = torch.where(ids != self.end, places, 0).amax(1, keepdim=True) + 1
        real = places[None] <= last
        x = self.embed(ids)
        x = self.near(torch.cat([F.pad(x, (0, 0, 1, 0))[:, :-1], x, F.pad(x, (0, 0, 0, 1))[:, 1:]], -1)) + self.positions[: ids.shape[1]]
        mask = torch.where(real, 0.0, -1e9)[:, None, None]
        for norm1, attention, norm2, feed in zip(self.norms1, self.attentions, self.norms2, self.feeds):
            x = x + attention(norm1(x), mask=mask)
            x = x + feed(norm2(x))
        return self.norm(x) * real[..., None]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, elementwise_affine=False)
        self.attention = Attention(WIDTH, words=WORDS)
        self.norm2 = nn.LayerNorm(WIDTH, elementwise_affine=False)
        self.near = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH)
        self.feed = Feed(WIDTH, HIDDEN)
        self.table = nn.Parameter(torch.randn(6, WIDTH) * 0.02)

    def forward(self, x, words, change, height, width):
        shift1, scale1, gate1, shift2, scale2, gate2 = (change + self.table).unsqueeze(2).unbind(1)
        x = x + gate1 * self.attention(self.norm1(x) * (1 + scale1) + shift1, words)
        y = self.norm2(x) * (1 + scale2) + shift2
        grid = y.transpose(1, 2).reshape(-1, WIDTH, height, width)
        y = y + self.near(grid).flatten(2).transpose(1, 2)
        return x + gate2 * self.feed(y)


class Plan(nn.Module):
    """From words to what belongs where: [batch, places, 128]"""

    def __init__(self):
        super().__init__()
        self.places = nn.Linear(PLACES, WIDTH)
        self.look1, self.look2 = Attention(WIDTH, itself=False, words=WORDS), Attention(WIDTH, itself=False, words=WORDS)
        self.norm1, self.norm2, self.norm3, self.norm = (nn.LayerNorm(WIDTH) for _ in range(4))
        self.feed = Feed(WIDTH, 2 * WIDTH)

    def forward(self, waves, words):
        x = self.places(waves).expand(len(words), -1, -1)
        x = x + self.look1(self.norm1(x), words)
        x = x + self.feed(self.norm2(x))
        x = x + self.look2(self.norm3(x), words)
        return self.norm(x)


def place_waves(height, width):
    """[1, height * width, 16]: waves of 1/4 to 2 in a picture's height and width"""
    at = lambda count: (torch.arange(count) + 0.5) / count * 2 - 1
    rates = math.pi / 2 * 2.0 ** torch.arange(PLACES // 4)
    y, x = (at(count)[:, None] * rates for count in (height, width))
    y, x = (torch.cat([angle.sin(), angle.cos()], 1) for angle in (y, x))
    return torch.cat([y[:, None].expand(-1, width, -1), x[None].expand(height, -1, -1)], 2).reshape(1, -1, PLACES)


def time_waves(times):
    rates = torch.exp(-math.log(1000) * torch.arange(TIMES // 2) / (TIMES // 2))
    angle = times.float()[:, None] * rates
    return torch.cat([angle.sin(), angle.cos()], 1)


class Painter(nn.Module):
    def __init__(self):
        super().__init__()
        self.plan = Plan()
        self.planned = nn.Linear(WIDTH, WIDTH)
        self.time1, self.time2 = nn.Linear(TIMES, 2 * COND), nn.Linear(2 * COND, COND)
        self.pooled = nn.Linear(WORDS, COND)
        self.change = nn.Linear(COND, 6 * WIDTH)
        self.enter1 = nn.Conv2d(CHANNELS, FINE, 3, padding=1)
        self.enter2 = nn.Conv2d(FINE, FINE, 3, padding=1)
        self.down = nn.Linear(4 * FINE, WIDTH)
        self.places = nn.Linear(PLACES, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, 4 * FINE)
        self.leave1 = nn.Conv2d(2 * FINE, FINE, 3, padding=1)
        self.leave2 = nn.Conv2d(FINE, CHANNELS, 3, padding=1)
        for layer in (self.change, self.leave2):
            nn.init.zeros_(layer.weight)
        with torch.no_grad():
            self.change.bias.view(6, WIDTH)[[2, 5]] = 0.5

    def forward(self, latents, times, words, plan=None):
        """[batch, 4, height, width], [batch] or [1], [batch, length, 96] -> what the scheduler wants, like the latents. `plan` where it was made before"""
        height, width = latents.shape[2] // 2, latents.shape[3] // 2
        waves = place_waves(height, width)
        cond = F.silu(self.time2(F.silu(self.time1(time_waves(times)))) + self.pooled(words[:, 0]))
        change = self.change(cond).view(-1, 6, WIDTH)
        fine = self.enter1(latents)
        fine = fine + self.enter2(F.silu(fine))
        x = F.pixel_unshuffle(fine, 2).flatten(2).transpose(1, 2)
        plan = self.plan(waves, words) if plan is None else plan
        x = self.down(x) + self.places(waves) + self.planned(plan)
        for block in self.blocks:
            x = block(x, words, change, height, width)
        x = self.up(self.norm(x)).transpose(1, 2).reshape(-1, 4 * FINE, height, width)
        x = torch.cat([F.pixel_shuffle(x, 2), fine], 1)
        return self.leave2(F.silu(self.leave1(F.silu(x))))


def matrices_of(model):
    """The matrices that Muon takes, and everything else."""
    taken = lambda name, value: value.ndim == 2 and min(value.shape) >= 64 and not any(part in name for part in ('embed', 'table', 'positions'))
    named = list(model.named_parameters())
    return [value for name, value in named if taken(name, value)], [value for name, value in named if not taken(name, value)]
