"""Trains the ears on out/shards, on one thread, until the minutes are over; goes on where it was stopped.

    OMP_NUM_THREADS=1 python3 train.py --minutes 90

The encoder learns the sounds first (CTC, short clips), then the decoder the words. The step size falls with the share of
the minutes that has passed, so that a slow machine gets as far as it can. out/ears.pt is written every five minutes: the
weights, their running mean (what is exported) and the optimiser's state. A later session with more --minutes goes on, and
shards rendered meanwhile are taken in.
"""
import argparse
import glob
import json
import os
import signal
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

import vocabulary
from augment import batch
from features import FRAMES
from model import SOUNDS, Ears
from score import TestSet

here = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(here, '..', '..', '..', 'training'))
from muon import Muon

out = os.path.join(here, 'out')


class Corpus:
    """Clips in memory, sorted into lengths; grows while shards are still being rendered."""

    def __init__(self, tokenizer, sounds):
        self.tokenizer, self.sounds = tokenizer, sounds
        self.files, self.mels, self.text, self.labels, self.middles = set(), [], [], [], []

    def grow(self):
        for file in sorted(glob.glob(os.path.join(out, 'shards', '*.npz'))):
            if file in self.files or file.endswith('.part.npz'):
                continue
            self.files.add(file)
            with np.load(file) as data, open(file[:-4] + '.json') as about:
                mel, ends, lines = data['mel'], data['ends'], json.load(about)
            for i, line in enumerate(lines):
                self.mels.append(mel[ends[i] : ends[i + 1]])
                self.text.append(self.tokenizer.encode(' ' + line['words'], add_special_tokens=False).ids)
                letters = np.array([len(self.tokenizer.id_to_token(piece)) for piece in self.text[-1]])
                self.middles.append((letters.cumsum() - letters / 2) / letters.sum())
                self.labels.append([self.sounds.setdefault(sound, len(self.sounds) + 1) for sound in line['sounds']])
            print(f'{len(self.mels)} clips, {len(self.sounds)} sounds', flush=True)
        assert len(self.sounds) < SOUNDS
        self.lengths = np.array([len(mel) for mel in self.mels])


