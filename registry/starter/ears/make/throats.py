"""Throats that nobody has: voices of espeak-ng made by chance, as many as are asked for.

Debian's espeak-ng brings some hundred throats, and a network knows them by heart soon. A throat is a small text file of
formants, pitch and breath, so each clip can have one of its own. They are written beside a copy of espeak-ng's data.
"""
import os
import shutil

DATA = '/usr/lib/x86_64-linux-gnu/espeak-ng-data'


class Throats:
    """Writes throats into a copy of espeak-ng's data in `folder`, which `Espeak(folder)` reads."""

    def __init__(self, folder):
        self.variants = os.path.join(shutil.copytree(DATA, os.path.join(folder, 'espeak-ng-data')), 'voices', '!v')
        self.count = 0
        for number in range(2):
            self._write(number, [])

    def another(self, random):
        """The name of a new throat; that of the one before the last is written over, as espeak-ng knows 350 voices at most."""
        self.count += 1
        return self._write(self.count % 2, throat(random))

    def _write(self, number, lines):
        name = f'made{number}'
        with open(os.path.join(self.variants, name), 'w') as file:
            file.write('\n'.join(['language variant', f'name {name}', *lines]) + '\n')
        return name


def throat(random):
    """Lines of a file of espeak-ng's voices: what each means is in its own documentation of voices."""
    low = min(230, max(55, random.gauss(100, 18) if random.random() < 0.6 else random.gauss(170, 30)))
    yield f'pitch {low:.0f} {low * random.uniform(1.15, 1.75):.0f}'
    if random.random() < 0.12:
        yield f'klatt {random.choice([1, 2, 4, 5])}'  # 3 is kept for the test
    yield from formants(random)
    if random.random() < 0.5:
        yield f'voicing {random.uniform(60, 200):.0f}'
    if random.random() < 0.6:
        yield f'consonants {random.uniform(40, 150):.0f} {random.uniform(40, 150):.0f}'
    if random.random() < 0.3:
        yield f'flutter {random.uniform(0, 8):.0f}'
    if random.random() < 0.4:
        yield f'roughness {random.uniform(0, 5):.0f}'
    if random.random() < 0.2:
        yield f'echo {random.uniform(5, 150):.0f} {random.uniform(5, 30):.0f}'
    if random.random() < 0.15:
        yield 'breath ' + ' '.join(f'{random.uniform(0, 30):.0f}' for _ in range(8))
    if random.random() < 0.4:
        yield f'intonation {random.randint(1, 4)}'
    if random.random() < 0.35:
        places = sorted(random.sample(range(100, 3500, 50), 4))
        yield 'tone ' + ' '.join(f'{place} {random.uniform(12, 255):.0f}' for place in places)
    if random.random() < 0.3:
        yield 'stressAdd ' + ' '.join(f'{random.uniform(-20, 60):.0f}' for _ in range(8))
    if random.random() < 0.3:
        yield 'stressAmp ' + ' '.join(f'{random.uniform(14, 26):.0f}' for _ in range(8))


def formants(random):
    """Where the nine formants stand, how loud and how wide they are, in percent of espeak-ng's own."""
    size, spread = random.gauss(104, 10), random.choice([2, 6, 12])
    loud, wide = random.uniform(65, 115), random.uniform(80, 165)
    for number in range(9):
        if random.random() < 0.1:
            continue
        shift = max(45, random.gauss(size, spread if number < 6 else 12))
        line = f'formant {number} {shift:.0f} {max(20, random.gauss(loud, 14)):.0f} {max(45, random.gauss(wide, 18)):.0f}'
        yield f'{line} {random.gauss(0, 120):.0f}' if number in (1, 2) and random.random() < 0.35 else line
