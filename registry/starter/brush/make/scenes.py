"""Random scenes of coloured shapes and simple things: what is in them, how they look, and what one may say of them.

    scene = random_scene(numpy.random.default_rng(1))   # a dict, plain JSON
    render(scene)                                       # uint8 [64, 64, 3], anti-aliased; render(scene, 128) is the same, larger
    caption(scene, rng)                                 # one of many phrasings; full=True says all there is to say

Only numpy is needed. Kinds of scenes:

| kind | what | fields beside `kind` and `background` |
|---|---|---|
| `single` | one shape | `place`: one of PLACES |
| `pair` | two shapes | `relation` of the first to the second: one of RELATIONS |
| `inside` | a small shape in a large one | `objects[0]` is the inner one |
| `count` | 2 to 6 of the same | `objects` in reading order |
| `place` | things on the ground under the sky | `ground`, `sky`, `things`: [{thing, color, slot}], `above`: {thing, slot} or None |

A shape is {shape, color, size, x, y, r}: `size` is 'small', 'medium' or 'large', `x`, `y`, `r` are in 64ths of the picture, y down.
"""
import numpy as np

COLORS = {
    'red': (214, 40, 40), 'orange': (247, 140, 20), 'yellow': (250, 216, 40), 'green': (40, 160, 70), 'blue': (40, 90, 210),
    'purple': (125, 50, 175), 'pink': (250, 140, 190), 'brown': (125, 75, 35), 'black': (25, 25, 28), 'white': (252, 252, 252),
    'gray': (135, 138, 142),
}
BACKGROUNDS = {
    'white': (255, 255, 255), 'black': (18, 18, 22), 'gray': (190, 192, 196), 'blue': (150, 190, 245), 'green': (165, 220, 165),
    'yellow': (253, 240, 165), 'pink': (252, 208, 224), 'red': (240, 160, 150), 'purple': (205, 175, 235), 'orange': (253, 207, 150),
}
SHAPES = ('circle', 'square', 'triangle', 'star', 'heart', 'diamond', 'cross', 'ring', 'moon', 'rectangle')
RELATIONS = ('above', 'below', 'left', 'right')
PLACES = {
    'center': (32, 32), 'top': (32, 14), 'bottom': (32, 50), 'left': (14, 32), 'right': (50, 32),
    'top left': (14, 14), 'top right': (50, 14), 'bottom left': (14, 50), 'bottom right': (50, 50),
}
SIZES = {'small': 6.5, 'medium': 11.0, 'large': 17.5}
NUMBERS = {2: 'two', 3: 'three', 4: 'four', 5: 'five', 6: 'six'}
GROUNDS = {'grass': (110, 190, 90), 'snow': (240, 244, 250), 'sand': (236, 214, 150), 'sea': (50, 120, 200)}
SKIES = {'day': (150, 210, 250), 'night': (25, 30, 75), 'evening': (250, 165, 110)}
THINGS = ('house', 'tree', 'snowman', 'flower', 'car', 'cat')  # on the ground; on the sea there are boats
THING_COLORS = {
    'house': ('red', 'blue', 'yellow', 'white', 'pink', 'orange'), 'flower': ('red', 'yellow', 'pink', 'purple', 'white', 'orange'),
    'car': ('red', 'blue', 'yellow', 'black', 'white', 'purple'), 'cat': ('black', 'gray', 'orange', 'white', 'brown'),
    'boat': ('red', 'brown', 'yellow', 'white', 'black'), 'tree': ('green',), 'snowman': ('white',),
}
SLOTS = {'left': 16, 'middle': 32, 'right': 48}
ABOVE = ('sun', 'moon', 'cloud')

# Never seen in training: these colours of these shapes, and every tenth pair of shapes in a relation.
HELD_OUT_COLORS = {('brown', 'heart'), ('gray', 'star'), ('pink', 'cross'), ('orange', 'ring'), ('purple', 'rectangle'), ('black', 'moon'), ('white', 'diamond')}


def held_out_relation(first, relation, second):
    return (SHAPES.index(first) * 7 + RELATIONS.index(relation) * 3 + SHAPES.index(second) * 11) % 10 == 4


def held_out(scene):
    """'color' or 'relation' if the scene has a combination that training never shows, else None."""
    objects = scene.get('objects', ())
    if any((one['color'], one['shape']) in HELD_OUT_COLORS for one in objects):
        return 'color'
    if scene['kind'] == 'pair' and held_out_relation(objects[0]['shape'], scene['relation'], objects[1]['shape']):
        return 'relation'
    return None


