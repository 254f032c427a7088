"""Lets voices say the sentences and keeps the spectrograms.

    python3 render.py --from 0 --to 20000    # lines of out/sentences.jsonl -> out/shards/0-20000.npz
    python3 render.py --from 20000 --to 40000 --made 0.8   # four of five of espeak-ng's voices have a throat made by chance
    python3 render.py --test                 # out/test.npz: held-out sentences and held-out voices, with the sound itself

A shard holds log10 of the power in each band (float16, frames of all clips one after another), where each clip starts, and
beside it (.json) the words, the sounds and the voice. Noise, rooms and loudness are added anew each time in training.
"""
import argparse
import json
import os
import random
import tempfile

import numpy as np

import throats
from features import HOP, SAMPLES, power_mel
from throats import Throats
from voices import ACCENTS, FLITE, HELD_OUT_ACCENTS, HELD_OUT_VARIANTS, VARIANTS, Espeak, Flite, festival

here = os.path.dirname(os.path.abspath(__file__))
out = os.path.join(here, 'out')


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--from', dest='first', type=int, default=0)
    arguments.add_argument('--to', type=int, default=20000)
    arguments.add_argument('--made', type=float, default=0, help="share of espeak-ng's clips whose throat is made by chance")
    arguments.add_argument('--test', action='store_true')
    options = arguments.parse_args()
    if options.test:
        render_test()
    else:
        with tempfile.TemporaryDirectory() as folder:
            render_shard(options.first, options.to, options.made, folder)


def lines_of(name):
    with open(os.path.join(out, name)) as file:
        return [json.loads(line) for line in file]


def render_shard(first, to, made, folder):
    chance = random.Random(first)
    lines = lines_of('sentences.jsonl')[first:to]
    throats = Throats(folder)
    espeak, flite = Espeak(folder), Flite()
    for line in lines:
        line['sounds'] = espeak.phonemes(line['text'])
    mels, kept = [], []
    hts = chance.sample(range(len(lines)), len(lines) // 20)
    beside = dict(zip(hts, festival([lines[i]['text'] for i in hts], 'slt_hts')))
    for i, line in enumerate(lines):
        draw = chance.random()
        if i in beside:
            wave, voice = beside[i], 'slt_hts'
        elif draw < 0.62:
            throat = throats.another(chance) if chance.random() < made else chance.choice(VARIANTS)
            voice = f'{chance.choice(ACCENTS)}+{throat}'
            wave = espeak.speak(line['text'], voice, chance.gauss(165, 25), chance.uniform(20, 80), chance.uniform(25, 75))
        else:
            voice = chance.choices(FLITE, [4, 3, 3, 4])[0]
            wave = flite.speak(line['text'], voice, chance.choice([1, chance.uniform(0.8, 1.3)]))
        if wave is None or len(wave) < 1600:
            continue
        wave = trimmed(wave)
        if chance.random() < 0.4:
            wave = stretched(wave, chance.uniform(0.87, 1.15))
        if len(wave) > SAMPLES - 4000:
            continue
        wave = np.concatenate([np.zeros(chance.randrange(HOP), np.float32), wave])
        mels.append(np.log10(np.maximum(power_mel(wave * (0.5 / max(1e-4, np.abs(wave).max())), 'constant'), 1e-10)).astype(np.float16))
        kept.append({'words': line['words'], 'sounds': line['sounds'], 'voice': voice, 'kind': line['kind']})
    os.makedirs(os.path.join(out, 'shards'), exist_ok=True)
    name = os.path.join(out, 'shards', f'{first}-{to}')
    with open(f'{name}.json', 'w') as file:
        json.dump(kept, file)
    ends = np.cumsum([0] + [len(mel) for mel in mels])
    np.savez(f'{name}.part.npz', mel=np.concatenate(mels), ends=ends)
    os.rename(f'{name}.part.npz', f'{name}.npz')
    print(len(kept), 'clips', round(ends[-1] * HOP / 16000 / 3600, 2), 'hours')


def trimmed(wave, keep=800):
    """Without the silence before and after, except 50 ms."""
    loud = np.flatnonzero(np.abs(wave) > 0.01 * np.abs(wave).max())
    return wave[max(0, loud[0] - keep) : loud[-1] + keep] if len(loud) else wave


def stretched(wave, factor):
    """Played faster or slower: a larger or smaller head."""
    return np.interp(np.arange(0, len(wave) - 1, factor), np.arange(len(wave)), wave).astype(np.float32)


def render_test():
    """Sets: `sentences` new sentences by known voices, `voices` known sentences by new voices, `both`, `ked` (a new voice of another program), `own` (mofa's voices)."""
    chance = random.Random(4)
    espeak, flite = Espeak(), Flite()
    fresh = lines_of('held-out.jsonl')
    known = chance.sample([line for line in lines_of('sentences.jsonl')[:8000] if line['kind'] != 'words'], 200)
    waves, about = [], []

    def keep(set_, line, voice, wave):
        if wave is None or len(wave) > SAMPLES - 4000:
            return
        wave = wave * (0.5 / np.abs(wave).max())
        waves.append(np.round(np.concatenate([np.zeros(3200), trimmed(wave), np.zeros(3200)]) * 32767).astype(np.int16))
        about.append({'set': set_, 'words': line['words'], 'kind': line['kind'], 'voice': voice})

    def by_espeak(line, accents, variants):
        voice = f'{chance.choice(accents)}+{chance.choice(variants)}'
        return voice, espeak.speak(line['text'], voice, chance.uniform(140, 190), chance.uniform(30, 70), 50)

    for line in fresh:
        keep('sentences', line, *by_espeak(line, ACCENTS, VARIANTS))
        keep('both', line, *by_espeak(line, HELD_OUT_ACCENTS, HELD_OUT_VARIANTS))
        own = chance.choice(FLITE)
        keep('own', line, own, flite.speak(line['text'], own))
    for line in known:
        keep('voices', line, *by_espeak(line, HELD_OUT_ACCENTS, HELD_OUT_VARIANTS))
    for line, wave in zip(fresh, festival([line['text'] for line in fresh], 'ked')):
        keep('ked', line, 'ked', wave)
    np.savez(os.path.join(out, 'test.npz'), wave=np.concatenate(waves), ends=np.cumsum([0] + [len(wave) for wave in waves]))
    with open(os.path.join(out, 'test.json'), 'w') as file:
        json.dump(about, file)
    print(len(about), 'clips')


main()
