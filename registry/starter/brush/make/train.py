"""python3 train.py [--minutes 70] [--name brush] [--from out/brush.pt]    # out/brush.pt, out/brush.log

Needs out/autoencoder.pt and, for a quick start, out/plan.pt. Goes on where it was stopped, with the same --name.
"""
import argparse
import copy
import os
import signal
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autoencoder import Autoencoder
from layout import LABELS, colors_of, labels_of
from model import WIDTH, Painter, Reader, matrices_of, place_waves
from png import as_bytes, sheet, write_png
from scenes import caption, held_out, random_scene, render
from schedule import NOISE, SIGNAL, paint, random_times
from vocabulary import Words

here = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(here, '..', '..', '..', 'training'))
from muon import Muon

out = os.path.join(here, 'out')
LOOK = [
    'a red circle above a blue square', 'a green triangle left of a yellow star', 'three green triangles', 'a small purple heart', 'a red house under the sun', 'a snowman in the snow at night',
    'a yellow star on a black background', 'a blue circle inside a red square', 'five black stars', 'a large orange diamond', 'a white boat on the sea', 'a black cat beside a tree',
    'a pink ring below a gray cross', 'a brown heart', 'two blue moons on a yellow background', 'a green square to the right of a red heart', 'a gray star', 'a blue car on the beach in the evening',
]