KINDS = {'single': 0.24, 'pair': 0.36, 'inside': 0.08, 'count': 0.14, 'place': 0.18}


def random_scene(random, kind=None):
    """Any scene, combinations that are held out among them; training leaves out those for which held_out() is true."""
    kind = kind or str(random.choice(list(KINDS), p=list(KINDS.values())))
    return {'single': single, 'pair': pair, 'inside': inside, 'count': count, 'place': place}[kind](random)


def single(random):
    background = random_background(random)
    size = pick(random, SIZES)
    where = 'center' if random.random() < 0.5 else pick(random, PLACES)
    if where != 'center' and size == 'large':
        size = 'medium'
    x, y = PLACES[where]
    return {'kind': 'single', 'background': background, 'place': where, 'objects': [shape(random, pick(random, SHAPES), color_on(random, background), size, x, y)]}


def pair(random):
    background = random_background(random)
    relation = pick(random, RELATIONS)
    first, second = (32, 16), (32, 48)
    if relation in ('left', 'right'):
        first, second = (16, 32), (48, 32)
    if relation in ('below', 'right'):
        first, second = second, first
    plain = random.random() < 0.6
    sizes = ('medium', 'medium') if plain else (('small', 'large') if random.random() < 0.5 else ('large', 'small'))
    radius = {'small': 6.5, 'medium': 11.0, 'large': 14.0}
    made = [shape(random, pick(random, SHAPES), color_on(random, background), size, x, y, radius[size]) for size, (x, y) in zip(sizes, (first, second))]
    return {'kind': 'pair', 'background': background, 'relation': relation, 'objects': made}


def inside(random):
    background = random_background(random)
    outer = shape(random, pick(random, ('circle', 'square', 'diamond', 'heart', 'rectangle')), color_on(random, background), 'large', 32, 32, 26)
    inner = shape(random, pick(random, SHAPES), color_on(random, outer['color']), 'small', outer['x'], outer['y'], 8.5)
    inner['x'], inner['y'] = outer['x'], outer['y']
    return {'kind': 'inside', 'background': background, 'objects': [inner, outer]}


ARRANGEMENTS = {
    2: ((18, 32), (46, 32)), 3: ((12, 32), (32, 32), (52, 32)), 4: ((18, 18), (46, 18), (18, 46), (46, 46)),
    5: ((14, 14), (50, 14), (32, 32), (14, 50), (50, 50)), 6: ((12, 20), (32, 20), (52, 20), (12, 44), (32, 44), (52, 44)),
}


def count(random):
    background = random_background(random)
    number = int(random.integers(2, 7))
    kind, color = pick(random, SHAPES), color_on(random, background)
    radius = {2: 10.5, 3: 8.2, 4: 10.0, 5: 8.2, 6: 8.2}[number]
    return {'kind': 'count', 'background': background, 'objects': [shape(random, kind, color, 'small' if radius < 9 else 'medium', x, y, radius, 0.7) for x, y in ARRANGEMENTS[number]]}


def place(random):
    ground = pick(random, GROUNDS) if random.random() < 0.55 else 'grass'
    sky = pick(random, SKIES) if random.random() < 0.5 else 'day'
    kinds = ('boat',) if ground == 'sea' else THINGS
    slots = [['middle'], ['left', 'right']][int(random.random() < 0.4 and ground != 'sea')]
    things = []
    for slot in slots:
        thing = pick(random, [kind for kind in kinds if all(kind != other['thing'] for other in things)])
        colors = [color for color in THING_COLORS[thing] if ground != 'snow' or color != 'white' or thing == 'snowman']
        things.append({'thing': thing, 'color': pick(random, colors), 'slot': slot, 'dx': uneven(random, 1.5), 'size': 1 + uneven(random, 0.06)})
    if len(things) == 1 and random.random() < 0.25:
        things[0]['slot'] = pick(random, ('left', 'right'))
    above = None
    if random.random() < 0.6:
        allowed = {'day': ('sun', 'cloud'), 'night': ('moon',), 'evening': ('sun', 'cloud')}[sky]
        above = {'thing': pick(random, allowed), 'slot': pick(random, SLOTS), 'dx': uneven(random, 1.5), 'dy': uneven(random, 1)}
    return {'kind': 'place', 'background': sky, 'ground': ground, 'sky': sky, 'things': things, 'above': above}


