"""A tiny Supertonic with random weights in its authors' own layout, and what their way of speaking makes of it.

The networks are small ones of our own with the inputs, outputs and ranks of the published graphs: speaking knows no more of
them than what goes in and what comes out. How text is prepared, how long the latents are and how they become sound follows
the description of the authors' programs, step by step. Noise is that of noise.py.

    python3 test/parity/supertonic.py      # writes test/fixtures/speech/supertonic/*
"""
import os
import re
from unicodedata import normalize

import numpy as np
import onnxruntime
import torch
from torch import nn

from layout import export, sample, write_json
from noise import gaussian

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/speech/supertonic')
RATE, BASE, FACTOR, LATENT = 44100, 32, 3, 2
WIDTH, SOUND_ROWS, PACE_ROWS, PACE_SIZE = 8, 3, 2, 4
VOICES = ('F1', 'M1')

# --- characters ------------------------------------------------------------------------------------------------------

READ = [*range(0x20, 0x7F), *range(0x300, 0x30D), 0x327, *range(0x430, 0x450), *range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]
READ = [code for code in READ if chr(code) not in '~^']
INDEXER = [-1] * (max(READ) + 1)
for number, code in enumerate(READ):
    INDEXER[code] = number


# --- networks --------------------------------------------------------------------------------------------------------

class Reader(nn.Module):
    """Characters in their surroundings."""

    def __init__(self, width):
        super().__init__()
        self.embedding = nn.Embedding(len(READ), width)
        self.around = nn.Conv1d(width, width, 3, padding=1)

    def forward(self, text_ids, text_mask):
        hidden = self.embedding(text_ids).transpose(1, 2) * text_mask
        return torch.tanh(self.around(hidden)) * text_mask


class DurationPredictor(nn.Module):
    def __init__(self):
        super().__init__()
        self.reader, self.out = Reader(4), nn.Linear(4 + PACE_ROWS * PACE_SIZE, 1)

    def forward(self, text_ids, style_dp, text_mask):
        letters = self.reader(text_ids, text_mask).sum(2) / text_mask.sum(2)
        pace = nn.functional.softplus(self.out(torch.cat([letters, style_dp.flatten(1)], 1)))
        return (0.01 + 0.02 * pace[:, 0]) * text_mask.sum((1, 2))


class TextEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.reader, self.query = Reader(WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, text_ids, style_ttl, text_mask):
        text = self.reader(text_ids, text_mask).transpose(1, 2)
        heed = torch.softmax(self.query(text) @ style_ttl.transpose(1, 2) / WIDTH**0.5, -1)
        return (text + heed @ style_ttl).transpose(1, 2) * text_mask


class VectorEstimator(nn.Module):
    """One step of Euler's method along a field of its own."""

    def __init__(self):
        super().__init__()
        channels = LATENT * FACTOR
        self.into, self.out = nn.Conv1d(channels, WIDTH, 3, padding=1), nn.Conv1d(WIDTH, channels, 1)
        self.time, self.key = nn.Linear(1, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, noisy_latent, text_emb, style_ttl, latent_mask, text_mask, current_step, total_step):
        time = (current_step / total_step).reshape(-1, 1)
        hidden = self.into(noisy_latent * latent_mask) + self.time(time).unsqueeze(2) + style_ttl.mean(1).unsqueeze(2)
        far = (1 - text_mask) * -1e4
        heed = torch.softmax(hidden.transpose(1, 2) @ self.key(text_emb.transpose(1, 2)).transpose(1, 2) + far, -1)
        hidden = torch.tanh(hidden + (heed @ text_emb.transpose(1, 2)).transpose(1, 2))
        return (noisy_latent + self.out(hidden) / total_step.reshape(-1, 1, 1)) * latent_mask


class Vocoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Conv1d(LATENT, BASE, 3, padding=1)

    def forward(self, latent):
        batch, _, columns = latent.shape
        frames = latent.reshape(batch, LATENT, FACTOR, columns).transpose(2, 3).reshape(batch, LATENT, columns * FACTOR)
        return 0.8 * torch.tanh(0.5 * self.head(frames)).transpose(1, 2).reshape(batch, columns * FACTOR * BASE)


