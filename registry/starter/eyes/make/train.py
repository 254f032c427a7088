"""Trains the eyes, on one thread, until the minutes are over; goes on where it was stopped.

    OMP_NUM_THREADS=1 python3 train.py --minutes 75

The encoder learns alone to tell what stands where, then the decoder learns to answer: from what would be told of a scene, at
the end from pictures. Several questions stand behind one picture in one row and do not see each other. The step size falls
with the share of the minutes that has passed, so that a slow machine gets as far as it can. out/eyes.pt is written every
seven minutes.
"""
import argparse
import os
import random as letters
import signal
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

import vocabulary
from model import HEADS, PICTURE_TOKENS, SHUFFLE, TOLD, Eyes
from pictures import COLORS, NAMES, SIZES, draw, labels, random_scene
from questions import FOREIGN, TOY, ask, describe, off_topic, without
from score import TestSet, pixels_of
from subjects import matters, subjects

here = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(here, '..', '..', '..', 'training'))
from muon import Muon

out = os.path.join(here, 'out')

EASY = ('describe', 'describe', 'describe', 'color', 'color', 'color', 'shape', 'shape', 'count', 'background')


class Pool:
    """Pictures drawn so far; some new ones with every step, for drawing costs as much as learning."""

    def __init__(self, random, most=24000):
        self.random, self.most, self.rows = random, most, []

    def take(self, count, new, easy=0):
        """`easy`: so many of these, the first, have things of one kind only."""
        for _ in range(max(new, count - len(self.rows))):
            scene = random_scene(self.random)
            row = (scene, draw(scene, self.random), labels(scene))
            if len(self.rows) < self.most:
                self.rows.append(row)
            else:
                self.rows[int(self.random.integers(self.most))] = row
        fresh = self.rows[-new:] if len(self.rows) < self.most else []
        old = lambda rows, some: [rows[int(i)] for i in self.random.integers(0, len(rows), some)]
        plain = old([row for row in self.rows[-2000:] if row[0]['kind'] in ('single', 'count')], easy) if easy else []
        made = fresh + old(self.rows, max(0, count - len(fresh) - easy))
        self.random.shuffle(made)
        return plain + made