def shape(random, kind, color, size, x, y, radius=None, spread=1.5):
    radius = (radius or SIZES[size]) * (1 + uneven(random, 0.07))
    return {'shape': kind, 'color': color, 'size': size, 'x': round(x + uneven(random, spread), 2), 'y': round(y + uneven(random, spread), 2), 'r': round(radius, 2)}


def uneven(random, most):
    return round(float(random.uniform(-most, most)), 3)


def pick(random, these):
    these = list(these)
    return these[int(random.integers(len(these)))]


def random_background(random):
    return 'white' if random.random() < 0.55 else pick(random, BACKGROUNDS)


NEAR = {('orange', 'red'), ('white', 'yellow'), ('brown', 'black'), ('gray', 'white'), ('brown', 'red'), ('purple', 'blue'), ('pink', 'white'), ('orange', 'yellow')}


def color_on(random, background):
    """A colour that can be told from what is behind it."""
    return pick(random, [color for color in COLORS if color != background and not ({(color, background), (background, color)} & NEAR)])


# ---- how it looks ----


def polygon(points):
    """Distance to a polygon, less than nothing inside."""
    points = np.array(points, np.float32)

    def distance(x, y):
        nearest, inner = np.full(x.shape, 1e9, np.float32), np.zeros(x.shape, bool)
        for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0)):
            ex, ey, wx, wy = bx - ax, by - ay, x - ax, y - ay
            along = np.clip((wx * ex + wy * ey) / (ex * ex + ey * ey), 0, 1)
            nearest = np.minimum(nearest, (wx - ex * along) ** 2 + (wy - ey * along) ** 2)
            crosses = ((ay <= y) & (y < by)) | ((by <= y) & (y < ay))
            if by != ay:
                inner ^= crosses & (x < ax + (y - ay) * ex / (by - ay))
        return np.where(inner, -1, 1) * np.sqrt(nearest)

    return distance


def disc(cx, cy, r):
    return lambda x, y: np.hypot(x - cx, y - cy) - r


def box(left, top, right, bottom):
    return lambda x, y: np.maximum(np.abs(x - (left + right) / 2) - (right - left) / 2, np.abs(y - (top + bottom) / 2) - (bottom - top) / 2)


def either(*parts):
    return lambda x, y: np.minimum.reduce([part(x, y) for part in parts])


STAR = [((1.05 if i % 2 == 0 else 0.46) * np.sin(i * np.pi / 5), -(1.05 if i % 2 == 0 else 0.46) * np.cos(i * np.pi / 5)) for i in range(10)]
OUTLINES = {
    'circle': disc(0, 0, 0.96), 'square': box(-0.87, -0.87, 0.87, 0.87), 'rectangle': box(-1.08, -0.56, 1.08, 0.56),
    'triangle': polygon([(0, -0.98), (1.0, 0.8), (-1.0, 0.8)]), 'diamond': polygon([(0, -1.05), (0.78, 0), (0, 1.05), (-0.78, 0)]),
    'star': polygon(STAR), 'cross': either(box(-0.98, -0.33, 0.98, 0.33), box(-0.33, -0.98, 0.33, 0.98)),
    'heart': either(polygon([(0, -0.66), (0.79, 0.13), (0, 0.92), (-0.79, 0.13)]), disc(0.395, -0.27, 0.56), disc(-0.395, -0.27, 0.56)),
    'ring': lambda x, y: np.abs(np.hypot(x, y) - 0.7) - 0.27,
    'moon': lambda x, y: np.maximum(np.hypot(x, y) - 0.98, 0.84 - np.hypot(x - 0.5, y + 0.12)),
}


class Canvas:
    def __init__(self, size, color):
        self.size, self.scale = size, size / 64
        self.pixels = np.empty((size, size, 3), np.float32)
        self.pixels[:] = color

    def draw(self, outline, color, x=0.0, y=0.0, r=1.0, reach=None):
        """`outline` in units of `r` around (x, y); `reach` bounds it, so that little is computed."""
        reach = 64 if reach is None else reach * r + 1
        x0, x1, y0, y1 = (int(np.clip(edge * self.scale, 0, self.size)) for edge in (x - reach, x + reach + 1, y - reach, y + reach + 1))
        if x0 >= x1 or y0 >= y1:
            return
        at = lambda low, high: (np.arange(low, high, dtype=np.float32) + 0.5) / self.scale
        grid_x, grid_y = np.meshgrid((at(x0, x1) - x) / r, (at(y0, y1) - y) / r)
        cover = np.clip(0.5 - outline(grid_x, grid_y) * (r * self.scale), 0, 1)[..., None]
        part = self.pixels[y0:y1, x0:x1]
        part += cover * (np.array(color, np.float32) - part)


