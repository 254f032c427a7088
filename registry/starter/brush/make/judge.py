"""Who looks at the pictures: a network trained apart from everything that ships, on drawn scenes with blur, noise and wrong tints.

    python3 judge.py [--minutes 8]    # out/judge.pt, and how well it sees on scenes it never saw; goes on where it was

It tells for each of 16 x 16 parts whether something has its middle there (an ordinary thing, or one that others lie in), what and
in which colour, and for the whole picture what the background and the ground are.
"""
import argparse
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from scenes import ABOVE, BACKGROUNDS, COLORS, GROUNDS, SHAPES, SKIES, SLOTS, THINGS, random_scene, render

here = os.path.dirname(os.path.abspath(__file__))
file = os.path.join(here, 'out', 'judge.pt')
KINDS = [*SHAPES, *THINGS, 'boat', *(f'sky {thing}' for thing in ABOVE)]
TINTS = list(COLORS)
BEHIND = [*BACKGROUNDS, *SKIES]
UNDER = ['nothing', *GROUNDS]
ONE = 1 + len(KINDS) + len(TINTS)


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Conv2d(12, 32, 3, padding=1)
        self.down = nn.Conv2d(32, 64, 3, padding=1, stride=2)
        self.deep = nn.ModuleList(nn.Conv2d(64, 64, 3, padding=reach, dilation=reach) for reach in (1, 2, 4, 2, 1))
        self.norms = nn.ModuleList(nn.BatchNorm2d(64) for _ in self.deep)
        self.things = nn.Conv2d(64, 2 * ONE, 1)
        self.whole = nn.Linear(64 * 4, len(BEHIND) + len(UNDER))

    def forward(self, pictures):
        x = F.relu(self.down(F.relu(self.enter(F.pixel_unshuffle(pictures, 2)))))
        for layer, norm in zip(self.deep, self.norms):
            x = x + F.relu(norm(layer(x)))
        return self.things(x).unflatten(1, (2, ONE)), self.whole(F.adaptive_avg_pool2d(x, (4, 1)).flatten(1))


def middles(scene):
    """[(0 or 1 for one that others lie in, kind, colour or -1, x, y)] in parts of 16 x 16"""
    found = [(int(one['r'] >= 20), KINDS.index(one['shape']), TINTS.index(one['color']), one['x'] / 4, one['y'] / 4) for one in scene.get('objects', ())]
    found += [(0, KINDS.index(one['thing']), TINTS.index(one['color']), (SLOTS[one['slot']] + one['dx']) / 4, 39 / 4) for one in scene.get('things', ())]
    if scene.get('above'):
        found.append((0, KINDS.index(f"sky {scene['above']['thing']}"), -1, (SLOTS[scene['above']['slot']] + scene['above']['dx']) / 4, 12 / 4))
    return found


def targets(scenes):
    heat = np.zeros((len(scenes), 2, 16, 16), np.float32)
    kind, tint = (np.full((len(scenes), 2, 16, 16), -1) for _ in range(2))
    grid = np.arange(16) + 0.5
    for i, scene in enumerate(scenes):
        for slot, what, color, x, y in middles(scene):
            near = np.exp(-((grid[:, None] - y) ** 2 + (grid[None] - x) ** 2) / 1.3)
            heat[i, slot] = np.maximum(heat[i, slot], near)
            kind[i, slot][near > 0.5], tint[i, slot][near > 0.5] = what, color
    behind = [BEHIND.index(scene['background']) for scene in scenes]
    under = [UNDER.index(scene.get('ground', 'nothing')) for scene in scenes]
    return [torch.from_numpy(np.asarray(one)) for one in (heat, kind, tint, behind, under)]


def worsened(pictures):
    """A little blur, noise and tint, as pictures of the painter have them."""
    soft = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode='replicate'), 3, 1)
    mix = torch.rand(len(pictures), 1, 1, 1)
    tint = torch.randn(len(pictures), 3, 1, 1) * 0.05
    blotches = F.interpolate(torch.randn(len(pictures), 3, 16, 16), scale_factor=4, mode='bilinear') * 0.08 * torch.rand(len(pictures), 1, 1, 1)
    return (pictures * (1 - mix) + soft * mix + tint + blotches + torch.randn_like(pictures) * 0.05 * torch.rand(len(pictures), 1, 1, 1)).clamp(-1, 1)


def seen(scenes):
    return torch.from_numpy(np.stack([render(scene) for scene in scenes])).permute(0, 3, 1, 2).float().div(127.5).sub(1)


