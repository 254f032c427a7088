"""Trains the ranker: of a question with several passages, the one that answers gets the highest score.

    python3 train_ranker.py [--minutes 25] [--finder finder] [--name ranker]     # out/ranker.pt, out/ranker.log

It begins with what the finder knows, and what it has to tell apart is what the finder takes for close.
"""
import argparse
import os
import signal
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

from data import CLS, PAD, SEP, Texts, filled, key, out
from measure import development, embedded, pair, recall, reranked, similarities, types
from model import HEADS, LAYERS, SINK, WIDTH, finder, ranker

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'training'))
from muon import Muon

QUESTIONS, CANDIDATES = 12, 6
PASSAGE = 80


def beginning(name):
    """
    A network that compares a question with a text as the finder does, built by hand from the finder's words; from there it
    learns to look at single words. In the first layer every place takes the mean of its own side, which the types of the
    tokens tell apart; the ends of the two sides hold nothing else, and are marked. In the second the first token, which has the
    mean of the question, looks at the end of the text the more the likelier both are, and at the end of the question
    otherwise; what it saw of each is the score. There is one end of each, so it does not matter how long a text is.
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
    # What tells the sides apart adds up to nothing, or every norm would take some of it out of the words.
    side = place / place.norm() * torch.tensor([1.0, -1.0]).repeat_interleave(size).repeat(HEADS // 2)
    sink = place / place.norm() * torch.tensor([1.0, -1.0]).repeat(width // 2)
    words = words @ content + (words * place).norm(dim=1, keepdim=True) * sink
    words = words / words.norm(dim=1, keepdim=True)
    words[SEP] = words[SEP] @ content - (words[SEP] * place).norm() * sink
    words[PAD] = 0
    bert = model.bert
    with torch.no_grad():
        bert.embeddings.word_embeddings.weight.copy_(words)
        bert.embeddings.position_embeddings.weight.mul_(0.02)
        bert.embeddings.token_type_embeddings.weight.copy_(0.5 * torch.stack([side, -side]))
        first, second = bert.encoder.layer
        one, two = first.attention, second.attention
        for part in (one, two):
            for weight in (part.self.query.weight, part.self.key.weight, part.self.value.weight, part.output.dense.weight):
                weight.mul_(0.02)
        sides, sinks = torch.outer(side, side), torch.outer(sink, sink)
        one.self.query.weight.add_(2.9 * sides)
        one.self.key.weight.add_(2.9 * sides)
        one.self.value.weight.add_(1.12 * content @ torch.diag(loud))
        one.self.value.bias.copy_(content @ quiet)
        one.output.dense.weight.add_(40 * torch.eye(width))
        for layer in bert.encoder.layer:
            layer.output.dense.weight.zero_()
        # The mean leaves little room for the marks of a side and of its end, and the more the shorter it is: they are made equal.
        mark(first, 0, -sink, -40 * sink)
        mark(first, 2, -side, -8 * side)
        first.output.dense.bias.copy_(4 * side)
        two.self.query.weight.add_(1.1 * content)
        two.self.query.bias.copy_(-55 * sink - 11 * side)
        two.self.key.weight.add_(1.1 * content + sides + sinks)
        for head in range(HEADS):
            two.self.value.weight[head * size] = -side
            two.output.dense.weight[:, head * size] = 10 * side
        bert.pooler.dense.weight.mul_(0.3)
        bert.pooler.dense.weight[0] = 0.15 * side
        model.classifier.weight.mul_(0.1)
        model.classifier.weight[0, 0] = 4
    return model


def mark(layer, at, seen, written):
    """Two neurons that add `written` wherever there is clearly some of `seen`, however much."""
    up, down = layer.intermediate.dense, layer.output.dense
    for number, bias in enumerate((-3, -4)):
        up.weight[at + number] = 40 * seen
        up.bias[at + number] = bias
    down.weight[:, at], down.weight[:, at + 1] = written, -written


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
    arguments.add_argument('--rate', type=float, default=6e-5, help='of Adam; that of Muon is --turn')
    arguments.add_argument('--turn', type=float, default=2e-4)
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
    matrices = [parameter for name, parameter in model.named_parameters() if parameter.dim() > 1 and 'embeddings' not in name and 'classifier' not in name]
    others = [parameter for parameter in model.parameters() if all(parameter is not one for one in matrices)]
    optimiser, muon = torch.optim.AdamW(others, lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01), Muon(matrices, decay=0.02)
    averaged = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
    begun = shown = time.time()
    step, sums, right = 0, [], []
    while (share := (time.time() - begun) / options.minutes / 60) < 1 and not stop:
        slope = min(1, (step + 1) / 60) * max(0.02, 1 - share)
        for group in optimiser.param_groups:
            group['lr'] = options.rate * slope
        asked = hard.documentation(QUESTIONS) if step % 4 else hard.of_pages(QUESTIONS)
        model.eval()  # what looks at one token alone must not lose it by chance
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
        muon.step(options.turn * slope)
        averaged.update_parameters(model)
        step += 1
        sums.append(lost.item())
        right.append((given.argmax(1) == 0).float().mean().item())
        if time.time() - shown > 120:
            print(f'step {step} minutes {(time.time() - begun) / 60:.1f} loss {np.mean(sums[-100:]):.3f} right {np.mean(right[-100:]):.2f} {recall(reranked(averaged.module, texts, questions, order, 10), questions, texts.passages)}', file=log, flush=True)
            torch.save(averaged.module.state_dict(), os.path.join(out, f'{options.name}.pt'))
            shown = time.time()
    torch.save(averaged.module.state_dict(), os.path.join(out, f'{options.name}.pt'))
    print(f'steps {step}', recall(reranked(averaged.module, texts, questions, order, 10), questions, texts.passages), file=log, flush=True)


if __name__ == '__main__':
    main()
