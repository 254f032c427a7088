"""Compares the files with the network they were made of: python3 check.py [--name ears] [--folder ..] [--fixture FOLDER]

`--fixture` keeps some short clips of out/test.npz and what torch transcribes of them, token by token, for the tests.
"""
import argparse
import json
import os

import numpy as np
import onnxruntime
import torch
from scipy.io import wavfile

import vocabulary
from export import load
from features import RATE, log_mel
from model import DECODER_LAYERS, HEADS, WIDTH
from score import TestSet

here = os.path.dirname(os.path.abspath(__file__))


class Files:
    def __init__(self, folder):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        open_ = lambda name: onnxruntime.InferenceSession(os.path.join(folder, 'onnx', name), options, providers=['CPUExecutionProvider'])
        self.encoder, self.decoder = open_('encoder_model.onnx'), open_('decoder_model_merged.onnx')

    def transcribe(self, mel, past_length=0):
        """`past_length` is that of the empty past in the first step: some callers give one row, which must not count."""
        source = self.encoder.run(None, {'input_features': mel[None]})[0]
        names = [f'{i}.{side}.{part}' for i in range(DECODER_LAYERS) for side in ('decoder', 'encoder') for part in ('key', 'value')]
        past = {f'past_key_values.{name}': np.ones((1, HEADS, past_length, WIDTH // HEADS), np.float32) for name in names}
        ids, given, first = [], list(vocabulary.PREFIX), True
        outputs = [output.name for output in self.decoder.get_outputs()]
        while len(ids) < 60:
            made = dict(zip(outputs, self.decoder.run(None, {'input_ids': np.array([given]), 'encoder_hidden_states': source, **past, 'use_cache_branch': np.array([not first])})))
            token = int(made['logits'][0, -1].argmax())
            if token == vocabulary.END:
                break
            ids.append(token)
            given, first = [token], False
            past = {f'past_key_values.{name}': made[f'present.{name}'] for name in names}
        return ids, source


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='ears')
    arguments.add_argument('--folder', default=os.path.dirname(here))
    arguments.add_argument('--fixture')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    model, files, test = load(options.name), Files(options.folder), TestSet(vocabulary.load())
    waves = [np.zeros(16000, np.float32)] + [test.waves[i] for i in range(0, len(test.waves), len(test.waves) // 24)]
    worst = same = 0
    for wave in waves:
        mel = log_mel(wave)
        with torch.no_grad():
            source = model.encode(torch.from_numpy(mel[None])).numpy()
        wanted = model.transcribe(torch.from_numpy(mel[None]), vocabulary.PREFIX, vocabulary.END, 64)[0]
        got, made = files.transcribe(mel)
        again, _ = files.transcribe(mel, past_length=1)
        worst = max(worst, float(np.abs(source - made).max()))
        same += wanted == got == again
    print(f'{same} of {len(waves)} the same token for token; encoder differs by at most {worst:.1e}')
    assert same == len(waves) and worst < 1e-3
    if options.fixture:
        keep(options.fixture, model, test)


def keep(folder, model, test):
    os.makedirs(folder, exist_ok=True)
    clips = []
    for number, name in enumerate(test.sets):
        fit = [i for i, line in enumerate(test.lines) if line['set'] == name and 18000 < len(test.waves[i]) < 30000 and len(line['words'].split()) > 2]
        i = fit[len(fit) // 2]
        wavfile.write(os.path.join(folder, f'{name}.wav'), RATE, np.round(test.waves[i] * 32767).astype(np.int16))
        ids = model.transcribe(torch.from_numpy(log_mel(test.waves[i])[None]), vocabulary.PREFIX, vocabulary.END, 64)[0]
        clips.append({'file': f'{name}.wav', 'voice': test.lines[i]['voice'], 'words': test.lines[i]['words'], 'text': test.tokenizer.decode(ids).strip(), 'tokens': ids})
    with open(os.path.join(folder, 'reference.json'), 'w') as file:
        json.dump({'prefix': vocabulary.PREFIX, 'end': vocabulary.END, 'clips': clips}, file, indent='\t')
        file.write('\n')


main()
