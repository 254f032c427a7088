"""What pairs.mjs wrote, as rows of tokens, and batches of it."""
import json
import os
import pickle
import re

import numpy as np
import torch
from tokenizers import Tokenizer

here = os.path.dirname(os.path.abspath(__file__))
out = os.path.join(here, 'out')
PAD, UNKNOWN, CLS, SEP = 0, 1, 2, 3
QUERY, PASSAGE = 32, 112


def read(name):
    with open(os.path.join(out, f'{name}.jsonl')) as file:
        return [json.loads(line) for line in file]


def passages():
    with open(os.path.join(out, 'passages.json')) as file:
        return json.load(file)


def key(passage):
    return f'{passage["document"]}#{passage["section"]}'


def tokenizer():
    return Tokenizer.from_file(os.path.join(here, 'tokenizer.json'))


class Texts:
    def __init__(self, seed=1):
        self.random = np.random.default_rng(seed)
        self.tokenizer = tokenizer()
        self.passages = passages()
        sections = {name: at for at, name in enumerate(dict.fromkeys(map(key, self.passages)))}
        self.section = np.array([sections[key(one)] for one in self.passages])
        self.ids, self.questions, self.target, self.answers, self.pages, self.titles, self.words = self.tokens()
        self.by_passage = [np.flatnonzero(self.target == at) for at in range(len(self.passages))]
        self.asked = np.arange(len(self.passages))
        # What is asked in many ways takes more learning than what is asked in three, or not at all.
        weight = np.array([50 + len(self.by_passage[at]) for at in self.asked]) ** 0.6
        self.weight = weight / weight.sum()

    def tokens(self):
        """Kept in out/tokens.pkl until one of its sources is newer."""
        file = os.path.join(out, 'tokens.pkl')
        sources = [os.path.join(out, name) for name in ('passages.json', 'questions.jsonl', 'answers.jsonl', 'pages.jsonl', 'words.jsonl')] + [os.path.join(here, 'tokenizer.json'), __file__]
        if os.path.exists(file) and os.path.getmtime(file) > max(map(os.path.getmtime, sources)):
            with open(file, 'rb') as kept:
                return pickle.load(kept)
        ids = self.encode([one['text'] for one in self.passages])
        questions, answers, pages = read('questions'), read('answers'), read('pages')
        words = [one for one in (alike(one) for one in read('words')) if one]
        flat = self.encode([text for one in words for pair in one for text in pair])
        at = iter(flat)
        made = (
            ids, self.encode([one['text'] for one in questions]), np.array([one['passage'] for one in questions]),
            list(zip(self.encode([one['a'] for one in answers]), self.encode([one['b'] for one in answers]))),
            self.encode([one['text'] for one in pages]), self.encode([one['section'] or one['document'] for one in pages]),
            [[(next(at), next(at)) for _ in one] for one in words],
        )
        with open(f'{file}.part', 'wb') as kept:
            pickle.dump(made, kept)
        os.replace(f'{file}.part', file)
        return made

    def counts(self, size):
        """How many texts have each word."""
        made = torch.zeros(size)
        for lists in (self.ids, self.questions[::20], self.pages):
            for ids in lists:
                made[list(set(ids))] += 1
        made[[PAD, CLS, SEP]] = made.max()
        return made

    def encode(self, texts):
        return [row.ids for row in self.tokenizer.encode_batch(texts, add_special_tokens=False)]

    def thinned(self, ids, share):
        """Some of the tokens lost."""
        kept = [one for one, keep in zip(ids, self.random.random(len(ids)) >= share) if keep]
        return kept or ids

    def span(self, ids, least, most):
        length = min(len(ids), int(self.random.integers(least, most + 1)))
        at = int(self.random.integers(0, len(ids) - length + 1))
        return ids[at : at + length]

    def shown(self, ids, passage=PASSAGE):
        """A passage as it may be cut elsewhere: its front, or from somewhere in it."""
        if self.random.random() < 0.25:
            return self.span(ids, min(len(ids), 40), passage)
        return ids[:passage]

    def of_documentation(self, count):
        """Questions with their passages; about a sixth are words out of the passage itself."""
        chosen = self.random.choice(self.asked, size=count, p=self.weight)
        self.chosen = chosen
        left, right = [], []
        for at in chosen:
            left.append(self.question(at))
            right.append(self.shown(self.ids[at]))
        return left, right, self.section[chosen]

    def question(self, at):
        """One that the passage answers, or words out of it."""
        if len(self.by_passage[at]) == 0 or self.random.random() < 0.12:
            return self.piece(self.ids[at])
        return self.thinned(self.questions[int(self.random.choice(self.by_passage[at]))], 0.08)

    def piece(self, ids):
        """Words out of a passage, as if somebody searched for them."""
        return self.thinned(self.span(ids, 4, 16), float(self.random.choice([0, 0.2, 0.5])))

    def of_pages(self, count):
        chosen = self.random.choice(len(self.pages), size=count, replace=False)
        left = [self.thinned(self.titles[at], 0.1) if self.random.random() < 0.35 else self.piece(self.pages[at]) for at in chosen]
        right = [self.thinned(self.pages[at][:PASSAGE], 0.1) if self.random.random() < 0.5 else self.span(self.pages[at], 30, 80) for at in chosen]
        return left, right, chosen

    def of_answers(self, count):
        chosen = self.random.choice(len(self.answers), size=count, replace=False)
        return [self.thinned(self.answers[at][0], 0.1) for at in chosen], [self.thinned(self.answers[at][1], 0.1) for at in chosen], chosen

    def of_words(self, count):
        """Words with words that mean the same, with what they mean, and within sentences."""
        chosen = self.random.integers(0, len(self.words), count)
        pairs = [self.words[at][int(self.random.integers(len(self.words[at])))] for at in chosen]
        return [one for one, _ in pairs], [one for _, one in pairs], chosen


def alike(one):
    """What of a set of synonyms belongs together."""
    words = list(dict.fromkeys(one['words']))
    pairs = [(first, other) for first in words[:4] for other in words[:4] if first != other]
    pairs += [(word, one['gloss']) for word in words[:3]]
    for example in one['examples']:
        inside = next((word for word in words if re.search(rf'\b{re.escape(word)}', example)), None)
        others = [word for word in words if word != inside][:2]
        pairs += [(example, re.sub(rf'\b{re.escape(inside)}\w*', other, example)) for other in others if inside]
        pairs.append((example, one['gloss']))
    return pairs


def rows(lists, longest=PASSAGE + 2):
    """[CLS] … [SEP], filled up; and where there is something."""
    framed = [[CLS, *ids[: longest - 2], SEP] for ids in lists]
    return filled(framed)


def filled(framed):
    length = max(map(len, framed))
    ids = torch.full((len(framed), length), PAD)
    for at, row in enumerate(framed):
        ids[at, : len(row)] = torch.tensor(row)
    return ids, (ids != PAD).long()
