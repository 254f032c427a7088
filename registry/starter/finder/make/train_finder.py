"""Trains the embedder: questions and passages that belong together get vectors that lie close.

    python3 train_finder.py [--words 3] [--minutes 12] [--name finder]     # out/finder.pt, out/finder.log

First what words mean, without layers, which takes a hundredth of the time; then the layers.
"""
import argparse
import os
import signal
import time

import numpy as np
import torch
from torch.nn import functional as F

from data import CLS, SEP, Texts, out, rows
from measure import developing, embedded
from model import bags, finder, of_words, quieten, vectors

HEAT = 0.05
WEIGHTS = {'documentation': 1.0, 'pages': 0.25, 'answers': 0.3, 'words': 0.25}


def contrast(left, right, groups):
    """How well each finds its own among all; of one section several may be right."""
    scores = left @ right.T / HEAT
    groups = torch.as_tensor(groups)
    same = (groups[:, None] == groups[None]) & ~torch.eye(len(groups), dtype=torch.bool)
    scores = scores.masked_fill(same, -1e4)
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own, label_smoothing=0.05) + F.cross_entropy(scores.T, own, label_smoothing=0.05)) / 2


def words_loss(model, texts):
    words = of_words(model)
    total = 0
    for kind, count in {'documentation': 256, 'pages': 128, 'answers': 96, 'words': 256}.items():
        left, right, groups = getattr(texts, f'of_{kind}')(count)
        framed = lambda lists: bags(words, [[CLS, *ids, SEP] for ids in lists])
        total = total + WEIGHTS[kind] * contrast(framed(left), framed(right), groups)
    return total


class Layers:
    """All passages take part in each step; the vectors of most are some steps old, because making them is what costs."""

    def __init__(self, model, texts):
        self.model, self.texts, self.step = model, texts, 0

    def loss(self):
        model, texts = self.model, self.texts
        if self.step % 40 == 0:
            self.kept = embedded(model, texts, texts.ids)
            model.train()
        self.step += 1
        left, right, groups = texts.of_documentation(96)
        chosen = torch.tensor(texts.chosen)
        # The first of each passage that is here; some of them are made anew.
        first = np.unique(texts.chosen, return_index=True)[1]
        few = torch.tensor(texts.random.permutation(first)[:14])
        fresh = self.embed([right[at] for at in few])
        self.kept = self.kept.clone()
        self.kept[chosen[few]] = fresh.detach()
        passages = self.kept.clone().index_copy(0, chosen[few], fresh)
        section = torch.as_tensor(texts.section)
        scores = self.embed(left) @ passages.T / HEAT
        same = (section[chosen][:, None] == section[None]).scatter(1, chosen[:, None], value=False)
        total = F.cross_entropy(scores.masked_fill(same, -1e4), chosen, label_smoothing=0.05)
        for kind, count in {'answers': 32, 'words': 48, **({'pages': 12} if self.step % 2 else {})}.items():
            left, right, groups = getattr(texts, f'of_{kind}')(count)
            total = total + WEIGHTS[kind] * contrast(self.embed(left), self.embed(right), groups)
        return total

    def embed(self, lists):
        """Long rows and short ones apart: filling up costs."""
        order = sorted(range(len(lists)), key=lambda at: len(lists[at]))
        made = torch.cat([vectors(self.model, *rows([lists[one] for one in order[at : at + 24]])) for at in range(0, len(order), 24)])
        return made[torch.argsort(torch.tensor(order))]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--words', type=float, default=3, help='minutes')
    arguments.add_argument('--minutes', type=float, default=12, help='for the layers')
    arguments.add_argument('--rate', type=float, default=8e-4)
    arguments.add_argument('--name', default='finder')
    arguments.add_argument('--from', dest='start', help='weights to begin from')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    texts = Texts()
    model = finder()
    if options.start:
        model.load_state_dict(torch.load(options.start, weights_only=True))
    else:
        quieten(model, texts.counts(model.config.vocab_size))
    log = open(os.path.join(out, f'{options.name}.log'), 'a')
    print('nothing learned', developing(model, texts), file=log, flush=True)
    stop = []
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.append(True))
    def learn(what, loss, minutes, rate):
        optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
        averaged = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
        begun, step, sums, shown = time.time(), 0, 0.0, time.time()
        while (share := (time.time() - begun) / minutes / 60) < 1 and not stop:
            for group in optimiser.param_groups:
                group['lr'] = rate * min(1, (step + 1) / 50) * max(0.02, 1 - share)
            model.train()
            lost = loss()
            optimiser.zero_grad(set_to_none=True)
            lost.backward()
            torch.nn.utils.clip_grad_norm_([one for one in model.parameters() if one.grad is not None], 1.0)
            optimiser.step()
            averaged.update_parameters(model)
            step, sums = step + 1, sums * 0.98 + lost.item() * 0.02
            if time.time() - shown > 60:
                print(f'{what} step {step} minutes {(time.time() - begun) / 60:.1f} loss {sums / (1 - 0.98**step):.3f} {developing(averaged.module, texts)}', file=log, flush=True)
                torch.save(averaged.module.state_dict(), os.path.join(out, f'{options.name}.pt'))
                shown = time.time()
        model.load_state_dict(averaged.module.state_dict())
        torch.save(model.state_dict(), os.path.join(out, f'{options.name}.pt'))
        print(f'{what} steps {step} {developing(model, texts)}', file=log, flush=True)

    if options.words > 0:
        learn('words', lambda: words_loss(model, texts), options.words, 4e-3)
        torch.save(model.state_dict(), os.path.join(out, f'{options.name}-words.pt'))
    if options.minutes > 0:
        learn('layers', Layers(model, texts).loss, options.minutes, options.rate)


if __name__ == '__main__':
    main()