# --- speaking --------------------------------------------------------------------------------------------------------

PICTURES = [(0x1F600, 0x1F64F), (0x1F300, 0x1F5FF), (0x1F680, 0x1F6FF), (0x1F700, 0x1FAFF), (0x2600, 0x27BF), (0x1F1E6, 0x1F1FF)]
ACCENTS = [*range(0x302, 0x309), *range(0x30A, 0x30D), *range(0x327, 0x330)]
DASHES, DOUBLE, SINGLE, BLANK, NOTHING = '–‑—', '“”', '‘’`´', '_[]|/#→←', '♥☆♡©\\'


def prepared(text, language, first):
    """`first`: for the first Supertonic, which reads neither tags nor some accents."""
    text = normalize('NFKD', text)
    text = ''.join(sign for sign in text if not any(low <= ord(sign) <= high for low, high in PICTURES))
    for signs, instead in ((DASHES, '-'), (DOUBLE, '"'), (SINGLE, "'"), (BLANK, ' '), (NOTHING, '')):
        for sign in signs:
            text = text.replace(sign, instead)
    if first:
        text = ''.join(sign for sign in text if ord(sign) not in ACCENTS)
    for sign, instead in (('@', ' at '), ('e.g.,', 'for example, '), ('i.e.,', 'that is, ')):
        text = text.replace(sign, instead)
    for sign in ',.!?;:\'':
        text = text.replace(' ' + sign, sign)
    for sign in '"\'':
        while sign * 2 in text:
            text = text.replace(sign * 2, sign)
    text = re.sub(r'\s+', ' ', text).strip()
    if text[-1:] not in list('.!?;:,\'")]}…。」』】〉》›»'):
        text += '.'
    return text if first else f'<{language}>{text}</{language}>'


def run(session, **feeds):
    return session.run(None, feeds)[0]


