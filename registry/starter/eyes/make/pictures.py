"""The pictures: scenes of the brush, shapes strewn about, empty ones, and pictures that are nothing of the kind.

    scene = random_scene(numpy.random.default_rng(1), held=False)
    draw(scene, random)      # uint8 [64, 64, 3]
    entities(scene)          # what stands in it, left to right: {name, color, size, x, y, r}
    labels(scene)            # [64, 4]: name, colour, size and centre for each patch, and what is behind
"""
import io
import os
import sys

import numpy as np
from PIL import Image

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../brush/make'))
import scenes  # noqa: E402

NAMES = [*scenes.SHAPES, *scenes.THINGS, 'boat', 'sun', 'cloud']
COLORS = list(scenes.COLORS)
SIZES = list(scenes.SIZES)
BEHIND = [*scenes.BACKGROUNDS, *scenes.SKIES, 'foreign']
LABELS = [len(NAMES) + 1, len(COLORS) + 1, len(SIZES) + 1, 2, len(BEHIND)]
FILTERS = [Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BOX]


def random_scene(random, held=False, kind=None):
    """`held`: one with a combination that training never shows."""
    while True:
        chance = random.random()
        if kind == 'foreign' or (kind is None and not held and chance < 0.05):
            return {'kind': 'foreign', 'background': 'foreign'}
        if kind == 'scatter' or (kind is None and 0.05 <= chance < 0.25):
            scene = scatter(random)
        elif kind is None and not held and chance < 0.262:
            return {'kind': 'empty', 'background': scenes.random_background(random), 'objects': []}
        else:
            scene = scenes.random_scene(random, kind)
        if is_held(scene) == held:
            return scene


def is_held(scene):
    if scenes.held_out(scene) is not None:
        return True
    objects = scene.get('objects', ())
    if scene['kind'] != 'scatter':
        return False
    return any(scenes.held_out_relation(a['shape'], relation, b['shape']) for a in objects for b in objects if a is not b for relation in [relation_of(a, b)] if relation)


def relation_of(a, b, least=9):
    """Where `a` is as seen from `b`, None where that is hard to say."""
    dx, dy = a['x'] - b['x'], a['y'] - b['y']
    if max(abs(dx), abs(dy)) < least or min(abs(dx), abs(dy)) > 0.7 * max(abs(dx), abs(dy)):
        return None
    if abs(dx) > abs(dy):
        return 'left' if dx < 0 else 'right'
    return 'above' if dy < 0 else 'below'


def scatter(random):
    """Two to five shapes anywhere, none over another; sometimes several of one kind."""
    background = scenes.random_background(random)
    number, made = int(random.choice([1, 2, 3, 4, 5], p=[0.1, 0.35, 0.3, 0.15, 0.1])), []
    alike = random.random() < 0.35
    tries = 0
    while len(made) < number and tries < 60:
        tries += 1
        size = scenes.pick(random, SIZES if number < 3 else SIZES[:2])
        radius = {'small': 6.5, 'medium': 10.5, 'large': 16.0}[size] * (1 + scenes.uneven(random, 0.07))
        x, y = (float(random.uniform(radius + 1, 63 - radius)) for _ in range(2))
        if any(max(abs(x - other['x']), abs(y - other['y'])) < radius + other['r'] - 1 for other in made):
            continue
        if alike and made and random.random() < 0.7:
            shape, color = made[0]['shape'], made[0]['color'] if random.random() < 0.5 else scenes.color_on(random, background)
        else:
            shape, color = scenes.pick(random, scenes.SHAPES), scenes.color_on(random, background)
        made.append({'shape': shape, 'color': color, 'size': size, 'x': round(x, 2), 'y': round(y, 2), 'r': round(radius, 2)})
    return {'kind': 'scatter', 'background': background, 'objects': made}


def entities(scene):
    """In reading order for those of one kind, else left to right; the inner one before the outer one."""
    if scene['kind'] == 'foreign':
        return []
    if scene['kind'] != 'place':
        made = [{'name': one['shape'], **{key: one[key] for key in ('color', 'size', 'x', 'y', 'r')}} for one in scene['objects']]
        return made if scene['kind'] in ('inside', 'count', 'pair') else sorted(made, key=lambda one: one['x'])
    made = [{'name': one['thing'], 'color': one['color'], 'size': None, 'x': scenes.SLOTS[one['slot']] + one['dx'], 'y': 41.0, 'r': 11.0} for one in scene['things']]
    made.sort(key=lambda one: one['x'])
    above = scene['above']
    if above:
        color = {'sun': 'yellow', 'moon': 'yellow', 'cloud': 'white'}[above['thing']]
        made.append({'name': above['thing'], 'color': color, 'size': None, 'x': scenes.SLOTS[above['slot']] + above['dx'], 'y': 12.0 + above['dy'], 'r': 8.0})
    return made