def render(scene, size=64):
    if scene['kind'] == 'place':
        canvas = draw_place(scene, size)
    else:
        canvas = Canvas(size, BACKGROUNDS[scene['background']])
        for one in reversed(scene['objects']):
            canvas.draw(OUTLINES[one['shape']], COLORS[one['color']], one['x'], one['y'], one['r'], 1.15)
    return np.round(canvas.pixels).clip(0, 255).astype(np.uint8)


def draw_place(scene, size):
    canvas = Canvas(size, SKIES[scene['sky']])
    if scene['sky'] == 'night':
        for x, y in ((8, 9), (24, 5), (40, 14), (57, 6), (14, 24), (52, 26), (32, 22)):
            canvas.draw(disc(0, 0, 1), (255, 250, 210), x, y, 0.8, 1)
    above = scene['above']
    if above is not None:
        x, y = SLOTS[above['slot']] + above['dx'], 12 + above['dy']
        if above['thing'] == 'sun':
            canvas.draw(disc(0, 0, 1), COLORS['yellow'], x, y, 7.5, 1)
        elif above['thing'] == 'moon':
            canvas.draw(OUTLINES['moon'], (250, 240, 180), x, y, 8, 1.1)
        else:
            canvas.draw(either(disc(-6, 1.5, 4), disc(0, -1, 5.5), disc(6.5, 1.5, 4), box(-6, 1, 6.5, 5.5)), (252, 252, 255), x, y, 1, 14)
    canvas.draw(box(-99, 0, 99, 99), GROUNDS[scene['ground']], 32, 47)
    for one in scene['things']:
        draw_thing(canvas, one)
    return canvas


def draw_thing(canvas, one):
    x, s, color = SLOTS[one['slot']] + one['dx'], one['size'], COLORS[one['color']]
    base = 53.0  # where things stand
    put = lambda outline, tint: canvas.draw(outline, tint, x, base, s, 36)
    if one['thing'] == 'house':
        put(box(-10, -16, 10, 0), color)
        put(polygon([(-13, -15.5), (13, -15.5), (0, -27)]), (150, 60, 45) if one['color'] != 'red' else (95, 55, 40))
        put(box(-2.5, -9, 2.5, 0), (90, 55, 30))
        put(either(box(-8, -12, -4.5, -8), box(4.5, -12, 8, -8)), (200, 235, 250))
    elif one['thing'] == 'tree':
        put(box(-2, -11, 2, 0), COLORS['brown'])
        put(either(disc(0, -22, 7), disc(-5.5, -15, 6), disc(5.5, -15, 6)), (30, 125, 50))
    elif one['thing'] == 'snowman':
        for cy, r in ((-7, 8), (-18, 5.8), (-26.5, 4.4)):
            put(disc(0, cy, r + 0.7), (150, 165, 190))
            put(disc(0, cy, r), (253, 253, 255))
        put(either(disc(-1.6, -27.6, 0.7), disc(1.6, -27.6, 0.7), disc(0, -18.5, 0.8), disc(0, -8, 0.8)), (30, 30, 30))
        put(polygon([(0, -26.8), (0, -25.2), (4.2, -25.6)]), COLORS['orange'])
        put(either(box(-5, -31.5, 5, -30), box(-3.2, -36, 3.2, -31)), (35, 35, 45))
    elif one['thing'] == 'flower':
        put(box(-0.9, -14, 0.9, 0), (40, 130, 50))
        put(polygon([(0, -3), (7, -8), (2, -1)]), (40, 130, 50))
        put(either(*(disc(5.2 * np.cos(a), -18 + 5.2 * np.sin(a), 4) for a in np.arange(6) * np.pi / 3)), color)
        put(disc(0, -18, 3.2), (250, 200, 40) if one['color'] not in ('yellow', 'orange') else (120, 70, 30))
    elif one['thing'] == 'car':
        put(polygon([(-9, -9), (-6, -16), (5, -16), (9, -9)]), color)
        put(polygon([(-6.6, -9.5), (-4.8, -14.3), (3.9, -14.3), (6.5, -9.5)]), (200, 235, 250))
        put(box(-14, -10, 14, -3), color)
        put(either(disc(-8, -3, 3.6), disc(8, -3, 3.6)), (40, 40, 45))
        put(either(disc(-8, -3, 1.4), disc(8, -3, 1.4)), (200, 200, 205))
    elif one['thing'] == 'cat':
        put(polygon([(-7, 0), (-4.5, -12), (4.5, -12), (7, 0)]), color)
        put(either(disc(0, -15, 6.3), polygon([(-6.2, -16), (-5.6, -25), (-0.5, -20)]), polygon([(6.2, -16), (5.6, -25), (0.5, -20)])), color)
        dark = (40, 40, 45) if one['color'] != 'black' else (250, 240, 120)
        put(either(disc(-2.5, -16, 1.1), disc(2.5, -16, 1.1)), dark)
        put(polygon([(-1.2, -13.2), (1.2, -13.2), (0, -11.8)]), COLORS['pink'])
    else:
        put(polygon([(-14, -7), (14, -7), (9, 1), (-9, 1)]), color)
        put(box(-0.8, -28, 0.8, -7), (90, 60, 35))
        put(polygon([(1.5, -28), (1.5, -10), (12, -10)]), (252, 252, 252))
        put(polygon([(-1.5, -24), (-1.5, -10), (-9, -10)]), (235, 235, 240))