class Scenes:
    """What is seen, as latents, with what is in it: new ones come, the oldest go."""

    def __init__(self, autoencoder, seed, most):
        self.random, self.autoencoder, self.most, self.next = np.random.default_rng(seed), autoencoder, most, 0
        self.scenes, self.latents = [], torch.empty(most, 4, 16, 16)
        self.colors, self.labels = torch.empty(most, 64, 12), torch.empty(most, 64, dtype=torch.int64)

    @torch.no_grad()
    def add(self, count):
        made = [scene for scene in (random_scene(self.random) for _ in range(count)) if not held_out(scene)]
        seen = torch.from_numpy(np.stack([render(scene) for scene in made])).permute(0, 3, 1, 2).float().div(127.5).sub(1)
        for scene, latents in zip(made, self.autoencoder.encode(seen)):
            at = self.next % self.most
            self.latents[at] = latents
            self.colors[at], self.labels[at] = torch.from_numpy(colors_of(scene)), torch.from_numpy(labels_of(scene))
            self.scenes[at : at + 1] = [scene]
            self.next += 1

    def batch(self, count, words, wordless):
        """`wordless` of the first have no caption."""
        # Small shapes and shapes in others are seldom and hard: they are taken more often than they come.
        weights = np.cumsum([2.5 if scene['kind'] == 'inside' else 1.7 if any(one['size'] == 'small' for one in scene.get('objects', ())) else 1 for scene in self.scenes])
        chosen = np.searchsorted(weights, self.random.random(count) * weights[-1])
        said = ['' if n < wordless else caption(self.scenes[i], self.random, full=self.random.random() < 0.15) for n, i in enumerate(chosen)]
        return self.latents[chosen], torch.from_numpy(np.stack([words.ids(text) for text in said])), self.colors[chosen], self.labels[chosen]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='brush')
    arguments.add_argument('--from', dest='start')
    arguments.add_argument('--minutes', type=float, default=70)
    arguments.add_argument('--size', type=int, default=48)
    arguments.add_argument('--rate', type=float, default=0.02)
    arguments.add_argument('--adam', type=float, default=2e-3)
    arguments.add_argument('--plans', type=int, default=24, help='captions beside those of --size, for the plan alone')
    arguments.add_argument('--planning', type=float, default=0.3)
    arguments.add_argument('--scenes', type=int, default=20000)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    words, file = Words(), os.path.join(out, f'{options.name}.pt')
    autoencoder = Autoencoder().eval()
    autoencoder.load_state_dict(torch.load(os.path.join(out, 'autoencoder.pt'), weights_only=True))
    model = nn.ModuleDict({'reader': Reader(words.size, words.end), 'painter': Painter(), 'colors': nn.Linear(WIDTH, 12), 'labels': nn.Linear(WIDTH, len(LABELS))})
    state = {'step': 0, 'seconds': 0.0, 'pictures': 0}
    saved = next((torch.load(name, weights_only=True) for name in (file, options.start) if name and os.path.exists(name)), None)
    if saved:
        model.load_state_dict(saved['model'])
        if os.path.exists(file):
            state = {key: saved[key] for key in state}
    elif os.path.exists(os.path.join(out, 'plan.pt')):
        begin(model, torch.load(os.path.join(out, 'plan.pt'), weights_only=True))
    mean = copy.deepcopy(model)
    if saved:
        mean.load_state_dict(saved['mean'])
    torch.manual_seed(10 + state['step'])
    matrices, others = matrices_of(model)
    muon, adam = Muon(matrices), torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.01)
    if saved and os.path.exists(file) and 'muon' in saved:
        adam.load_state_dict(saved['adam'])
        muon.means = saved['muon']
    scenes = Scenes(autoencoder, 100 + state['step'], options.scenes)
    scenes.add(2500)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    last = shown = measured = time.time()
    loss_mean, low, plan_mean, waves = None, None, None, place_waves(8, 8)
    log = open(os.path.join(out, f'{options.name}.log'), 'a')
    while not ended and (share := state['seconds'] / (options.minutes * 60)) < 1:
        if state['step'] % 20 == 19:
            scenes.add(300 if scenes.next < 10000 else 80)
        pace = min(1, (state['step'] + 1) / 60) * min(1, (1 - share) / 0.7)
        for group in adam.param_groups:
            group['lr'] = options.adam * pace
        latents, ids, colors, labels = scenes.batch(options.size + options.plans, words, options.size // 10)
        read = model['reader'](ids)
        plan = model['painter'].plan(waves, read)
        told = plan[options.size // 10 :]  # with no caption there is nothing to plan
        planned = F.mse_loss(model['colors'](told), colors[options.size // 10 :]) * 4 + F.cross_entropy(model['labels'](told).flatten(0, 1), labels[options.size // 10 :].flatten())
        latents = latents[: options.size]
        times = random_times(len(latents))
        noise = torch.randn_like(latents)
        a, s = SIGNAL[times, None, None, None], NOISE[times, None, None, None]
        gaps = (model['painter'](a * latents + s * noise, times, read[: options.size], plan[: options.size]) - (a * noise - s * latents)).square().mean((1, 2, 3))
        loss = gaps.mean()
        (loss + planned * options.planning).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        muon.step(options.rate * pace)
        adam.step()
        adam.zero_grad(set_to_none=True)
        with torch.no_grad():
            torch._foreach_lerp_(list(mean.parameters()), list(model.parameters()), 1 - min(0.997, (state['step'] + 1) / (state['step'] + 10)))
        state['step'] += 1
        state['pictures'] += len(latents)
        loss_mean = loss.item() if loss_mean is None else loss_mean * 0.98 + loss.item() * 0.02
        plan_mean = planned.item() if plan_mean is None else plan_mean * 0.98 + planned.item() * 0.02
        high = gaps[times > 600].mean().item()
        low = high if low is None else low if high != high else low * 0.98 + high * 0.02
        now = time.time()
        state['seconds'] += now - last
        last = now
        if now - shown > 30:
            print(f"step {state['step']} minutes {state['seconds'] / 60:.1f} pictures {state['pictures']} loss {loss_mean:.4f}, in much noise {low:.4f}, plan {plan_mean:.4f}, pace {pace:.2f}", file=log, flush=True)
            shown = now
        if now - measured > 300:
            keep(file, model, mean, muon, adam, state)
            look(mean, autoencoder, words, os.path.join(out, f'{options.name}.png'))
            measured = last = time.time()
    keep(file, model, mean, muon, adam, state)
    look(mean, autoencoder, words, os.path.join(out, f'{options.name}.png'))


def begin(model, plan):
    part = lambda name: {key[len(name) + 1 :]: value for key, value in plan.items() if key.startswith(f'{name}.')}
    for name in ('reader', 'colors', 'labels'):
        model[name].load_state_dict(part(name))
    model['painter'].plan.load_state_dict(part('plan'))


def keep(file, model, mean, muon, adam, state):
    torch.save({'model': model.state_dict(), 'mean': mean.state_dict(), 'muon': muon.means, 'adam': adam.state_dict(), **state}, f'{file}.part')
    os.replace(f'{file}.part', file)


@torch.no_grad()
def look(model, autoencoder, words, file):
    read = lambda texts: model['reader'](torch.from_numpy(np.stack([words.ids(text) for text in texts])))
    latents = paint(model['painter'], read(LOOK), read([''] * len(LOOK)), steps=14)
    write_png(file, sheet(as_bytes(autoencoder.decode(latents)), 6, 2))


if __name__ == '__main__':
    main()
