"""How often the judge finds in a painted picture what the caption asked for. On the files that ship.

    python3 score.py [--folder ..] [--count 60] [--steps 14] [--guidance 3] [--sheet out/score.png] [--drawn]

`--drawn` has the judge look at the drawn scenes instead: what it would find if the painter did everything right.
"""
import argparse
import os
import time

import numpy as np
import torch

from check import Files
from export import OPTIONS
from judge import Judge, agrees, see, seen
from png import as_bytes, sheet, write_png
from scenes import caption, held_out, random_scene
from schedule import paint
from vocabulary import Words

here = os.path.dirname(os.path.abspath(__file__))
SETS = {  # kind of scene, and which combinations
    'single': ('single', None), 'pair': ('pair', None), 'inside': ('inside', None), 'count': ('count', None), 'place': ('place', None),
    'pair, held-out relation of shapes': ('pair', 'relation'), 'single, held-out colour of a shape': ('single', 'color'), 'pair, held-out colour of a shape': ('pair', 'color'),
}


def scenes_of(random, kind, held, count):
    made = []
    while len(made) < count:
        scene = random_scene(random, kind)
        if held_out(scene) == held:
            made.append(scene)
    return made


def judged(scene, view):
    row = agrees(scene, view)
    wanted, have = scene.get('objects', ()), view['things']
    if wanted:  # each shape that was asked for, in its colour
        row['shapes'] = sum(any(one['kind'] == two['shape'] and one['color'] == two['color'] for one in have) for two in wanted) / len(wanted)
    if scene['kind'] == 'pair':  # by their middles, wherever they are
        first, second = ([one for one in have if one['kind'] == two['shape'] and one['color'] == two['color']] for two in wanted)
        along, sign = {'above': ('y', 1), 'below': ('y', -1), 'left': ('x', 1), 'right': ('x', -1)}[scene['relation']]
        row['place'] = any(sign * (two[along] - one[along]) > 8 for one in first for two in second if one is not two)
    return row


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--folder', default=os.path.dirname(here))
    arguments.add_argument('--count', type=int, default=60)
    arguments.add_argument('--steps', type=int, default=OPTIONS['steps'])
    arguments.add_argument('--guidance', type=float, default=OPTIONS['guidance'])
    arguments.add_argument('--sheet')
    arguments.add_argument('--drawn', action='store_true')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    files, words, judge = Files(options.folder), Words(), Judge()
    judge.load_state_dict(torch.load(os.path.join(here, 'out', 'judge.pt'), weights_only=True))
    judge.eval()
    random, begun, rows, shown = np.random.default_rng(77), time.time(), {}, []
    for name, (kind, held) in SETS.items():
        scenes = scenes_of(random, kind, held, options.count)
        said = [caption(scene, random) for scene in scenes]
        pictures = seen(scenes) if options.drawn else painted(files, words, said, options)
        views = see(judge, pictures)
        rows[name] = [judged(scene, view) for scene, view in zip(scenes, views)]
        told = {key: sum(row[key] for row in rows[name]) / len(scenes) for key in rows[name][0]}
        told['all'] = sum(all(value == 1 for key, value in row.items()) for row in rows[name]) / len(scenes)
        print(f'{name:36}', ' '.join(f'{key} {value:4.0%}' for key, value in told.items()), flush=True)
        if options.sheet:
            shown.append(as_bytes(pictures[:12]))
            print('   ', ' | '.join(f'{text}{"" if all(row.values()) else " ✗"}' for text, row in zip(said[:12], rows[name])))
    shapes = [row['shapes'] for name, some in rows.items() for row in some if 'shapes' in row]
    print(f'of all shapes asked for, in their colour: {np.mean(shapes):.1%}; {time.time() - begun:.0f} s')
    if options.sheet:
        write_png(options.sheet, sheet(np.concatenate(shown), 12, 1))


def painted(files, words, said, options):
    made = []
    for at in range(0, len(said), 20):
        ids = np.stack([words.ids(text) for text in said[at : at + 20]])
        read, nothing = files.reader(ids), files.reader(words.ids('')[None]).expand(len(ids), -1, -1)
        made.append(files.decode(paint(files.painter, read, nothing, options.steps, options.guidance, seed=at)).clamp(-1, 1))
    return torch.cat(made)


if __name__ == '__main__':
    main()