# ---- what one may say of it ----

NAMES = {'circle': ('circle', 'disc', 'dot'), 'square': ('square', 'box'), 'moon': ('moon', 'crescent'), 'cross': ('cross', 'plus'), 'diamond': ('diamond', 'rhombus'), 'ring': ('ring', 'hoop')}
COLOR_NAMES = {'gray': ('gray', 'grey'), 'purple': ('purple', 'violet')}
SIZE_NAMES = {'small': ('small', 'little', 'tiny'), 'medium': ('medium', 'normal'), 'large': ('large', 'big', 'huge')}


def word(random, names, key):
    """Mostly the word itself, sometimes another for the same."""
    others = names.get(key, (key,))
    return others[0] if random.random() < 0.7 else pick(random, others)


def noun(random, one, plural=False):
    name = word(random, NAMES, one['shape'])
    if not plural:
        return name
    return {'box': 'boxes', 'cross': 'crosses', 'plus': 'pluses', 'rhombus': 'rhombuses'}.get(name, f'{name}s')


def article(random, words):
    if random.random() < 0.12:
        return words
    if random.random() < 0.1:
        return f'one {words}'
    return f'an {words}' if words[0] in 'aeiou' else f'a {words}'


def phrase(random, one, full, told=True):
    """A shape with its colour and, where it matters, its size."""
    words = [word(random, COLOR_NAMES, one['color']), noun(random, one)]
    if told and (one['size'] != 'medium' or (full and random.random() < 0.3)):
        words.insert(0, word(random, SIZE_NAMES, one['size']))
    return article(random, ' '.join(words))


BESIDES = {
    'above': ('above', 'above', 'over', 'on top of', 'higher than'), 'below': ('below', 'below', 'under', 'beneath', 'underneath', 'lower than'),
    'left': ('left of', 'to the left of', 'on the left of'), 'right': ('right of', 'to the right of', 'on the right of'),
}
OPPOSITE = {'above': 'below', 'below': 'above', 'left': 'right', 'right': 'left'}


def caption(scene, random, full=False):
    """`full`: says also what goes without saying (a white background, the middle of the picture)."""
    words = {'single': say_single, 'pair': say_pair, 'inside': say_inside, 'count': say_count, 'place': say_place}[scene['kind']](scene, random, full)
    if scene['kind'] != 'place' and (scene['background'] != 'white' or full or random.random() < 0.1):
        ground = word(random, COLOR_NAMES, scene['background'])
        form = pick(random, ('on a {} background', 'on a {} background', 'on {}', 'in front of a {} background', 'with a {} background', 'and the background is {}'))
        form = form.replace('a {}', 'an {}') if ground[0] in 'aeiou' else form
        words = f'{words} {form.format(ground)}' if random.random() < 0.85 else f'{words}, {ground} background'
    if random.random() < 0.12:
        words = f"{pick(random, ('a picture of', 'an image of', 'a drawing of', 'draw', 'paint', 'there is', 'show me'))} {words}"
    if random.random() < 0.05:
        words += '.'
    return words