def draw(random, corpus, size, share, budget):
    """Clips of like length: short ones only at first."""
    longest = 75 + 800 * max(0, share - 0.01)
    able = corpus.able(longest)
    middle = corpus.lengths[able[random.integers(len(able))]]
    near = able[np.abs(corpus.lengths[able] - middle) <= 12 + middle // 8]
    count = min(size, max(8, budget // int(middle + 25)))
    return [int(i) for i in random.choice(near, count)]


def prepared(random, corpus, chosen, share, times, masks):
    easy = share < 0.05 or random.random() < 0.6
    timed = random.random() < times
    clips = [None if random.random() < 0.07 else corpus.mels[i] for i in chosen]
    leads = random.integers(0, 8, len(clips)) if easy else np.minimum(random.exponential(14, len(clips)), 60).astype(int)
    needed = max(lead + corpus.lengths[i] for lead, i in zip(leads, chosen))
    whole = random.random() < (0.03 if share < 0.5 else 0.08)
    frames = FRAMES if whole else min(FRAMES, (int(needed) + random.integers(2, 12 if easy else 40) + 1) // 2 * 2)
    leads = [min(int(lead), frames - corpus.lengths[i]) for lead, i in zip(leads, chosen)]
    others = lambda: corpus.mels[random.integers(len(corpus.mels))]
    mel = batch(random, clips, leads, frames, others, easy, masks)
    rows, sounds, middles = [], [], []
    for clip, lead, i in zip(clips, leads, chosen):
        rows.append(row(corpus.text[i], lead, lead + corpus.lengths[i], timed) if clip is not None else silence())
        sounds.append(corpus.labels[i] if clip is not None else [])
        middles.append(corpus.middles[i] * corpus.lengths[i] + lead if clip is not None else np.zeros(0))
    length = max(len(row) for row, _ in rows)
    tokens = torch.tensor([row[:-1] + [vocabulary.END] * (length - len(row)) for row, _ in rows])
    targets = torch.tensor([row[1:] + [-100] * (length - len(row)) for row, _ in rows])
    for i, (_, first) in enumerate(rows):
        targets[i, 0] = first
    # About where each piece of a word is spoken, in steps of the encoder; -1 for other tokens.
    where = np.full(tokens.shape, -1.0, np.float32)
    for line, middle in zip(where, middles):
        line[3 : 3 + len(middle)] = middle / 2
    return torch.from_numpy(mel), tokens, targets, sounds, torch.from_numpy(where)


def row(text, start, end, timed):
    """The whole sequence, and what follows the first token: the language, or that nobody speaks."""
    time = lambda step: vocabulary.TIMES + min(vocabulary.STEPS, max(0, round(step / 2)))
    marks = [time(start), *text, time(end)] if timed else [vocabulary.NO_TIMES, *text]
    return [vocabulary.START, vocabulary.ENGLISH, vocabulary.TRANSCRIBE, *marks, vocabulary.END], vocabulary.ENGLISH


def silence():
    return [*vocabulary.PREFIX, vocabulary.END], vocabulary.NO_SPEECH


def losses(model, random, mel, tokens, targets, sounds, where, share):
    source = model.encode(mel)
    flat = torch.tensor([sound for one in sounds for sound in one])
    counts = torch.tensor([len(one) for one in sounds])
    steps = torch.full((len(mel),), source.shape[1])
    ctc = F.ctc_loss(model.sounds(source).log_softmax(-1).transpose(0, 1), flat, steps, counts, zero_infinity=True)
    # Some of what was written so far is wrong, so that the decoder has to listen.
    wrong = torch.from_numpy(random.random(tokens.shape) < 0.08) & (tokens < vocabulary.PIECES)
    given = torch.where(wrong, torch.from_numpy(random.integers(0, vocabulary.PIECES, tokens.shape)), tokens)
    looks = []
    logits = model.decode(given, source, looks)
    words = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, label_smoothing=0.05)
    return ctc, words, astray(looks, where)


def astray(looks, where):
    """How far three heads of each layer look from where a piece is spoken, as time passes evenly with the letters."""
    spoken = where >= 0
    if not spoken.any():
        return torch.zeros(())
    steps = torch.arange(looks[0].shape[-1])
    near = torch.exp(-0.5 * ((steps - where[..., None]) / 5) ** 2)[:, None]
    found = sum(((look[:, :3] * near).sum(-1) + 1e-4).log().mean(1) for look in looks) / len(looks)
    return -found[spoken].mean()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--minutes', type=float, default=90)
    arguments.add_argument('--rate', type=float, default=2e-3, help='of Adam; that of Muon is --turn')
    arguments.add_argument('--turn', type=float, default=0.015)
    arguments.add_argument('--size', type=int, default=32)
    arguments.add_argument('--budget', type=int, default=4800, help='steps of 20 ms in a batch')
    arguments.add_argument('--times', type=float, default=0, help='share of batches that learn to tell times')
    arguments.add_argument('--masks', action='store_true', help='parts of the spectrogram are hidden; worth it once the loss is low')
    arguments.add_argument('--name', default='ears')
    arguments.add_argument('--from', dest='start', help='weights to begin from, with a new schedule')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    tokenizer = vocabulary.load()
    model = Ears(vocabulary.SIZE, SOUNDS)
    matrices = [parameter for name, parameter in model.named_parameters() if parameter.dim() > 1 and name not in ('embed.weight', 'positions', 'sounds.weight')]
    others = [parameter for parameter in model.parameters() if all(parameter is not one for one in matrices)]
    optimiser, muon = torch.optim.AdamW(others, lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True), Muon(matrices, decay=0.02)
    file = os.path.join(out, f'{options.name}.pt')
    state = {'step': 0, 'seconds': 0.0, 'clips': 0, 'sounds': {}}
    if os.path.exists(file) or options.start:
        saved = torch.load(file if os.path.exists(file) else options.start, weights_only=True)
        model.load_state_dict(saved['model'] if os.path.exists(file) else saved['mean'])
        state['sounds'] = saved['sounds']
        if os.path.exists(file):
            optimiser.load_state_dict(saved['optimiser'])
            muon.means = saved['muon']
            state = {key: saved[key] for key in state}
    mean = Ears(vocabulary.SIZE, SOUNDS)
    mean.load_state_dict(saved['mean'] if os.path.exists(file) else model.state_dict())
    random = np.random.default_rng(1000 + state['step'])
    corpus = Corpus(tokenizer, state['sounds'])
    corpus.able = lambda longest: np.flatnonzero(corpus.lengths <= longest)
    corpus.grow()
    test = TestSet(tokenizer)
    log = open(os.path.join(out, f'{options.name}.log'), 'a')
    last = shown = time.time()
    measured = time.time()
    sums = np.zeros(4)
    stop = []
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.append(True))
    while state['seconds'] < options.minutes * 60 and not stop:
        share = state['seconds'] / (options.minutes * 60)
        # With weights to begin from there is no time of short clips.
        lesson = max(share, 0.35) if options.start else share
        slope = min(1, (state['step'] + 1) / 200) * max(0.01, 1 - share) ** 0.8
        for group in optimiser.param_groups:
            group['lr'] = options.rate * slope
        mel, tokens, targets, sounds, where = prepared(random, corpus, draw(random, corpus, options.size, lesson, options.budget), lesson, options.times, options.masks)
        ctc, words, lost = losses(model, random, mel, tokens, targets, sounds, where, lesson)
        weight = 1.0 if lesson < 0.7 else 0.3
        optimiser.zero_grad(set_to_none=True)
        guide = 0.3 if lesson < 0.6 else 0.1
        (ctc * weight + words + lost * guide).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        muon.step(options.turn * slope)
        decay = min(0.998, (state['step'] + 1) / (state['step'] + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(mean.parameters()), list(model.parameters()), 1 - decay)
        state['step'] += 1
        state['clips'] += len(mel)
        sums += [ctc.item(), words.item(), 1, lost.item()]
        now = time.time()
        state['seconds'] += min(now - last, 10)  # not while the machine sleeps
        last = now
        if now - shown > 30:
            line = f'step {state["step"]} minutes {state["seconds"] / 60:.1f} clips {state["clips"]} sounds {sums[0] / sums[2]:.3f} words {sums[1] / sums[2]:.3f} astray {sums[3] / sums[2]:.3f} slope {slope:.2f}'
            print(line, file=log, flush=True)
            sums[:] = 0
            shown = now
        if now - measured > 300:
            save(file, model, mean, optimiser, muon, state)
            corpus.grow()
            print(f'    {test.quick(mean)}', file=log, flush=True)
            measured = last = time.time()
    save(file, model, mean, optimiser, muon, state)
    print(f'    {test.quick(mean)}', file=log, flush=True)


def save(file, model, mean, optimiser, muon, state):
    torch.save({'model': model.state_dict(), 'mean': mean.state_dict(), 'optimiser': optimiser.state_dict(), 'muon': muon.means, **state}, f'{file}.part')
    os.replace(f'{file}.part', file)


main()
