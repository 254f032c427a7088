"""How many answers are right, word for word: python3 score.py [--name eyes] [--count 1500] [--wrong]

| set | pictures | phrasings |
|---|---|---|
| new | never seen, of combinations that training shows | known |
| phrasings | the same | never seen |
| combinations | with a colour of a shape, or a pair in a relation, never seen | known |
| both | the same | never seen |
"""
import argparse
import io
import os
import random
import sys
from collections import defaultdict

import numpy as np
import torch
from PIL import Image

import vocabulary
from pictures import draw, random_scene, scenes
from questions import KINDS, ask, off_topic, without

here = os.path.dirname(os.path.abspath(__file__))
SETS = {'new': (False, False), 'phrasings': (False, True), 'combinations': (True, False), 'both': (True, True)}


def pixels_of(pictures):
    """uint8 [count, 64, 64, 3] -> float [count, 3, 64, 64] from -1 to 1"""
    return torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


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


def shrunk(image):
    """As the processor does it: the longer side to 64 pixels, then pulled to a square."""
    width, height = image.size
    scale = 64 / max(width, height)
    small = image.resize((int(width * scale), int(height * scale)), Image.Resampling.LANCZOS)
    return np.asarray(small.resize((64, 64), Image.Resampling.BILINEAR))


def as_jpeg(image, quality=75):
    kept = io.BytesIO()
    image.save(kept, 'JPEG', quality=quality)
    return Image.open(kept).convert('RGB')


def framed(image):
    wide = Image.new('RGB', (640, 512), 'white')
    wide.paste(image, (64, 0))
    return wide


FORMS = {
    '64 x 64': lambda image: image.resize((64, 64), Image.Resampling.BOX), '512 x 512': lambda image: image, 'JPEG, 64 x 64': lambda image: as_jpeg(image.resize((64, 64), Image.Resampling.BOX)), 'JPEG, 512 x 512': as_jpeg,
    '200 x 150, pulled': lambda image: image.resize((200, 150), Image.Resampling.BICUBIC), 'on a white 640 x 512': framed,
}


def forms(model, words, count=60):
    """Right answers of kinds about the same pictures of the brush in other files."""
    numbers, letters = np.random.default_rng(77), random.Random(77)
    asked = []
    while len(asked) < count * 3:
        scene = random_scene(numbers, kind=['single', 'pair', 'count', 'inside'][len(asked) // 3 % 4])
        made = [ask(scene, letters, kind=kind) for kind in ('describe', 'color', 'shape')]
        if all(made):
            asked += [(*one, Image.fromarray(scenes.render(scene, 512))) for one in made]
    test = TestSet(words, 0)
    for name, form in FORMS.items():
        rows = [(name, kind, question, answer, shrunk(form(image))) for kind, question, answer, image in asked]
        right, _ = test.score(model, rows)
        print(name.ljust(22), *(f'{kind} {100 * np.mean(right[name, kind]):.0f} %'.rjust(16) for kind in ('describe', 'color', 'shape')))


def main():
    from export import load

    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='eyes')
    arguments.add_argument('--count', type=int, default=1200)
    arguments.add_argument('--wrong', action='store_true')
    arguments.add_argument('--forms', action='store_true', help='the same pictures in other files')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    test = TestSet(vocabulary.Words(), options.count)
    model = load(options.name)
    right, misses = test.score(model)
    kinds = [*KINDS, 'foreign', 'off topic', 'no picture']
    print('kind'.ljust(14), *(name.rjust(14) for name in SETS))
    for kind in kinds:
        print(kind.ljust(14), *(f'{100 * np.mean(right[name, kind]):.1f} % of {len(right[name, kind])}'.rjust(14) if right[name, kind] else '-'.rjust(14) for name in SETS))
    print('all'.ljust(14), *(f'{100 * np.mean([one for key, some in right.items() if key[0] == name for one in some]):.1f} %'.rjust(14) for name in SETS))
    if options.forms:
        forms(model, test.words)
    if options.wrong:
        for miss in misses:
            print(*miss, sep=' | ', file=sys.stderr)


if __name__ == '__main__':
    main()