def labels(scene):
    made = np.zeros((8, 8, 5), np.int64)
    made[..., 4] = BEHIND.index(scene['background'])
    at = np.arange(8) * 8 + 4
    for one in reversed(entities(scene)):
        near = (np.abs(at - one['y'])[:, None] < max(one['r'], 4)) & (np.abs(at - one['x'])[None] < max(one['r'], 4))
        made[near, 0] = NAMES.index(one['name']) + 1
        made[near, 1] = COLORS.index(one['color']) + 1
        made[near, 2] = SIZES.index(one['size']) + 1 if one['size'] else 0
        made[int(np.clip(one['y'] // 8, 0, 7)), int(np.clip(one['x'] // 8, 0, 7)), 3] = 1
    return made.reshape(64, 5)


def draw(scene, random):
    """As it is most often; else as it looks after having been a JPEG or of another size."""
    pixels = foreign(random) if scene['kind'] == 'foreign' else scenes.render(scene)
    if random.random() < 0.35:
        image = Image.fromarray(pixels)
        if random.random() < 0.6:
            size = int(random.integers(40, 200))
            image = image.resize((size, size if random.random() < 0.5 else int(size * random.uniform(0.6, 1.4))), FILTERS[random.integers(4)])
        if random.random() < 0.6:
            kept = io.BytesIO()
            image.save(kept, 'JPEG', quality=int(random.integers(40, 96)))
            image = Image.open(kept)
        pixels = np.asarray(image.resize((64, 64), FILTERS[random.integers(3)]))
    return pixels


def foreign(random):
    """What photographs and pages are like, without any: noise of all sizes, things over things, stripes, lines of writing."""
    kind = random.integers(6)
    if kind == 0:  # noise of one size
        size = int(random.choice([4, 8, 16, 32, 64]))
        return shrunk(random.integers(0, 256, (size, size, 3 if random.random() < 0.7 else 1)))
    if kind in (1, 2):  # noise of all sizes, as clouds, woods and walls
        return (clouds(random) * 255).astype(np.uint8)
    if kind == 3:  # leaves over leaves
        return leaves(random)
    if kind == 4:  # stripes, checks
        return patterns(random)
    return writing(random)


def shrunk(values):
    values = np.repeat(values, 3, 2) if values.shape[2] == 1 else values
    return np.asarray(Image.fromarray(values.astype(np.uint8)).resize((64, 64), FILTERS[len(values) % 4]))


def clouds(random):
    """[64, 64, 3] from 0 to 1; the colours mostly go together, as in the world."""
    slope = random.uniform(0.8, 2.2)
    steps = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.rfftfreq(64)[None])
    steps[0, 0] = 1
    layer = lambda: np.fft.irfft2(np.exp(2j * np.pi * random.random(steps.shape)) / steps ** slope, (64, 64))
    light = layer()
    made = np.stack([light + random.uniform(0, 0.6) * layer() for _ in range(3)], -1)
    made = (made - made.mean()) / made.std()
    return np.clip(made * random.uniform(0.1, 0.3) + random.uniform(0.25, 0.7) + random.normal(0, 0.1, 3), 0, 1)


def leaves(random):
    made = clouds(random)
    y, x = np.mgrid[:64, :64]
    for _ in range(int(random.integers(12, 50))):
        cx, cy, r = random.uniform(0, 64), random.uniform(0, 64), 3 + random.exponential(7)
        angle, flat = random.uniform(0, np.pi), random.uniform(0.3, 1)
        u, v = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle), (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
        inside = (np.abs(u) + np.abs(v) / flat < r) if random.random() < 0.3 else (np.hypot(u, v / flat) < r)
        tint = np.clip(random.uniform(0.1, 0.9) + random.normal(0, 0.15, 3), 0, 1)
        made[inside] = 0.75 * tint + 0.25 * made[inside]
    made = np.clip(made + random.normal(0, random.uniform(0, 0.06), made.shape), 0, 1)
    return (made * 255).astype(np.uint8)


def patterns(random):
    y, x = np.mgrid[:64, :64]
    step, angle = random.uniform(3, 14), random.uniform(0, np.pi)
    wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / step)
    if random.random() < 0.5:
        wave = wave * np.sin(2 * np.pi * (y * np.cos(angle) - x * np.sin(angle)) / step)
    wave = (wave > 0).astype(float) if random.random() < 0.5 else wave / 2 + 0.5
    first, second = random.integers(0, 256, (2, 3))
    return (first + wave[..., None] * (second - first)).astype(np.uint8)


def writing(random):
    """Dark strokes in rows on light paper, or the other way round."""
    size = 128
    page = np.full((size, size), 1.0)
    y, height = random.integers(2, 20), int(random.integers(5, 22))
    while y + height < size:
        x = int(random.integers(2, 12))
        end = size - int(random.integers(2, 60))
        while x < end:
            if random.random() < 0.15:
                x += height // 2
            for _ in range(int(random.integers(1, 4))):
                if random.random() < 0.6:
                    left = x + int(random.integers(0, height // 2))
                    page[y + (0 if random.random() < 0.5 else height // 3): y + height, left: left + max(1, height // 7)] = 0
                else:
                    top = y + int(random.integers(0, height))
                    page[top: top + max(1, height // 7), x: x + height // 2] = 0
            x += int(height * 0.7) + 1
        y += int(height * random.uniform(1.2, 2.5))
        if random.random() < 0.2:
            break
    paper, ink = random.uniform(0.75, 1, 3), random.uniform(0, 0.4, 3)
    if random.random() < 0.2:
        paper, ink = ink, paper
    made = ink + page[..., None] * (paper - ink)
    return np.asarray(Image.fromarray((made * 255).astype(np.uint8)).resize((64, 64), Image.Resampling.LANCZOS))
