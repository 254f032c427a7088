"""Trains the ranker: of a question with several passages, the one that answers gets the highest score.

    python3 train_ranker.py [--minutes 25] [--finder finder] [--name ranker]     # out/ranker.pt, out/ranker.log

It begins with what the finder knows of words, and what it has to tell apart is what the finder and shared words confuse.
"""
import argparse
import os
import signal
import time

import numpy as np
import torch
from torch.nn import functional as F

from data import Texts, filled, key, out
from measure import bm25, development, embedded, fused, pair, recall, reranked, similarities, types
from model import SINK, finder, ranker

QUESTIONS, CANDIDATES = 12, 6
PASSAGE = 72


def beginning(name):
    """
    The finder's words; and a first layer that begins by looking for words that mean the same on the other side: keys and
    queries are the word itself, but for the direction that tells the sides apart, which queries turn round.
    """
    model = ranker()
    known = torch.load(os.path.join(out, f'{name}.pt'), weights_only=True)
    words = known['embeddings.word_embeddings.weight']
    with torch.no_grad():
        model.bert.embeddings.word_embeddings.weight.copy_(words)
        model.bert.embeddings.position_embeddings.weight.mul_(0.1)
        side = torch.randn(words.shape[1])
        side[:SINK] = 0
        side = (side - side.mean()) / (side - side.mean()).norm()
        model.bert.embeddings.token_type_embeddings.weight.copy_(torch.stack([side, -side]) * 0.35 * words.norm(dim=1).mean())
        layer = model.bert.encoder.layer[0].attention
        same = torch.eye(words.shape[1])
        same[:SINK] = 0
        layer.self.query.weight.copy_(1.1 * (same - 2 * torch.outer(side, side)))
        layer.self.key.weight.copy_(1.1 * same)
        layer.self.value.weight.copy_(torch.eye(words.shape[1]))
        layer.output.dense.weight.copy_(0.5 * torch.eye(words.shape[1]))
    return model


class Hard:
    """For each question of the corpus the passages that the finder takes for close; for each page its neighbours."""

    def __init__(self, texts, name):
        self.texts, self.random = texts, np.random.default_rng(7)
        model = finder()
        model.load_state_dict(torch.load(os.path.join(out, f'{name}.pt'), weights_only=True))
        self.passages = embedded(model, texts, texts.ids)
        self.model = model
        self.pages = embedded(model, texts, [ids[:100] for ids in texts.pages])

    def documentation(self, count):
        texts = self.texts
        chosen = self.random.choice(texts.asked, size=count, replace=False, p=texts.weight)
        questions = [texts.piece(texts.ids[at]) if self.random.random() < 0.15 else texts.thinned(texts.questions[int(self.random.choice(texts.by_passage[at]))], 0.05) for at in chosen]
        near = embedded(self.model, texts, questions) @ self.passages.T
        return [(question, [texts.shown(texts.ids[one], PASSAGE) for one in self.candidates(at, near[row], texts.section)]) for row, (question, at) in enumerate(zip(questions, chosen))]

    def of_pages(self, count):
        texts = self.texts
        chosen = self.random.choice(len(texts.pages), size=count, replace=False)
        questions = [texts.titles[at] if self.random.random() < 0.3 else texts.piece(texts.pages[at]) for at in chosen]
        near = embedded(self.model, texts, questions) @ self.pages.T
        return [(question, [texts.thinned(texts.pages[one][:PASSAGE], 0.1) for one in self.candidates(at, near[row], np.arange(len(texts.pages)))]) for row, (question, at) in enumerate(zip(questions, chosen))]

    def candidates(self, right, near, groups):
        """The right one first; of the others most are close, some are any."""
        order = [int(one) for one in torch.argsort(-near)[:24] if groups[one] != groups[right]]
        close = list(self.random.choice(order, size=CANDIDATES - 3, replace=False, p=weights(len(order))))
        others = [int(one) for one in self.random.permutation(len(groups))[:12] if groups[one] != groups[right] and one not in close]
        return [right, *close, *others[: CANDIDATES - 1 - len(close)]]


def weights(count):
    near = 1 / (3 + np.arange(count))
    return near / near.sum()


def scores(model, asked):
    pairs = [pair(question, passage) for question, passages in asked for passage in passages]
    order = sorted(range(len(pairs)), key=lambda at: len(pairs[at][0]))
    parts = []
    for at in range(0, len(order), 24):
        chosen = [pairs[one] for one in order[at : at + 24]]
        ids, mask = filled([one for one, _ in chosen])
        parts.append(model(input_ids=ids, attention_mask=mask, token_type_ids=types(chosen, ids)).logits[:, 0])
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(parts)[back].view(len(asked), -1)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--minutes', type=float, default=25)
    arguments.add_argument('--rate', type=float, default=8e-4)
    arguments.add_argument('--finder', default='finder')
    arguments.add_argument('--name', default='ranker')
    arguments.add_argument('--from', dest='start', help='weights to begin from')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(2)
    texts = Texts(seed=2)
    hard = Hard(texts, options.finder)
    model = beginning(options.finder)
    if options.start:
        model.load_state_dict(torch.load(options.start, weights_only=True))
    known = {key(one) for one in texts.passages}
    questions = [one for one in development() if one[1][0] in known][::3]
    order = fused(similarities(hard.model, texts, questions), bm25(texts.passages, questions))
    log = open(os.path.join(out, f'{options.name}.log'), 'a')
    print('before', recall(order, questions, texts.passages), file=log, flush=True)
    stop = []
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.append(True))
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01)
    averaged = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
    begun = shown = time.time()
    step, sums, right = 0, 0.0, 0.0
    while (share := (time.time() - begun) / options.minutes / 60) < 1 and not stop:
        for group in optimiser.param_groups:
            group['lr'] = options.rate * min(1, (step + 1) / 60) * max(0.02, 1 - share)
        asked = hard.documentation(QUESTIONS) if step % 6 else hard.of_pages(QUESTIONS)
        model.train()
        given = scores(model, asked)
        target = torch.zeros(given.shape, dtype=torch.float)
        target[:, 0] = 1
        # Which is the best of several, and whether a single one answers at all: a score has to mean something alone.
        lost = F.cross_entropy(given, torch.zeros(len(given), dtype=torch.long), label_smoothing=0.02) + 0.3 * F.binary_cross_entropy_with_logits(given, target, pos_weight=torch.tensor(3.0))
        optimiser.zero_grad(set_to_none=True)
        lost.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        averaged.update_parameters(model)
        step, sums, right = step + 1, sums + lost.item(), right + (given.argmax(1) == 0).float().mean().item()
        if time.time() - shown > 120:
            print(f'step {step} minutes {(time.time() - begun) / 60:.1f} loss {sums / step:.3f} last {lost.item():.3f} right {right / step:.2f} {recall(reranked(averaged.module, texts, questions, order, 10), questions, texts.passages)}', file=log, flush=True)
            torch.save(averaged.module.state_dict(), os.path.join(out, f'{options.name}.pt'))
            shown = time.time()
    torch.save(averaged.module.state_dict(), os.path.join(out, f'{options.name}.pt'))
    print(f'steps {step}', recall(reranked(averaged.module, texts, questions, order, 10), questions, texts.passages), file=log, flush=True)


if __name__ == '__main__':
    main()
