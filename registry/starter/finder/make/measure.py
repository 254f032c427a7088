"""How often the right section is found.

    python3 measure.py [--finder finder] [--ranker ranker] [--wrong]     # out/*.pt on held-out.json
"""
import argparse
import json
import math
import os
import re
from collections import Counter

import numpy as np
import torch

from data import CLS, PASSAGE, SEP, Texts, filled, here, key, out, rows
from model import finder, ranker, vectors

guide = os.path.join(here, '../../guide/make')


def development():
    """Questions of the guide's development sets that ask for a command: looked at while training."""
    found = []
    for name in ('dev.json', 'dev-2.json'):
        with open(os.path.join(guide, name)) as file:
            found += [(ask, [f'src/cli/reference.ts#{command}']) for _, command, ask in json.load(file) if re.fullmatch(r'mofa \w+( \w+)?', command)]
    return found


def held_out():
    with open(os.path.join(here, 'held-out.json')) as file:
        return json.load(file)


@torch.no_grad()
def embedded(model, texts, lists):
    model.eval()
    order = sorted(range(len(lists)), key=lambda at: len(lists[at]))
    made = torch.cat([vectors(model, *rows([lists[one] for one in order[at : at + 32]], 256)) for at in range(0, len(order), 32)])
    return made[torch.argsort(torch.tensor(order))]


def similarities(model, texts, questions, ids=None):
    asked = embedded(model, texts, texts.encode([ask for ask, _ in questions]))
    return (asked @ embedded(model, texts, ids or texts.ids).T).numpy()


def recall(scores, questions, passages, at=(1, 5)):
    """Of the sections in the order of their best passage."""
    ranks = [rank(row, right, passages) for row, (_, right) in zip(scores, questions)]
    return {f'@{one}': round(sum(rank <= one for rank in ranks) / len(ranks), 3) for one in at}


def rank(row, right, passages):
    sections = dict.fromkeys(key(passages[at]) for at in np.argsort(-row, kind='stable'))
    return next((place for place, section in enumerate(sections, 1) if section in right), 999)


def guides():
    """The guide's own test questions that ask for a command, with that command's page as the only right one."""
    with open(os.path.join(guide, 'held-out.json')) as file:
        return [(ask, [f'src/cli/reference.ts#{command}']) for _, command, ask in json.load(file) if re.fullmatch(r'mofa \w+( \w+)?', command)]


def elsewhere():
    """Questions about a page that no training has seen, and its passages."""
    with open(os.path.join(here, 'elsewhere.json')) as file:
        questions = [(ask, [f'commander#{section}' for section in right]) for ask, right in json.load(file)]
    with open(os.path.join(out, 'elsewhere.json')) as file:
        return questions, json.load(file)


def developing(model, texts):
    questions = [one for one in development() if one[1][0] in {key(passage) for passage in texts.passages}]
    return recall(similarities(model, texts, questions), questions, texts.passages)


def bm25(passages, questions, k=1.2, b=0.75):
    """The usual measure of shared words, to compare with."""
    split = lambda text: re.findall(r'[a-z0-9]+', text.lower())
    documents = [Counter(split(one['text'])) for one in passages]
    lengths = np.array([sum(one.values()) for one in documents])
    holding = Counter(word for one in documents for word in one)
    scores = np.zeros((len(questions), len(passages)))
    for row, (ask, _) in enumerate(questions):
        for word in set(split(ask)):
            if word not in holding:
                continue
            weight = math.log(1 + (len(documents) - holding[word] + 0.5) / (holding[word] + 0.5))
            counts = np.array([one[word] for one in documents])
            scores[row] += weight * counts * (k + 1) / (counts + k * (1 - b + b * lengths / lengths.mean()))
    return scores


def pair(question, passage, longest=192):
    room = longest - 3 - min(len(question), 64)
    return [CLS, *question[:64], SEP, *passage[:room], SEP], min(len(question), 64) + 2


