"""What one may ask of a picture, and the one right answer.

    ask(scene, random)                  # (kind, question, answer)
    ask(scene, random, held=True)       # in a phrasing that training never shows

Each kind has its phrasings; those after the bar (`|`) are held out. `{}` is what is asked about, `(a/b)` one of several, `[a]` maybe.
"""
import re

import numpy as np

from everyday import everyday
from pictures import COLORS, NAMES, entities, random_scene, relation_of, scenes

TOY = 'I am a toy: I can only tell about coloured shapes in pictures.'
FOREIGN = 'This is not a picture of simple shapes. I am a toy and know nothing else.'
NO_PICTURE = 'Please give me a picture. I am a toy that tells about coloured shapes.'

PHRASINGS = {
    'describe': """what is this [(picture/image)]; what is in (the/this) (picture/image); what's in (the/this) (picture/image); describe (the/this) (picture/image) [in one sentence/in detail/briefly]; what do you see; what can you see [(here/in the picture/in this image)];
        tell me about (the/this) (picture/image); what does (the/this) (picture/image) show; what is shown [here/in this picture]; caption (this/the picture/this image); write a caption [for this image]; what's this; what is that; describe (it/this/what you see); what am i looking at; what is here; explain (the/this) (picture/image); what is on the picture
        | what is going on in (the/this) (picture/image); give me a description [of the (image/picture)]; say what you see; what is depicted [here]; tell me what is in (the/this) (image/picture); what do we have here""",
    'color': """what (colour/color) is the {}; what (colour/color) does the {} have; which (colour/color) is the {}; what is the (colour/color) of the {}; tell me the (colour/color) of the {}; the {} is what (colour/color); what's the (colour/color) of the {}; (colour/color) of the {}
        | which (colour/color) does the {} have; name the (colour/color) of the {}; what (colour/color) has the {}""",
    'color-only': """what (colour/color) is (it/this/that/the shape/the thing); what is the (colour/color) [of the shape]; which (colour/color) is it; what (colour/color) are they | which (colour/color) does it have; what (colour/color) do you see""",
    'shape': """what shape is the {} (one/thing/object/shape); which shape is {}; what is the {} (thing/object/shape/one); what is {}; what thing is {}; what kind of shape is the {} one | which thing is {}; tell me what the {} (thing/object) is; what object is {}""",
    'shape-only': """what shape is (it/this/that/shown); which shape is (it/this); what kind of shape is (it/this/that); name the shape; what (form/figure) is this; what shape do you see | what is the shape [called]; which shape do you see""",
    'count': """how many {} are there [in the picture/in this image]; how many {} [do you see/can you see]; count the {}; what is the number of {}; how many {} are in the (picture/image) | tell me how many {} there are; give me the number of {}; how many {} does the (picture/image) show""",
    'relation': """what is {}; what do you see {}; what shape is {}; what's {}; what is there {}; which (thing/shape) is {}; tell me what is {} | what stands {}; what can be seen {}; what object is {}""",
    'inside': """what is (inside/in/within) the {}; what is in the middle of the {}; what's inside the {}; which shape is inside the {} | what can be seen inside the {}; what does the {} contain""",
    'where': """where is the {}; where do you see the {}; in which (place/corner/part) is the {}; where's the {}; what is the position of the {}; where in the (picture/image) is the {} | tell me where the {} is; where can i find the {}; at what place is the {}""",
    'size': """how (big/large) is the {}; what size is the {}; what size does the {} have; is the {} (big or small/small or large/large or small) | what is the size of the {}; which size is the {}""",
    'bigger': """which (shape/one) is (bigger/larger/the biggest/the largest); what is the (biggest/largest) (shape/thing); which is (bigger/larger), {}; what is (bigger/larger), {}; which is the (bigger/larger) one | name the (biggest/largest) (shape/one); what is the (bigger/larger) one""",
    'smaller': """which (shape/one) is (smaller/the smallest); what is the smallest (shape/thing); which is smaller, {}; what is smaller, {}; which is the smaller one | name the smallest (shape/one); what is the smaller one""",
    'exists': """is there {}; is there {} in the (picture/image); do you see {}; can you see {}; is {} in the picture; does the (picture/image) (show/have/contain) {} | is {} shown [here]; can {} be seen; do you find {}""",
    'exist': """are there [any] {}; are there [any] {} in the (picture/image); do you see [any] {}; can you see [any] {} | can you find [any] {}; does the picture contain {}""",
    'is-color': """is the {} {}; is the {} {} in (colour/color); does the {} have the (colour/color) {} | would you say the {} is {}""",
    'is-relation': """is {} {}; do you see {} {}; is there {} {} | can one see {} {}""",
    'is-number': """are there {}; do you see {}; are there exactly {}; are {} in the picture | can you count {}; does the picture show {}""",
    'background': """what (colour/color) is the background; what is the (colour/color) of the background; which (colour/color) does the background have; what is behind [the (shape/shapes)]; what's the background [(colour/color)]; what background is it; what is the background | name the background (colour/color); tell me the (colour/color) of the background""",
    'colors': """(which/what) (colours/colors) (are there/do you see/are in the picture/are the shapes/can you see); name the (colours/colors); list the (colours/colors) | tell me the (colours/colors); (which/what) (colours/colors) does the picture have""",
    'shapes': """(which/what) (shapes/things/objects) (are there/do you see/are in the picture/are shown/can you see); name the (shapes/things/objects); list the (shapes/objects) [you see] | tell me the shapes; (which/what) (shapes/things) does the picture show""",
    'time': """is it day or night; what time of day is it; when is (it/this); what time is it in the picture | which time of day is (it/this); tell me the time of day""",
    'ground': """what is (the ground/on the ground); what is the ground (like/made of); what kind of ground is (it/there/this); what is the ground covered with; where does this take place | what does the ground look like; which ground is it""",
    'sky': """what is in the sky; what do you see in the sky; is (there/something) (anything/something) in the sky; what's in the sky | what is up in the sky; what can be seen in the sky""",
}


