"""Word error rates on held-out sentences and held-out voices.

    python3 score.py [--name ears] [--wrong]    # out/ears.pt on all of out/test.npz
"""
import argparse
import json
import os

import numpy as np
import torch

import vocabulary
from features import log_mel

here = os.path.dirname(os.path.abspath(__file__))
out = os.path.join(here, 'out')


class TestSet:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        with np.load(os.path.join(out, 'test.npz')) as data:
            wave, ends = data['wave'], data['ends']
        with open(os.path.join(out, 'test.json')) as about:
            self.lines = json.load(about)
        self.waves = [wave[ends[i] : ends[i + 1]].astype(np.float32) / 32768 for i in range(len(self.lines))]
        self.sets = sorted({line['set'] for line in self.lines})

    def quick(self, model, count=24):
        chosen = [i for name in self.sets for i in [i for i, line in enumerate(self.lines) if line['set'] == name][:: 8][:count]]
        return self.rates(chosen, self.transcribe(model, chosen))

    def transcribe(self, model, chosen, change=lambda wave: wave):
        texts = []
        model.eval()
        for at in range(0, len(chosen), 24):
            mel = torch.from_numpy(np.stack([log_mel(change(self.waves[i])) for i in chosen[at : at + 24]]))
            texts += [self.tokenizer.decode(ids).strip() for ids in model.transcribe(mel, vocabulary.PREFIX, vocabulary.END, 64)]
        model.train()
        return texts

    def rates(self, chosen, texts):
        counts = {name: [0, 0] for name in self.sets}
        for i, text in zip(chosen, texts):
            words = self.lines[i]['words'].split()
            count = counts[self.lines[i]['set']]
            count[0] += distance(words, text.split())
            count[1] += len(words)
        return {name: round(wrong / total, 3) for name, (wrong, total) in counts.items() if total}


def distance(wanted, got):
    """Words that are wrong, missing or too many."""
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def main():
    from model import SOUNDS, Ears
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='ears')
    arguments.add_argument('--wrong', action='store_true')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    saved = torch.load(os.path.join(out, f'{options.name}.pt'), weights_only=True)
    model = Ears(vocabulary.SIZE, SOUNDS)
    model.load_state_dict(saved['mean'])
    test = TestSet(vocabulary.load())
    everything = list(range(len(test.lines)))
    texts = test.transcribe(model, everything)
    print('clean', test.rates(everything, texts))
    random = np.random.default_rng(1)
    noisy = lambda wave: wave + random.normal(0, np.sqrt((wave ** 2).mean() / 10 ** 1.5), len(wave)).astype(np.float32)
    print('white noise, 15 dB', test.rates(everything, test.transcribe(model, everything, noisy)))
    quiet = [np.zeros(48000), *(random.normal(0, level, 64000) for level in (0.001, 0.01, 0.1)), np.sin(np.arange(48000) * 0.17) * 0.2]
    mel = torch.from_numpy(np.stack([log_mel(wave.astype(np.float32)) for wave in quiet]))
    print('nobody speaks', [test.tokenizer.decode(ids) for ids in model.transcribe(mel, vocabulary.PREFIX, vocabulary.END)])
    if options.wrong:
        for i, text in enumerate(texts):
            if text != test.lines[i]['words']:
                print(f'{test.lines[i]["set"]:10} {test.lines[i]["voice"]:28} {test.lines[i]["words"]}\n{"":40}{text}')


if __name__ == '__main__':
    main()