def say_single(scene, random, full):
    one = scene['objects'][0]
    words = phrase(random, one, full)
    where = scene['place']
    if where == 'center' and not (full or random.random() < 0.15):
        return words
    forms = {'center': ('in the center', 'in the middle', 'in the centre'), 'top': ('at the top', 'near the top'), 'bottom': ('at the bottom', 'near the bottom'), 'left': ('on the left', 'on the left side', 'at the left'), 'right': ('on the right', 'on the right side', 'at the right')}
    return f"{words} {pick(random, forms.get(where, (f'in the {where}', f'in the {where} corner', f'at the {where}')))}"


def say_pair(scene, random, full):
    first, second = (phrase(random, one, full) for one in scene['objects'])
    relation = scene['relation']
    chance = random.random()
    if chance < 0.62:
        link = pick(random, BESIDES[relation])
        return f"{first} {'is ' if random.random() < 0.07 else ''}{link} {second}"
    if chance < 0.76:
        return f'{second} {pick(random, BESIDES[OPPOSITE[relation]])} {first}'
    if chance < 0.9:
        at = {'above': ('at the top', 'at the bottom'), 'below': ('at the bottom', 'at the top'), 'left': ('on the left', 'on the right'), 'right': ('on the right', 'on the left')}[relation]
        return f'{first} {at[0]} and {second} {at[1]}'
    return f"{first} with {second} {dict(above='below it', below='above it', left='to its right', right='to its left')[relation]}"


def say_inside(scene, random, full):
    inner, outer = (phrase(random, one, full, told=full and random.random() < 0.3) for one in scene['objects'])
    if random.random() < 0.2:
        return f'{outer} with {inner} {pick(random, ("inside", "in it", "inside it", "in the middle"))}'
    return f"{inner} {pick(random, ('inside', 'in', 'within', 'inside of', 'in the middle of'))} {outer}"


def say_count(scene, random, full):
    one, number = scene['objects'][0], len(scene['objects'])
    said = NUMBERS[number] if random.random() < 0.8 else str(number)
    return f"{said} {word(random, COLOR_NAMES, one['color'])} {noun(random, one, plural=True)}"


def say_place(scene, random, full):
    things = [say_thing(random, one, full) for one in scene['things']]
    if len(things) == 2:
        first, second = things
        chance = random.random()
        if chance < 0.35:
            words = f'{first} {pick(random, BESIDES["left"])} {second}'
        elif chance < 0.6:
            words = f'{second} {pick(random, BESIDES["right"])} {first}'
        else:
            words = f"{first} {pick(random, ('and', 'next to', 'beside', 'and'))} {second}"
    else:
        slot = scene['things'][0]['slot']
        words = things[0] if slot == 'middle' else f'{things[0]} on the {slot}'
    ground, sky, above = scene['ground'], scene['sky'], scene['above']
    if ground != 'grass' or full or random.random() < 0.25:
        forms = {'grass': ('on the grass', 'on a meadow'), 'snow': ('in the snow', 'on the snow', 'in winter'), 'sand': ('on the sand', 'on the beach'), 'sea': ('on the sea', 'on the water', 'at sea')}
        words += f' {pick(random, forms[ground])}'
    if above is not None:
        name = {'sun': ('the sun', 'a yellow sun', 'a sun'), 'moon': ('the moon', 'a moon'), 'cloud': ('a cloud', 'a white cloud')}[above['thing']]
        side = '' if above['slot'] == 'middle' else f" {pick(random, ('on the', 'at the'))} {above['slot']}"
        link = pick(random, ('under', 'below', 'and', 'with')) if side == '' else pick(random, ('and', 'with'))
        words += f" {link} {pick(random, name)}{side}{' in the sky' if link in ('and', 'with') and random.random() < 0.3 else ''}"
    if sky != 'day' or full or random.random() < 0.1:
        words += f" {pick(random, dict(day=('by day', 'on a sunny day', 'in the daytime'), night=('at night', 'in the night', 'at night'), evening=('in the evening', 'at sunset'))[sky])}"
    return words


def say_thing(random, one, full):
    if one['thing'] in ('snowman', 'tree') and not (full and random.random() < 0.5):
        return article(random, one['thing'])
    return article(random, f"{word(random, COLOR_NAMES, one['color'])} {one['thing']}") if random.random() < 0.85 or full else f"a {one['thing']}"