def split(text):
    train, held = (re.split(r';\s*', part.strip()) for part in text.split('|'))
    return [one for one in train if one], [one for one in held if one]


PHRASINGS = {kind: split(text) for kind, text in PHRASINGS.items()}


def expand(random, template):
    def one(match):
        options = match.group(2).split('/')
        if match.group(1) == '[' and random.random() < 0.5:
            return ''
        return options[int(random.random() * len(options))]

    for _ in range(2):
        template = re.sub(r'([(\[])([^()\[\]]*)[)\]]', one, template)
    return re.sub(r'\s+', ' ', template).strip()


def phrased(random, kind, held, *filled):
    options = PHRASINGS[kind][int(held)]
    template = options[int(random.random() * len(options))]
    if '{}' not in template and filled and kind not in ('bigger', 'smaller'):
        template = options[0]
    words = expand(random, template)
    return words.format(*filled[: words.count('{}')])


def pick(random, these):
    return these[int(random.random() * len(these))]


# ---- words ----


SYNONYMS = {**scenes.NAMES}
SAID = {'gray': ('gray', 'grey'), 'purple': ('purple', 'purple', 'violet')}
NUMBERS = ['None', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight']
SIDES = {'left': ('left of', 'to the left of', 'on the left of', 'on the left side of'), 'right': ('right of', 'to the right of', 'on the right of', 'on the right side of'), 'above': ('above', 'over', 'on top of'), 'below': ('below', 'under', 'beneath', 'underneath')}
PLAIN = {'left': 'left of', 'right': 'right of', 'above': 'above', 'below': 'below'}


def called(random, name):
    """A name as somebody may say it."""
    names = SYNONYMS.get(name, (name,))
    return names[0] if random.random() < 0.8 else pick(random, names)


def colored(random, color):
    return pick(random, SAID.get(color, (color,)))


def plural(name):
    return {'box': 'boxes', 'cross': 'crosses', 'plus': 'pluses', 'rhombus': 'rhombuses', 'snowman': 'snowmen'}.get(name, f'{name}s')


def article(words):
    return f'an {words}' if words[0] in 'aeiou' else f'a {words}'


def sentence(words):
    return words[0].upper() + words[1:] + '.'


def listed(words):
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def thing(one):
    """How answers call it: a tree is green and a snowman white without saying."""
    if one['name'] in ('sun', 'moon') and one['size'] is None:
        return f"the {one['name']}"
    if one['name'] in ('tree', 'snowman', 'cloud'):
        return article(one['name'])
    return article(f"{one['color']} {one['name']}")


def the(one):
    return re.sub(r'^an? ', 'the ', thing(one))


def spot(one):
    """Top, middle or bottom and left, middle or right; None between two."""
    made = []
    for value, low, high in ((one['y'], 'top', 'bottom'), (one['x'], 'left', 'right')):
        if 21.5 < value < 24.5 or 39.5 < value < 42.5:
            return None
        made.append(low if value < 23 else high if value > 41 else '')
    if not any(made):
        return 'in the middle'
    if all(made):
        return f'in the {made[0]} {made[1]}'
    return f'at the {made[0]}' if made[0] else f'on the {made[1]}'


# ---- answers ----


def describe(scene):
    kind, found = scene['kind'], entities(scene)
    if kind == 'place':
        return describe_place(scene, found)
    behind = f"on a {scene['background']} background" if scene['background'] != 'orange' else 'on an orange background'
    if kind == 'empty':
        return sentence(f"nothing but a {scene['background']} background" if scene['background'] != 'orange' else 'nothing but an orange background')
    if kind == 'count':
        return sentence(f"{NUMBERS[len(found)].lower()} {found[0]['color']} {plural(found[0]['name'])} {behind}")
    sized = [article(f"{'' if one['size'] == 'medium' else one['size'] + ' '}{one['color']} {one['name']}") for one in found]
    if kind == 'pair':
        return sentence(f"{sized[0]} {PLAIN[scene['relation']]} {sized[1]} {behind}")
    if kind == 'inside':
        return sentence(f'{thing(found[0])} inside {thing(found[1])} {behind}')
    if len(found) == 1:
        place = spot(found[0])
        return sentence(f"{sized[0]}{f' {place}' if place else ''} {behind}")
    if len(found) == 2 and relation_of(*found):
        return sentence(f'{sized[0]} {PLAIN[relation_of(*found)]} {sized[1]} {behind}')
    if len({(one['name'], one['color']) for one in found}) == 1:
        return sentence(f"{NUMBERS[len(found)].lower()} {found[0]['color']} {plural(found[0]['name'])} {behind}")
    return sentence(f'{listed([thing(one) for one in found])} {behind}')


GROUND = {'grass': 'on the grass', 'snow': 'in the snow', 'sand': 'on the sand', 'sea': 'on the sea'}
SKY = {'day': 'by day', 'night': 'at night', 'evening': 'in the evening'}


def describe_place(scene, found):
    things = [one for one in found if one['y'] > 30]
    above = [one for one in found if one['y'] < 30]
    words = f'{thing(things[0])} left of {thing(things[1])}' if len(things) == 2 else thing(things[0])
    words = f"{words} {GROUND[scene['ground']]} {SKY[scene['sky']]}"
    return sentence(f'{words}, with {thing(above[0])} in the sky' if above else words)


def uniquely(random, found, one, plain=False):
    """Words that fit this one alone, as somebody would ask of it; None if there are none."""
    same = [other for other in found if other['name'] == one['name']]
    name = called(random, one['name'])
    words = []
    if len(same) == 1:
        words += [name] * 2
    if sum(other['color'] == one['color'] for other in same) == 1:
        words += [f"{colored(random, one['color'])} {name}"] if not plain else []
    if one['size'] in ('small', 'large') and sum(other['size'] == one['size'] for other in same) == 1:
        words += [f"{pick(random, {'small': ('small', 'little'), 'large': ('large', 'big')}[one['size']])} {name}"]
    return pick(random, words) if words else None


def absent(random, found):
    """A name that is not in the picture."""
    have = {one['name'] for one in found}
    near = [name for name in NAMES[:10] if name not in have] if random.random() < 0.8 else [name for name in NAMES if name not in have]
    return pick(random, near)


def about_color(random, scene, found, held):
    if random.random() < 0.15 or not found:
        name = absent(random, found)
        return phrased(random, 'color', held, called(random, name)), f'There is no {name}.'
    one = pick(random, found)
    alike = len({other['color'] for other in found}) == 1 and len({other['name'] for other in found}) == 1
    if alike and random.random() < 0.4:
        return phrased(random, 'color-only', held), sentence(one['color'])
    if alike and len(found) > 1:
        words = plural(called(random, one['name']))
        return phrased(random, 'color', held, words).replace(' is the', ' are the').replace('does the', 'do the'), sentence(one['color'])
    words = uniquely(random, found, one, plain=True)
    return words and (phrased(random, 'color', held, words), sentence(one['color']))


def about_shape(random, scene, found, held):
    if len(found) == 1 and found[0]['name'] in NAMES[:10] and random.random() < 0.4:
        return phrased(random, 'shape-only', held), sentence(article(found[0]['name']))
    if random.random() < 0.12 or not found:
        color = pick(random, [color for color in COLORS if color not in {one['color'] for one in found} and color != scene['background']])
        return (phrased(random, 'shape', held, colored(random, color)), f'There is nothing {color}.') if scene['kind'] != 'place' else None
    one = pick(random, found)
    if one['name'] in ('sun', 'moon', 'cloud', 'tree', 'snowman') and one['size'] is None or sum(other['color'] == one['color'] for other in found) != 1 or one['color'] == scene['background']:
        return None
    return phrased(random, 'shape', held, colored(random, one['color'])), sentence(article(one['name']))


def about_count(random, scene, found, held):
    chance = random.random()
    if chance < 0.2 and scene['kind'] != 'place':
        return phrased(random, 'count', held, pick(random, ('shapes', 'things', 'objects'))), sentence(NUMBERS[len(found)])
    if chance < 0.35 or not found:
        return phrased(random, 'count', held, plural(called(random, absent(random, found)))), 'None.'
    one = pick(random, found)
    if chance < 0.6 and scene['kind'] != 'place' and one['color'] != scene['background']:
        number = sum(other['color'] == one['color'] for other in found)
        return phrased(random, 'count', held, f"{colored(random, one['color'])} {pick(random, ('shapes', 'things', 'objects'))}"), sentence(NUMBERS[number])
    number = sum(other['name'] == one['name'] for other in found)
    return phrased(random, 'count', held, plural(called(random, one['name']))), sentence(NUMBERS[number])


def about_relation(random, scene, found, held):
    if scene['kind'] == 'inside' and random.random() < 0.8:
        words = uniquely(random, found, found[1])
        return words and (phrased(random, 'inside', held, words), sentence(thing(found[0])))
    if len(found) < 1 or scene['kind'] == 'inside':
        return None
    one = pick(random, found)
    words = uniquely(random, found, one)
    side = pick(random, list(PLAIN))
    if len(found) == 2 and relation_of(*found) and random.random() < 0.75:
        other = found[1 - found.index(one)]
        side = relation_of(other, one)
    there = [other for other in found if other is not one and relation_of(other, one) == side]
    unclear = [other for other in found if other is not one and other not in there and lies(other, one, side)]
    if words is None or len(there) > 1 or unclear:
        return None
    return phrased(random, 'relation', held, f'{pick(random, SIDES[side])} the {words}'), sentence(thing(there[0]) if there else 'nothing')


def lies(other, one, side, least=4):
    """Not clearly there, and not clearly elsewhere."""
    dx, dy = other['x'] - one['x'], other['y'] - one['y']
    far = {'left': -dx, 'right': dx, 'above': -dy, 'below': dy}[side]
    return far > least and relation_of(other, one) is None


def about_place(random, scene, found, held):
    if not found or random.random() < 0.1:
        name = absent(random, found)
        return phrased(random, 'where', held, called(random, name)), f'There is no {name}.'
    one = pick(random, found)
    words = uniquely(random, found, one)
    if words is None:
        return None
    if scene['kind'] == 'inside':
        answer = f'inside {the(found[1])}' if one is found[0] else f'around {the(found[0])}'
    elif scene['kind'] == 'place':
        answer = spot({**one, 'y': 32}) if one['y'] > 30 else 'in the sky'
    else:
        answer = spot(one)
        others = [other for other in found if other is not one]
        if answer and len(others) == 1 and relation_of(one, others[0]):
            answer += f', {PLAIN[relation_of(one, others[0])]} {the(others[0])}'
    return answer and (phrased(random, 'where', held, words), sentence(answer))


def about_size(random, scene, found, held):
    if scene['kind'] in ('place', 'inside', 'count', 'empty'):
        if scene['kind'] == 'inside' and random.random() < 0.5:
            larger = random.random() < 0.5
            return phrased(random, 'bigger' if larger else 'smaller', held, either(random, found)), sentence(the(found[1 if larger else 0]))
        return None
    if len(found) == 2 and random.random() < 0.6:
        larger = random.random() < 0.5
        question = phrased(random, 'bigger' if larger else 'smaller', held, either(random, found))
        if found[0]['size'] == found[1]['size']:
            return question, 'They are the same size.'
        ordered = sorted(found, key=lambda one: one['r'])
        return (question, sentence(the(ordered[1 if larger else 0]))) if the(found[0]) != the(found[1]) else None
    one = pick(random, found)
    words = uniquely(random, found, one)
    if words is None or re.search(r'small|little|large|big', words):
        return None
    return phrased(random, 'size', held, words), sentence(one['size'])


def either(random, found):
    names = [f"the {called(random, one['name'])}" if random.random() < 0.5 and found[0]['name'] != found[1]['name'] else the(one) for one in found]
    return ' or '.join(names if random.random() < 0.5 else reversed(names))


def about_yes(random, scene, found, held):
    chance = random.random()
    yes = random.random() < 0.5
    answer = 'Yes.' if yes else 'No.'
    if not found:
        name = absent(random, found)
        return phrased(random, 'exists', held, article(called(random, name))), 'No.'
    one = pick(random, found)
    if chance < 0.2:
        name = one['name'] if yes else absent(random, found)
        return phrased(random, 'exists', held, article(called(random, name))), answer
    if chance < 0.3:
        if yes and sum(other['name'] == one['name'] for other in found) < 2:
            return None
        return phrased(random, 'exist', held, plural(called(random, one['name'] if yes else absent(random, found)))), answer
    if chance < 0.55:
        name, color = one['name'], one['color']
        if not yes:
            if random.random() < 0.6:
                color = pick(random, COLORS)
            else:
                name = absent(random, found)
            if any((other['name'], other['color']) == (name, color) for other in found):
                return None
        return phrased(random, 'exists', held, article(f'{colored(random, color)} {called(random, name)}')), answer
    if chance < 0.75:
        words = uniquely(random, found, one, plain=True)
        color = one['color'] if yes else pick(random, [color for color in COLORS if color != one['color']])
        return words and (phrased(random, 'is-color', held, words, colored(random, color)), answer)
    if chance < 0.9 and len(found) == 2 and relation_of(*found):
        other = found[1 - found.index(one)]
        side = relation_of(one, other)
        side = side if yes else {'left': 'right', 'right': 'left', 'above': 'below', 'below': 'above'}[side] if random.random() < 0.6 else pick(random, [key for key in PLAIN if key != side])
        first, second = uniquely(random, found, one), uniquely(random, found, other)
        return first and second and (phrased(random, 'is-relation', held, f'the {first}', f'{pick(random, SIDES[side])} the {second}'), answer)
    if scene['kind'] == 'place':
        return None
    number = sum(other['name'] == one['name'] for other in found)
    said = number if yes else pick(random, [n for n in range(2, 7) if n != number])
    if said < 2:
        return None
    return phrased(random, 'is-number', held, f"{NUMBERS[said].lower() if random.random() < 0.7 else said} {plural(called(random, one['name']))}"), answer


def about_background(random, scene, found, held):
    if scene['kind'] != 'place':
        return phrased(random, 'background', held), sentence(scene['background'])
    chance = random.random()
    if chance < 0.33:
        return phrased(random, 'time', held), {'day': 'It is day.', 'night': 'It is night.', 'evening': 'It is evening.'}[scene['sky']]
    if chance < 0.66:
        return phrased(random, 'ground', held), sentence(scene['ground'])
    above = [one for one in found if one['y'] < 30]
    return phrased(random, 'sky', held), sentence(thing(above[0]) if above else 'nothing')


def about_lists(random, scene, found, held):
    if not found or scene['kind'] == 'place':
        return None
    unique = lambda words: list(dict.fromkeys(words))
    if random.random() < 0.5:
        return phrased(random, 'colors', held), sentence(listed(unique(one['color'] for one in found)))
    names = [one['name'] for one in found]
    words = [article(name) if names.count(name) == 1 else f'{NUMBERS[names.count(name)].lower()} {plural(name)}' for name in unique(names)]
    return phrased(random, 'shapes', held), sentence(listed(words))


KINDS = {
    'describe': (lambda random, scene, found, held: (phrased(random, 'describe', held), describe(scene)), 0.26), 'color': (about_color, 0.16), 'shape': (about_shape, 0.08),
    'count': (about_count, 0.11), 'relation': (about_relation, 0.11), 'where': (about_place, 0.07), 'size': (about_size, 0.05), 'yes or no': (about_yes, 0.12), 'background': (about_background, 0.04), 'lists': (about_lists, 0.04),
}
ORDER, SHARES = list(KINDS), []
for _, share in KINDS.values():
    SHARES.append((SHARES[-1] if SHARES else 0) + share)


def ask(scene, random, held=False, kind=None):
    if scene['kind'] == 'foreign':
        return 'foreign', spoken(random, any_question(random, held)), FOREIGN
    while True:
        name = kind or drawn(random)
        made = KINDS[name][0](random, scene, entities(scene), held)
        if made:
            return name, spoken(random, made[0]), made[1]
        if kind:
            return None


def drawn(random):
    at = random.random() * SHARES[-1]
    return next(name for name, until in zip(ORDER, SHARES) if at < until)


def any_question(random, held=False):
    """About a picture that is not known."""
    scene = ANY[int(random.random() * len(ANY))]
    while True:
        name = drawn(random)
        made = KINDS[name][0](random, scene, entities(scene), held)
        if made:
            return made[0]


def off_topic(random, held=False):
    """A question that no picture answers."""
    return 'off topic', spoken(random, everyday(random, held)), TOY


def without(random, held=False):
    """Any question, and no picture."""
    question = any_question(random, held) if random.random() < 0.6 else everyday(random, held)
    return 'no picture', spoken(random, question), NO_PICTURE


def spoken(random, words):
    """As people type: a capital or none, a mark or none, some politeness."""
    if random.random() < 0.08:
        words = f"{pick(random, ('please', 'hello,', 'hi,', 'hey,', 'so,', 'look:', 'and', 'now'))} {words}"
    mark = '.' if re.match(r'(describe|tell|count|name|list|caption|write|explain|give|say)', words) else '?'
    if random.random() < 0.1 and mark == '.':
        words += ' please'
    if random.random() < 0.5:
        words = words[0].upper() + words[1:]
    return words + (mark if random.random() < 0.75 else '')


def samples():
    random = np.random.default_rng(7)
    return [random_scene(random, kind=kind) for kind in ('single', 'pair', 'inside', 'count', 'place', 'scatter') for _ in range(20)]


ANY = samples()
