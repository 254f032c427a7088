"""python3 train-plan.py [--minutes 12]    # out/plan.pt: the reader and the painter's plan, from captions alone

They learn to tell, for each of 8 x 8 parts of the picture, its colours (4 pixels) and what lies there. Without noise and without
the painter that is quick: the painter begins with words that already mean something.
"""
import argparse
import os
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from layout import LABELS, colors_of, labels_of
from model import WIDTH, Plan, Reader, matrices_of, place_waves
from scenes import caption, held_out, random_scene
from vocabulary import Words

here = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(here, '..', '..', '..', 'training'))
from muon import Muon

file = os.path.join(here, 'out', 'plan.pt')
def batch(random, words, count):
    scenes = []
    while len(scenes) < count:
        scene = random_scene(random)
        if not held_out(scene):
            scenes.append(scene)
    ids = np.stack([words.ids(caption(scene, random, full=random.random() < 0.15)) for scene in scenes])
    stacked = lambda tell: torch.from_numpy(np.stack([tell(scene) for scene in scenes]))
    return torch.from_numpy(ids), stacked(colors_of), stacked(labels_of)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--minutes', type=float, default=12)
    arguments.add_argument('--size', type=int, default=64)
    arguments.add_argument('--rate', type=float, default=0.02)
    arguments.add_argument('--adam', type=float, default=2e-3)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(2)
    random, words = np.random.default_rng(int(time.time())), Words()
    parts = nn.ModuleDict({'reader': Reader(words.size, words.end), 'plan': Plan(), 'colors': nn.Linear(WIDTH, 12), 'labels': nn.Linear(WIDTH, len(LABELS))})
    waves = place_waves(8, 8)
    if os.path.exists(file):
        parts.load_state_dict(torch.load(file, weights_only=True))
    matrices, others = matrices_of(parts)
    muon, adam = Muon(matrices), torch.optim.AdamW(others, weight_decay=0.01, betas=(0.9, 0.98))
    start, step, sums, shown = time.time(), 0, np.zeros(3), time.time()
    while (share := (time.time() - start) / (options.minutes * 60)) < 1:
        pace = min(1, (step + 1) / 30) * min(1, (1 - share) / 0.4)
        for group in adam.param_groups:
            group['lr'] = options.adam * pace
        ids, seen, there = batch(random, words, options.size)
        x = parts['plan'](waves, parts['reader'](ids))
        colors = F.mse_loss(parts['colors'](x), seen)
        guess = parts['labels'](x)
        wrong = F.cross_entropy(guess.flatten(0, 1), there.flatten())
        (colors * 4 + wrong).backward()
        torch.nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
        muon.step(options.rate * pace)
        adam.step()
        adam.zero_grad(set_to_none=True)
        step += 1
        hit = (guess.argmax(-1) == there)[there > 0].float().mean().item()
        sums += (np.array([colors.item(), wrong.item(), hit]) - sums) * max(0.03, 1 / step)
        if time.time() - shown > 30:
            shown = time.time()
            print(f'step {step} minutes {(shown - start) / 60:.1f} colours {sums[0]:.4f} what {sums[1]:.4f}, right where there is something {sums[2]:.3f}', flush=True)
            torch.save(parts.state_dict(), file)
    torch.save(parts.state_dict(), file)


if __name__ == '__main__':
    main()
