"""Trains the ranker: of a question with several passages, the one that answers gets the highest score.

    python3 train_ranker.py [--minutes 25] [--finder finder] [--name ranker]     # out/ranker.pt, out/ranker.log

It begins with what the finder knows, and what it has to tell apart is what the finder takes for close.
"""
import argparse
import os
import signal
import time

import numpy as np
import torch
from torch.nn import functional as F

from data import CLS, PAD, SEP, Texts, filled, key, out
from measure import development, embedded, pair, recall, reranked, similarities, types
from model import HEADS, LAYERS, SINK, WIDTH, finder, ranker

QUESTIONS, CANDIDATES = 12, 6
PASSAGE = 80


def beginning(name):
    """
    A network that already compares a question with a text about as the finder does, built by hand from the finder's words.
    In the first layer every place takes the mean of its own side, which the types of the tokens tell apart. In the second the
    first token, which has the mean of the question, looks at the text the more the likelier both are, and at the question
    otherwise; what it saw of each side is the score. From there it learns to look at single words.
    """
    model = ranker()
    known = torch.load(os.path.join(out, f'{name}.pt'), weights_only=True)
    last = f'encoder.layer.{LAYERS - 1}.output.LayerNorm.'
    words, loud, quiet = (known[key].clone() for key in ('embeddings.word_embeddings.weight', f'{last}weight', f'{last}bias'))
    width, size, few = WIDTH, WIDTH // HEADS, SINK // HEADS
    # Each head has some of the numbers that only say how loud a word is; they also hold which side a token is of.
    rest = iter(range(SINK, width))
    order = [at // size * few + at % size if at % size < few else next(rest) for at in range(width)]
    words, loud, quiet = words[:, order], loud[order], quiet[order]
    place = (torch.arange(width) % size < few).float()
    content = torch.diag(1 - place)
    side = place / place.norm()
    sink = side * torch.tensor([1.0, -1.0]).repeat(width // 2)
    words = words @ content + (words * place).norm(dim=1, keepdim=True) * sink
    words = words / words.norm(dim=1, keepdim=True)
    words[CLS], words[SEP], words[PAD] = sink, -sink, 0
    bert = model.bert
    with torch.no_grad():
        bert.embeddings.word_embeddings.weight.copy_(words)
        bert.embeddings.position_embeddings.weight.mul_(0.02)
        bert.embeddings.token_type_embeddings.weight.copy_(0.5 * torch.stack([side, -side]))
        one, two = (layer.attention for layer in bert.encoder.layer)
        for part in (one, two):
            for weight in (part.self.query.weight, part.self.key.weight, part.self.value.weight, part.output.dense.weight):
                weight.mul_(0.3)
        sides = torch.outer(side, side)
        one.self.query.weight.add_(2.9 * sides)
        one.self.key.weight.add_(2.9 * sides)
        one.self.value.weight.add_(1.12 * content @ torch.diag(loud))
        one.self.value.bias.copy_(content @ quiet)
        one.output.dense.weight.add_(40 * torch.eye(width))
        two.self.query.weight.add_(1.5 * content)
        two.self.query.bias.copy_(-24 * side)
        two.self.key.weight.add_(1.5 * content + sides)
        for head in range(HEADS):
            two.self.value.weight[head * size] = -side
            two.output.dense.weight[:, head * size] = side
        for layer in bert.encoder.layer:
            layer.output.dense.weight.zero_()
        bert.pooler.dense.weight.mul_(0.3)
        bert.pooler.dense.weight[0] = 0.15 * side
        model.classifier.weight.mul_(0.1)
        model.classifier.weight[0, 0] = 4
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
        chosen = self.random.choice(texts.asked, size=count, p=texts.weight)
        questions = [texts.question(at) for at in chosen]
        near = embedded(self.model, texts, questions) @ self.passages.T
        chosen = [self.candidates(at, near[row], texts.section) for row, at in enumerate(chosen)]
        return [(question, [texts.shown(texts.ids[one], PASSAGE) for one in few], near[row][few]) for row, (question, few) in enumerate(zip(questions, chosen))]

    def of_pages(self, count):
        texts = self.texts
        chosen = self.random.choice(len(texts.pages), size=count, replace=False)
        questions = [texts.titles[at] if self.random.random() < 0.3 else texts.piece(texts.pages[at]) for at in chosen]
        near = embedded(self.model, texts, questions) @ self.pages.T
        chosen = [self.candidates(at, near[row], np.arange(len(texts.pages))) for row, at in enumerate(chosen)]
        return [(question, [texts.thinned(texts.pages[one][:PASSAGE], 0.1) for one in few], near[row][few]) for row, (question, few) in enumerate(zip(questions, chosen))]

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
    pairs = [pair(question, passage) for question, passages, _ in asked for passage in passages]
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
    arguments.add_argument('--rate', type=float, default=5e-4)
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
    order = similarities(hard.model, texts, questions)
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
        # Which is the best of several, and of the others which are close (the finder says it); and whether a single one answers
        # at all: a score has to mean something alone.
        likeness = (torch.stack([near for _, _, near in asked]) / 0.06).softmax(1)
        lost = -((0.65 * target + 0.35 * likeness) * given.log_softmax(1)).sum(1).mean() + 0.3 * F.binary_cross_entropy_with_logits(given, target, pos_weight=torch.tensor(3.0))
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
