"""Of which things each piece of an answer tells, so that the decoder can be shown where to look."""
import re

import numpy as np

from model import GRID, PICTURE_TOKENS, SHUFFLE, SIDE
from pictures import COLORS, NAMES, SIZES, entities
from questions import SAID, SYNONYMS, plural

SINGULAR = {said: name for name in NAMES for one in SYNONYMS.get(name, (name,)) for said in (one, plural(one))}
HUES = {said: color for color in COLORS for said in SAID.get(color, (color,))}
EXTENTS = {**{size: size for size in SIZES}, 'little': 'small', 'big': 'large'}
PLACES = {*'left right above over top below under beneath underneath inside in within middle bigger larger biggest largest smaller smallest many number'.split()}
CELL = SIDE * SHUFFLE // GRID


def subjects(scene, question, answer):
    """[characters of the answer, 16]: which cells of the picture hold what a character tells of; nothing where that is not clear."""
    found = entities(scene) if scene['kind'] != 'foreign' else []
    made = np.zeros((len(answer), PICTURE_TOKENS), bool)
    named = list(mentions(answer, found))
    for start, end, things in named:
        made[start:end] = cells(things)
    if not named:
        asked = [one for _, _, things in mentions(question, found) for one in things]
        made[:] = cells(asked) if asked else cells(found if not names(question) else [])
    return made


def matters(question):
    """Which characters of a question say what it is about."""
    made = np.zeros(len(question), bool)
    for word in re.finditer(r'[a-z]+', question.lower()):
        made[word.start():word.end()] = word[0] in SINGULAR or word[0] in HUES or word[0] in EXTENTS or word[0] in PLACES
    return made


def mentions(text, found):
    """Where a text names things, with the words before that say which, and the things it fits."""
    words = list(re.finditer(r'[a-z]+', text.lower()))
    for at, word in enumerate(words):
        name = SINGULAR.get(word[0])
        color, size, first = None, None, at
        if name is None and not (word[0] in HUES and not followed(words, at)):
            continue
        if name is None:
            color = HUES[word[0]]
        while first > 0 and (words[first - 1][0] in HUES or words[first - 1][0] in EXTENTS):
            first -= 1
            color, size = color or HUES.get(words[first][0]), size or EXTENTS.get(words[first][0])
        fits = [one for one in found if name in (None, one['name']) and color in (None, one['color']) and size in (None, one['size'])]
        if fits:
            yield (words[first].start(), word.end(), fits)


def followed(words, at):
    """Whether a colour belongs to a name, or is that of what is behind."""
    after = [word[0] for word in words[at + 1: at + 3]]
    return 'background' in after or any(word in SINGULAR for word in after[:1]) or any(word in HUES or word in EXTENTS for word in after[:1])


def names(text):
    return any(word in SINGULAR for word in re.findall(r'[a-z]+', text.lower()))


def cells(things):
    made = np.zeros(PICTURE_TOKENS, bool)
    middle = np.arange(GRID // SHUFFLE) * CELL + CELL / 2
    for one in things:
        near = lambda value: np.abs(middle - value) < max(one['r'] * 0.7, 0) + CELL / 2
        made |= (near(one['y'])[:, None] & near(one['x'])[None]).ravel()
    return made