def types(pairs, ids):
    made = torch.zeros_like(ids)
    for at, (row, first) in enumerate(pairs):
        made[at, first : len(row)] = 1
    return made


@torch.no_grad()
def reranked(model, texts, questions, scores, best=20, passages=None):
    """The best of another order, put in the order the ranker sees in them; the rest behind."""
    model.eval()
    made = np.full_like(scores, -1e6) + scores
    for row, ids in enumerate(texts.encode([ask for ask, _ in questions])):
        chosen = np.argsort(-scores[row], kind='stable')[:best]
        pairs = [pair(ids, (passages or texts.ids)[at]) for at in chosen]
        tokens, mask = filled([one for one, _ in pairs])
        made[row, chosen] = model(input_ids=tokens, attention_mask=mask, token_type_ids=types(pairs, tokens)).logits[:, 0].numpy()
    return made


def fused(*orders, softness=60):
    """Reciprocal rank fusion, as `mofa search` does it."""
    places = [np.argsort(np.argsort(-scores, axis=1, kind='stable'), axis=1) for scores in orders]
    return sum(1 / (softness + 1 + place) for place in places)


def sanity(model, texts):
    """Pairs that mean alike, each with another first half as what it is not like."""
    with open(os.path.join(here, 'pairs.json')) as file:
        pairs = json.load(file)
    left, right = (embedded(model, texts, texts.encode([one[side] for one in pairs])) for side in (0, 1))
    scores = left @ right.T
    own = scores.diagonal()
    others = scores[~torch.eye(len(pairs), dtype=torch.bool)].view(len(pairs), -1)
    return {'pairs': len(pairs), 'alike': round(own.mean().item(), 2), 'unrelated': round(others.mean().item(), 2), 'above every other': round((own > others.max(1).values).float().mean().item(), 2), 'above the middle': round((own > others.median(1).values).float().mean().item(), 2)}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--finder', default='finder')
    arguments.add_argument('--ranker', default='ranker')
    arguments.add_argument('--wrong', action='store_true')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    texts = Texts()
    from export import load
    model = load(finder, options.finder)
    other = load(ranker, options.ranker) if os.path.exists(os.path.join(out, f'{options.ranker}.pt')) else None
    known = {key(one) for one in texts.passages}
    strange, page = elsewhere()
    page_ids = texts.encode([one['text'] for one in page])
    among = lambda questions: [one for one in questions if known & set(one[1])]
    for name, questions, passages, ids in (
        ('development', among(development()), texts.passages, texts.ids),
        ('held-out', among(held_out()), texts.passages, texts.ids),
        ("guide's test", among(guides()), texts.passages, texts.ids),
        ('elsewhere', strange, page, page_ids),
    ):
        near, shared = similarities(model, texts, questions, ids), bm25(passages, questions)
        orders = {'bm25': shared, 'embedder': near, 'both': fused(near, shared)}
        if other is not None:
            orders['embedder + ranker'] = reranked(other, texts, questions, near, passages=ids)
            orders['both + ranker'] = reranked(other, texts, questions, orders['both'], 30, passages=ids)
            orders['embedder and ranker'] = fused(near, orders['embedder + ranker'], softness=5)
        for order, scores in orders.items():
            print(f'{name:12} {len(questions)} {order:28}', recall(scores, questions, passages))
        if options.wrong and name == 'held-out':
            best = orders.get('embedder + ranker', near)
            for (ask, right), one, two in zip(questions, near, best):
                if rank(one, right, texts.passages) > 1 or rank(two, right, texts.passages) > 1:
                    print(rank(one, right, texts.passages), rank(two, right, texts.passages), ask, '|', right[0], '|', key(texts.passages[int(np.argmax(one))]), '|', key(texts.passages[int(np.argmax(two))]))
    print(sanity(model, texts))


if __name__ == '__main__':
    main()