def speak(graphs, text, language, style, speed, steps, noise):
    spoken = prepared(text, language, False)
    text_ids = np.array([[INDEXER[ord(sign)] for sign in spoken]], np.int64)
    assert (text_ids >= 0).all(), text
    text_mask = np.ones((1, 1, text_ids.shape[1]), np.float32)
    ttl, dp = (np.array(style[part]['data'], np.float32) for part in ('style_ttl', 'style_dp'))
    duration = np.float32(run(graphs['duration_predictor'], text_ids=text_ids, style_dp=dp, text_mask=text_mask)[0] / np.float32(speed))
    text_emb = run(graphs['text_encoder'], text_ids=text_ids, style_ttl=ttl, text_mask=text_mask)
    samples = int(float(duration) * RATE)
    columns = -(-samples // (BASE * FACTOR))
    latent_mask = np.ones((1, 1, columns), np.float32)
    latent = noise((1, LATENT * FACTOR, columns))
    for step in range(steps):
        latent = run(
            graphs['vector_estimator'], noisy_latent=latent, text_emb=text_emb, style_ttl=ttl, latent_mask=latent_mask,
            text_mask=text_mask, current_step=np.array([step], np.float32), total_step=np.array([steps], np.float32),
        )
    return text_ids[0].tolist(), duration, run(graphs['vocoder'], latent=latent)[0, :samples]


# --- files -----------------------------------------------------------------------------------------------------------

def exported():
    batch, text, latent = {0: 'batch_size'}, {0: 'batch_size', 2: 'text_length'}, {0: 'batch_size', 2: 'latent_length'}
    ids, mask = torch.zeros(1, 5, dtype=torch.long), torch.ones(1, 1, 5)
    ttl, dp = torch.zeros(1, SOUND_ROWS, WIDTH), torch.zeros(1, PACE_ROWS, PACE_SIZE)
    noisy, one = torch.zeros(1, LATENT * FACTOR, 7), torch.ones(1)
    described = {
        'text_ids': (ids, {0: 'batch_size', 1: 'text_length'}), 'text_mask': (mask, text), 'style_dp': (dp, batch), 'style_ttl': (ttl, batch),
        'text_emb': (torch.zeros(1, WIDTH, 5), text), 'noisy_latent': (noisy, latent), 'latent': (noisy, latent),
        'latent_mask': (torch.ones(1, 1, 7), latent), 'current_step': (one, batch), 'total_step': (one, batch),
    }
    parts = {
        'duration_predictor': (DurationPredictor(), ('text_ids', 'style_dp', 'text_mask'), 'duration', batch),
        'text_encoder': (TextEncoder(), ('text_ids', 'style_ttl', 'text_mask'), 'text_emb', text),
        'vector_estimator': (
            VectorEstimator(),
            ('noisy_latent', 'text_emb', 'style_ttl', 'latent_mask', 'text_mask', 'current_step', 'total_step'), 'denoised_latent', latent,
        ),
        'vocoder': (Vocoder(), ('latent',), 'wav_tts', {0: 'batch_size', 1: 'samples'}),
    }
    graphs = {}
    for name, (module, inputs, output, sizes) in parts.items():
        for parameter in module.parameters():
            nn.init.normal_(parameter, std=0.5)
        file = os.path.join(ROOT, f'onnx/{name}.onnx')
        axes = {key: described[key][1] for key in inputs} | {output: sizes}
        export(module, [described[key][0] for key in inputs], list(inputs), [output], axes, file)
        graphs[name] = onnxruntime.InferenceSession(file, providers=['CPUExecutionProvider'])
    return graphs


def style():
    rows = lambda *dims: {'data': np.random.randn(*dims).round(4).tolist(), 'dims': list(dims), 'type': 'float32'}
    return {'style_ttl': rows(1, SOUND_ROWS, WIDTH), 'style_dp': rows(1, PACE_ROWS, PACE_SIZE), 'metadata': {'source_file': 'none'}}


TEXTS = [
    'Hello there', 'Mail me@home — e.g., now , or “later” ?', "It''s  `fine` \U0001f600[really]|#1/2", 'Crème brûlée, garçon!',
    '한국어 문장', 'i.e., ☆ this_one…', 'Ends in a quote: "yes"', 'ﬁn № ½ ™', 'tabs\tand\nlines ;  : end )',
]
SPOKEN = [
    ('Hello there', 'en', 'F1', 1.0, 5, 0), ('Crème brûlée, garçon!', 'fr', 'M1', 1.25, 3, 7), ('한국어 문장', 'ko', 'F1', 0.8, 5, 0),
    ('Mail me@home, e.g., now', 'na', 'M1', 1.0, 1, 4294967295),
    # Of the command line, which says no language.
    ('Hello there', 'na', 'F1', 1.0, 5, 0),
]


def main():
    torch.manual_seed(20)
    np.random.seed(20)
    graphs = exported()
    styles = {voice: style() for voice in VOICES}
    for voice, value in styles.items():
        write_json(os.path.join(ROOT, f'voice_styles/{voice}.json'), value, lines=True)
    write_json(os.path.join(ROOT, 'onnx/unicode_indexer.json'), INDEXER, lines=True)
    write_json(os.path.join(ROOT, 'onnx/tts.json'), {
        'tts_version': 'v1.7.3', 'split': 'opensource-multilingual',
        'ttl': {'latent_dim': LATENT, 'chunk_compress_factor': FACTOR},
        'ae': {'sample_rate': RATE, 'base_chunk_size': BASE, 'chunk_compress_factor': 1, 'ldim': LATENT},
        'dp': {'latent_dim': LATENT, 'chunk_compress_factor': FACTOR},
    })
    spoken = []
    for text, language, voice, speed, steps, seed in SPOKEN:
        ids, seconds, sound = speak(graphs, text, language, styles[voice], speed, steps, lambda shape: gaussian(seed, 0, shape))
        assert np.abs(sound).max() > 0.1 and np.abs(sound).max() <= 1
        spoken.append({
            'text': text, 'language': language, 'voice': voice, 'speed': speed, 'steps': steps, 'seed': seed,
            'ids': ids, 'seconds': float(seconds), 'sound': sample(torch.from_numpy(sound)),
        })
    write_json(os.path.join(ROOT, 'reference.json'), {
        'texts': [{'text': text, 'tagged': prepared(text, 'en', False), 'untagged': prepared(text, '', True)} for text in TEXTS],
        'spoken': spoken,
    })


main()
