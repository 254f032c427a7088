"""How many answers are right, word for word: python3 score.py [--name eyes] [--count 1500] [--wrong]

| set | pictures | phrasings |
|---|---|---|
| new | never seen, of combinations that training shows | known |
| phrasings | the same | never seen |
| combinations | with a colour of a shape, or a pair in a relation, never seen | known |
| both | the same | never seen |
"""
import argparse
import os
import random
import sys
from collections import defaultdict

import numpy as np
import torch

import vocabulary
from pictures import draw, random_scene
from questions import KINDS, ask, off_topic, without

here = os.path.dirname(os.path.abspath(__file__))
SETS = {'new': (False, False), 'phrasings': (False, True), 'combinations': (True, False), 'both': (True, True)}


def pixels_of(pictures):
    """uint8 [count, 64, 64, 3] -> float [count, 3, 64, 64] from -1 to 1"""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


class TestSet:
    """`count` questions for each set; drawn from seeds of its own, the same each time."""

    def __init__(self, words, count=400):
        self.words = words
        self.rows = []
        for number, (name, (held, phrasing)) in enumerate(SETS.items()):
            numbers, letters = np.random.default_rng(90 + number), random.Random(90 + number)
            for _ in range(count // 4):
                scene = random_scene(numbers, held)
                picture = draw(scene, numbers)
                for _ in range(4):
                    made = ask(scene, letters, phrasing)
                    self.rows.append((name, *made, picture))
            for _ in range(count // 20):
                self.rows.append((name, *off_topic(letters, phrasing), picture))
                self.rows.append((name, *without(letters, phrasing), None))

    @torch.no_grad()
    def answers(self, model, rows, at_once=64):
        made = []
        for start in range(0, len(rows), at_once):
            some = rows[start: start + at_once]
            seen = [row[4] for row in some if row[4] is not None]
            features = model.vision(pixels_of(np.stack(seen))) if seen else None
            prompts = [self.words.prompt(row[2], row[4] is not None) for row in some]
            made += model.answer(prompts, features, vocabulary.PICTURE, vocabulary.END)
        return [self.words.text(ids) for ids in made]

    def score(self, model, rows=None):
        model.eval()
        rows = rows or self.rows
        right = defaultdict(list)
        misses = []
        for row, got in zip(rows, self.answers(model, rows)):
            right[row[0], row[1]].append(got == row[3])
            if got != row[3]:
                misses.append((*row[:4], got))
        return right, misses

    def quick(self, model, count=200):
        """One line."""
        right, _ = self.score(model, self.rows[:: max(1, len(self.rows) // count)])
        share = lambda keep: 100 * np.mean([one for key, some in right.items() if keep(key) for one in some] or [np.nan])
        kinds = dict.fromkeys(key[1] for key in right)
        return 'right %: ' + ' '.join(f'{name} {share(lambda key: key[0] == name):.0f}' for name in SETS) + ' | ' + ' '.join(f'{kind} {share(lambda key: key[1] == kind):.0f}' for kind in kinds)


def main():
    from export import load

    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='eyes')
    arguments.add_argument('--count', type=int, default=1200)
    arguments.add_argument('--wrong', action='store_true')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    test = TestSet(vocabulary.Words(), options.count)
    right, misses = test.score(load(options.name))
    kinds = [*KINDS, 'foreign', 'off topic', 'no picture']
    print('kind'.ljust(14), *(name.rjust(14) for name in SETS))
    for kind in kinds:
        print(kind.ljust(14), *(f'{100 * np.mean(right[name, kind]):.1f} % of {len(right[name, kind])}'.rjust(14) if right[name, kind] else '-'.rjust(14) for name in SETS))
    print('all'.ljust(14), *(f'{100 * np.mean([one for key, some in right.items() if key[0] == name for one in some]):.1f} %'.rjust(14) for name in SETS))
    if options.wrong:
        for miss in misses:
            print(*miss, sep=' | ', file=sys.stderr)


if __name__ == '__main__':
    main()
