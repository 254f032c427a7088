"""What belongs where, coarsely, in 8 x 8 parts of a picture: what the painter's plan learns to tell from words alone."""
import numpy as np

from scenes import ABOVE, SHAPES, SLOTS, THINGS, render

LABELS = ['nothing', *SHAPES, *THINGS, 'boat', *(f'sky {thing}' for thing in ABOVE)]


def labels_of(scene):
    """[64] of LABELS: what lies in the middle of each part, roughly"""
    grid = np.zeros((8, 8), np.int64)
    middle = np.arange(8) * 8 + 4

    def put(name, x, y, across, down):
        grid[np.ix_(np.abs(middle - y) < down, np.abs(middle - x) < across)] = LABELS.index(name)

    for one in reversed(scene.get('objects', ())):
        put(one['shape'], one['x'], one['y'], max(one['r'], 4.5), max(one['r'], 4.5))
    for one in scene.get('things', ()):
        put(one['thing'], SLOTS[one['slot']] + one['dx'], 39, 11, 14)
    if scene.get('above'):
        put(f"sky {scene['above']['thing']}", SLOTS[scene['above']['slot']], 12, 8, 8)
    return grid.reshape(-1)


def colors_of(scene):
    """[64, 12] from -1 to 1: four pixels of each part"""
    seen = render(scene, 16).astype(np.float32) / 127.5 - 1
    return seen.reshape(8, 2, 8, 2, 3).transpose(0, 2, 1, 3, 4).reshape(64, 12)