@torch.no_grad()
def see(judge, pictures):
    """float [batch, 3, 64, 64] from -1 to 1 -> for each {things: [{slot, kind, color, x, y, sure}], background, ground}"""
    things, whole = judge(pictures)
    heat = things[:, :, 0].sigmoid()
    top = (F.max_pool2d(heat, 3, 1, 1) == heat) & (heat > 0.4)
    behind, under = whole.split([len(BEHIND), len(UNDER)], 1)
    made = [{'things': [], 'background': BEHIND[b], 'ground': UNDER[u]} for b, u in zip(behind.argmax(1).tolist(), under.argmax(1).tolist())]
    for i, slot, y, x in top.nonzero().tolist():
        one = things[i, slot, :, y, x]
        kind, tint = one[1 : 1 + len(KINDS)].argmax().item(), one[1 + len(KINDS) :].argmax().item()
        made[i]['things'].append({'slot': slot, 'kind': KINDS[kind], 'color': TINTS[tint], 'x': x * 4 + 2, 'y': y * 4 + 2, 'sure': round(heat[i, slot, y, x].item(), 2)})
    return made


def agrees(scene, view):
    """Whether the view has what the scene has: {what, place, count, behind}, each True or False."""
    wanted = [(slot, KINDS[kind], None if tint < 0 else TINTS[tint], x * 4, y * 4) for slot, kind, tint, x, y in middles(scene)]
    told = lambda slot, kind, color: (slot, kind, color if kind not in ('tree', 'snowman') and not kind.startswith('sky') else None)
    have = sorted(told(one['slot'], one['kind'], one['color']) for one in view['things'])
    what = sorted({told(slot, kind, color) for slot, kind, color, _, _ in wanted}, key=str) == sorted(set(have), key=str)
    near = lambda slot, kind, x, y: any(one['slot'] == slot and one['kind'] == kind and abs(one['x'] - x) < 10 and abs(one['y'] - y) < 10 for one in view['things'])
    return {
        'what': what, 'place': all(near(slot, kind, x, y) for slot, kind, _, x, y in wanted), 'count': len(have) == len(wanted),
        'behind': view['background'] == scene['background'] and view['ground'] == scene.get('ground', 'nothing'),
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--minutes', type=float, default=8)
    arguments.add_argument('--size', type=int, default=32)
    arguments.add_argument('--rate', type=float, default=4e-3)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(3)
    random, judge = np.random.default_rng(33), Judge()
    optimiser = torch.optim.AdamW(judge.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    if os.path.exists(file):
        judge.load_state_dict(torch.load(file, weights_only=True))
        random = np.random.default_rng(int(time.time()))
    start, step, mean, shown = time.time(), 0, 0.0, time.time()
    while (share := (time.time() - start) / (options.minutes * 60)) < 1:
        for group in optimiser.param_groups:
            group['lr'] = options.rate * min(1, (step + 1) / 100) * (1 - share) + 1e-5
        scenes = [random_scene(random, 'inside' if n % 6 == 0 else None) for n in range(options.size)]
        heat, kind, tint, behind, under = targets(scenes)
        things, whole = judge(worsened(seen(scenes)))
        lost = F.binary_cross_entropy_with_logits(things[:, :, 0], heat, weight=1 + 8 * heat)
        lost = lost * 4 + F.cross_entropy(things[:, :, 1 : 1 + len(KINDS)].transpose(1, 2), kind, ignore_index=-1) + F.cross_entropy(things[:, :, 1 + len(KINDS) :].transpose(1, 2), tint, ignore_index=-1)
        lost = lost + F.cross_entropy(whole[:, : len(BEHIND)], behind) * 0.3 + F.cross_entropy(whole[:, len(BEHIND) :], under) * 0.3
        optimiser.zero_grad(set_to_none=True)
        lost.backward()
        optimiser.step()
        step += 1
        mean = mean * 0.98 + lost.item() * 0.02
        if time.time() - shown > 30:
            shown = time.time()
            print(f'step {step} minutes {(shown - start) / 60:.1f} loss {mean:.3f} {measure(judge)}', flush=True)
            torch.save(judge.state_dict(), file)
    torch.save(judge.state_dict(), file)
    print(measure(judge, 600), flush=True)


def measure(judge, count=100):
    judge.eval()
    random = np.random.default_rng(34)
    scenes = [random_scene(random) for _ in range(count)]
    rows = [agrees(scene, view) for scene, view in zip(scenes, see(judge, seen(scenes)))]
    judge.train()
    return {key: round(sum(row[key] for row in rows) / len(rows), 3) for key in rows[0]}


if __name__ == '__main__':
    main()