def altered(pixels, random, move=True):
    """[count, 3, 64, 64]: pulled, shifted, framed, in other light, blurred, with noise; and how many of them, from the first,
    have things at other places than before."""
    count, some = len(pixels), 0
    near = lambda spread: torch.from_numpy(random.normal(0, spread, (count, 1, 1, 1)).astype(np.float32))
    if move and random.random() < 0.5:
        some = max(1, count // 3)
        scale = random.uniform(0.97, 1.3, (some, 2)) if random.random() < 0.7 else np.stack([random.uniform(1, 1.6, some), np.ones(some)], 1)[:, :: int(random.choice([-1, 1]))]
        theta = np.zeros((some, 2, 3), np.float32)
        theta[:, 0, 0], theta[:, 1, 1] = scale[:, 0], scale[:, 1]
        theta[:, :, 2] = random.uniform(-0.05, 0.05, (some, 2))
        grid = F.affine_grid(torch.from_numpy(theta), (some, 3, 64, 64), align_corners=False)
        framed = random.random() < 0.5
        moved = F.grid_sample(pixels[:some] - (1 if framed else 0), grid, padding_mode='zeros' if framed else 'border', align_corners=False) + (1 if framed else 0)
        if framed and random.random() < 0.5:  # a dark frame instead of a light one
            moved = F.grid_sample(pixels[:some] + 1, grid, padding_mode='zeros', align_corners=False) - 1
        pixels = torch.cat([moved, pixels[some:]])
    if random.random() < 0.7:
        pixels = pixels * (1 + near(0.06)) + near(0.05)
        pixels = pixels + torch.from_numpy(random.normal(0, 0.03, (count, 3, 1, 1)).astype(np.float32))
    if random.random() < 0.2:
        pixels = torch.lerp(pixels, F.avg_pool2d(pixels, 3, 1, 1, count_include_pad=False), float(random.random()))
    if random.random() < 0.4:
        pixels = pixels + torch.randn_like(pixels) * (near(0.06).abs())
    return pixels.clamp(-1, 1), some


def segment(words, scene, chance, random, easy):
    """Tokens behind the picture (or without one), what is to be learned of them, which cells of the picture each is about,
    which tokens say what is asked (by the number of their turn, the answer's too), and whether the picture is seen."""
    if chance < 0.035:
        _, question, answer = without(random)
        ids, said = [vocabulary.START, *words.user, *words.question(question)], words.answer(answer)
        return ids + said, [False] * len(ids) + [True] * len(said), np.zeros((len(ids) + len(said), PICTURE_TOKENS), bool), [(0, 0)] * (len(ids) + len(said)), False
    ids, learned, about, asks = [], [], [], []
    turns = 1 if chance < 0.86 or easy else 2 if chance < 0.96 else 3
    for turn in range(turns):
        if scene['kind'] != 'foreign' and random.random() < 0.05:
            _, question, answer = off_topic(random)
        elif scene['kind'] != 'foreign' and turn == 0 and random.random() < 0.02:
            question, answer = '', describe(scene)
        else:
            kind = EASY[int(random.random() * len(EASY))] if scene['kind'] != 'foreign' and (easy or random.random() < 0.45) else None
            _, question, answer = ask(scene, random, kind=kind) or ask(scene, random, kind='describe')
        before = words.again if turn else []
        asked, said = [*before, *words.question(question)], words.answer(answer)
        ids += asked + said
        learned += [False] * len(asked) + [True] * len(said)
        shown = subjects(scene, question, answer) if answer not in (TOY, FOREIGN) else np.zeros((len(answer), PICTURE_TOKENS), bool)
        about += [np.zeros((len(asked), PICTURE_TOKENS), bool), shown[words.places(answer)], np.zeros((1, PICTURE_TOKENS), bool)]
        says = [(turn + 1, 0) if one else (0, 0) for one in matters(question)[words.places(question)]] if question else []
        asks += [(0, 0)] * len(before) + says + [(0, 0)] * (len(asked) - len(before) - len(says)) + [(0, turn + 1)] * len(said)
    return ids, learned, np.concatenate(about), asks, True


def rows(words, chosen, budget, random, easy):
    """Ids, targets, places, the mask, the cells to look at and the words to heed of a batch: as many questions for each picture
    as fit into `budget` tokens."""
    prefix = len(words.prefix)
    made = []
    for scene, *_ in chosen:
        ids, targets, places, parts, sees, about, asks = list(words.prefix), [-100] * prefix, list(range(prefix)), [0] * prefix, [True] * prefix, [np.zeros((prefix, PICTURE_TOKENS), bool)], [(0, 0)] * prefix
        for number in range(9):
            tokens, learned, shown, asked, looks = segment(words, scene, random.random(), random, easy)
            if len(ids) + len(tokens) > budget:
                break
            ids += tokens
            targets += [token if yes else -100 for token, yes in zip(tokens, learned)]
            places += range(prefix if looks else 0, (prefix if looks else 0) + len(tokens))
            parts += [number + 1] * len(tokens)
            sees += [looks] * len(tokens)
            about.append(shown)
            asks += [tuple(one and one + 10 * number for one in pair) for pair in asked]
        made.append((ids, targets, places, parts, sees, np.concatenate(about), asks))
    length = max(len(one[0]) for one in made)
    filled = lambda index, value: np.array([list(one[index]) + [value] * (length - len(one[index])) for one in made])
    ids, targets, places, parts, sees = (filled(index, value) for index, value in enumerate((vocabulary.PAD, -100, 0, -1, False)))
    about = np.stack([np.pad(one[5], ((0, length - len(one[0])), (0, 0))) for one in made])
    asks = np.stack([np.pad(np.array(one[6]), ((0, length - len(one[0])), (0, 0))) for one in made])
    heed = (asks[:, :, None, 1] == asks[:, None, :, 0]) & (asks[:, None, :, 0] > 0)
    later = np.tril(np.ones((length, length), bool))[None]
    mask = later & ((parts[:, :, None] == parts[:, None, :]) | ((parts[:, None, :] == 0) & sees[:, :, None]))
    return torch.from_numpy(ids), torch.from_numpy(targets), torch.from_numpy(places), torch.from_numpy(mask)[:, None], torch.from_numpy(about), torch.from_numpy(heed)


def answers_loss(model, told, batch):
    """Of the words, and of looking elsewhere than at what the next piece tells of."""
    ids, targets, places, mask, about, heed = batch
    x = model.embed(ids)
    x = x.masked_scatter((ids == vocabulary.PICTURE)[..., None], model.vision.joined(told))
    looks = []
    hidden = model.decode(x, places, mask, looks=looks)
    wanted = targets[:, 1:]
    known = wanted != -100
    first = int((ids[0] == vocabulary.PICTURE).nonzero()[0])
    lost = astray([looks[0]], heed) + astray([look[..., first: first + PICTURE_TOKENS] for look in looks[1:]], about)
    return F.cross_entropy(model.logits(hidden[:, :-1][known]), wanted[known]), lost


def astray(looks, near):
    """How little half of the heads look where they should to tell the next piece: [batch, length, looked at]"""
    near = near[:, 1:]
    spoken = near.any(-1)
    found = sum(((look[:, :HEADS // 2, :-1] * near[:, None]).sum(-1) + 1e-4).log().mean(1) for look in looks) / len(looks)
    return -found[spoken].mean() if spoken.any() else looks[0].sum() * 0


def kind_for(i, size, easy):
    """A third is easy, a quarter pairs, the rest anything."""
    if easy or i < size // 3:
        return ('single', 'count')[i % 2]
    return 'pair' if i < size // 3 + size // 4 else None


def as_told(chosen, random):
    """What the heads would tell of these scenes, nearly: no picture has to be drawn and looked at."""
    marks = np.stack([labels(scene) for scene in chosen])
    parts = [np.eye(count, dtype=np.float32)[marks[..., i]] for i, count in enumerate(TOLD)]
    sure = random.uniform(4, 9, (len(chosen), 1, 1)).astype(np.float32)
    noisy = lambda part: torch.from_numpy(part * sure + random.normal(0, 1, part.shape).astype(np.float32)).softmax(-1)
    return torch.cat([noisy(part) for part in parts], dim=-1)


def seen_loss(model, patches, marks):
    """Where something stands counts five times as much as where nothing does."""
    marks = torch.from_numpy(marks).flatten(0, 1)
    known = marks[:, 0] >= 0
    marks, weight = marks[known], 1.0 + 4 * (marks[known, 0] > 0)
    losses = [(F.cross_entropy(made.flatten(0, 1)[known], marks[:, i], reduction='none') * weight).sum() / weight.sum() for i, made in enumerate(head(patches) for head in model.vision.heads)]
    return sum(losses), losses


@torch.no_grad()
def as_words(model, words):
    """What the heads tell begins as the words for it."""
    told = [None, *NAMES, None, *COLORS, None, *SIZES]
    weight = model.vision.connector.weight.zero_()
    for i, name in enumerate(told):
        if name:
            vector = model.embed.weight[words.ids(f' {name}')].mean(0)
            for patch in range(SHUFFLE * SHUFFLE):
                weight[:, patch * sum(TOLD) + i] = vector * 0.5
            weight[:, SHUFFLE * SHUFFLE * sum(TOLD) + i] = vector
    weight.add_(torch.randn_like(weight) * 0.01)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--minutes', type=float, default=75)
    arguments.add_argument('--rate', type=float, default=2e-3, help='of Adam; that of Muon is --turn')
    arguments.add_argument('--turn', type=float, default=0.02)
    arguments.add_argument('--size', type=int, default=10, help='pictures in a batch')
    arguments.add_argument('--alone', type=float, default=0.07, help='share of the time in which the encoder learns alone')
    arguments.add_argument('--easy', type=float, default=0.4, help='until which share of the time questions are about pictures with things of one kind only')
    arguments.add_argument('--looks', type=int, default=4, help='every how many steps the encoder learns, too; 0: never')
    arguments.add_argument('--told', type=float, default=0.6, help='until which share of the time the decoder learns from what would be told of pictures')
    arguments.add_argument('--budget', type=int, default=168, help='tokens for a picture and the questions about it')
    arguments.add_argument('--guide', type=float, default=0.1, help='how much it counts where the decoder looks')
    arguments.add_argument('--name', default='eyes')
    arguments.add_argument('--from', dest='start', help='weights to begin from, with a new schedule')
    arguments.add_argument('--without', default='-', help='what begins anew, not from --from: vision')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    words = vocabulary.Words()
    model, mean = Eyes(vocabulary.SIZE), Eyes(vocabulary.SIZE)
    trained = list(model.parameters())
    matrices = [(name, parameter) for name, parameter in model.named_parameters() if parameter.dim() > 1 and name not in ('embed.weight', 'vision.places', 'vision.cells') and 'heads' not in name]
    others = [parameter for parameter in trained if all(parameter is not one for _, one in matrices)]
    optimiser, muon = torch.optim.AdamW(others, lr=options.rate, betas=(0.9, 0.97), weight_decay=0, fused=True), Muon([parameter for _, parameter in matrices], [0.6 if name.startswith('vision') else 1 for name, _ in matrices], decay=0.02)
    file = os.path.join(out, f'{options.name}.pt')
    state = {'step': 0, 'seconds': 0.0, 'pictures': 0}
    if os.path.exists(file) or options.start:
        saved = torch.load(file if os.path.exists(file) else options.start, weights_only=True)
        weights = saved['model' if os.path.exists(file) else 'mean']
        model.load_state_dict({key: value for key, value in weights.items() if not key.startswith(options.without)}, strict=os.path.exists(file))
        if 'vision.connector'.startswith(options.without):
            as_words(model, words)
        if os.path.exists(file):
            optimiser.load_state_dict(saved['optimiser'])
            muon.means = saved['muon']
            state = {key: saved[key] for key in state}
    mean.load_state_dict(saved['mean'] if os.path.exists(file) else model.state_dict())
    random, spoken = np.random.default_rng(1000 + state['step']), letters.Random(1000 + state['step'])
    pool, test = Pool(random), TestSet(words)
    log = open(os.path.join(out, f'{options.name}.log'), 'a')
    last = shown = measured = time.time()
    sums = np.zeros(5)
    stop = []
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.append(True))
    while state['seconds'] < options.minutes * 60 and not stop:
        share = state['seconds'] / (options.minutes * 60)
        alone = share < options.alone
        parts = []
        slope = min(1, (state['step'] + 1) / 100) * max(0.01, 1 - share) ** 0.8
        for group in optimiser.param_groups:
            group['lr'] = options.rate * slope
        easy = not alone and share < options.easy
        looks = alone or (options.looks > 0 and state['step'] % options.looks == 0)
        model.train()
        optimiser.zero_grad(set_to_none=True)
        if looks:
            chosen = pool.take(options.size * 5 // 2, options.size // 2)
            pixels, moved = altered(pixels_of(np.stack([row[1] for row in chosen])), random)
            marks = np.stack([row[2] for row in chosen])
            marks[:moved] = -100
            seen, parts = seen_loss(model, model.vision.patches(pixels), marks)
            seen.backward()
        if not alone:
            model.vision.eval()
            if share < options.told:
                chosen = [(random_scene(random, kind=kind_for(i, options.size, easy)),) for i in range(options.size)]
                told = as_told([scene for scene, in chosen], random)
            else:
                chosen = pool.take(options.size, options.size // 2)
                with torch.no_grad():
                    pixels, _ = altered(pixels_of(np.stack([row[1] for row in chosen])), random)
                    told = model.vision.told(model.vision.patches(pixels))
            answered, lost = answers_loss(model, told, rows(words, chosen, options.budget, spoken, easy))
            (answered + options.guide * lost).backward()
        torch.nn.utils.clip_grad_norm_(trained, 5.0)
        optimiser.step()
        muon.step(options.turn * slope)
        decay = min(0.995, (state['step'] + 1) / (state['step'] + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(mean.parameters()), list(model.parameters()), 1 - decay)
            for old, new in zip(mean.buffers(), model.buffers()):
                old.lerp_(new, 1 - decay) if old.is_floating_point() else old.copy_(new)
        state['step'] += 1
        state['pictures'] += len(chosen)
        sums += [seen.item() if looks else 0, 0 if alone else answered.item(), looks, not alone, 0 if alone else lost.item()]
        now = time.time()
        state['seconds'] += min(now - last, 10)  # not while the machine sleeps
        last = now
        if now - shown > 30:
            line = f'step {state["step"]} minutes {state["seconds"] / 60:.1f} pictures {state["pictures"]} seen {sums[0] / max(1, sums[2]):.3f} ({" ".join(f"{part.item():.2f}" for part in parts)}) said {sums[1] / max(1, sums[3]):.3f} astray {sums[4] / max(1, sums[3]):.2f} slope {slope:.2f}'
            print(line, file=log, flush=True)
            sums[:] = 0
            shown = now
        if now - measured > 420:
            save(file, model, mean, optimiser, muon, state)
            if not alone:
                print(f'    {test.quick(mean)}', file=log, flush=True)
            measured = last = time.time()
    save(file, model, mean, optimiser, muon, state)
    print(f'    {test.quick(mean)}', file=log, flush=True)


def save(file, model, mean, optimiser, muon, state):
    torch.save({'model': model.state_dict(), 'mean': mean.state_dict(), 'optimiser': optimiser.state_dict(), 'muon': muon.means, **state}, f'{file}.part')
    os.replace(f'{file}.part', file)


main()
