"""A tiny wav2vec2 with random weights, as onnx-community has the real ones, and what transformers makes of it.

    python3 test/parity/wav2vec2.py      # writes test/fixtures/asr/wav2vec2
"""
import json
import os
import shutil

import numpy as np
import onnxruntime
import torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from layout import export, sample, sound, strong, write_json

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/asr/wav2vec2')
LETTERS = ['<pad>', '<s>', '</s>', '<unk>', '|', *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_values):
        return self.model(input_values).logits


def make():
    shutil.rmtree(folder, ignore_errors=True)
    config = Wav2Vec2Config(
        vocab_size=len(LETTERS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        conv_dim=[16] * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4, pad_token_id=0, attn_implementation='eager',
    )
    config.architectures = ['Wav2Vec2ForCTC']
    model = strong(Wav2Vec2ForCTC(config), 5, 1.4)
    torch.nn.utils.parametrize.remove_parametrizations(model.wav2vec2.encoder.pos_conv_embed.conv, 'weight')
    features = Wav2Vec2FeatureExtractor(do_normalize=True)
    write_json(f'{folder}/config.json', json.loads(config.to_json_string()))
    write_json(f'{folder}/preprocessor_config.json', {'do_normalize': True, 'feature_extractor_type': 'Wav2Vec2FeatureExtractor', 'feature_size': 1, 'padding_side': 'right', 'padding_value': 0, 'return_attention_mask': False, 'sampling_rate': 16000})
    plain = {'single_word': False, 'lstrip': True, 'rstrip': True, 'normalized': False, 'special': True}
    write_json(f'{folder}/tokenizer.json', {
        'version': '1.0', 'truncation': None, 'padding': None,
        'added_tokens': [{'id': id, 'content': LETTERS[id], **plain} for id in range(4)],
        'normalizer': {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '|'},
        'pre_tokenizer': {'type': 'Split', 'pattern': {'Regex': ''}, 'behavior': 'Isolated', 'invert': False},
        'post_processor': None,
        'decoder': {'type': 'CTC', 'pad_token': '<pad>', 'word_delimiter_token': '|', 'cleanup': True},
        'model': {'type': 'WordLevel', 'vocab': {letter: id for id, letter in enumerate(LETTERS)}, 'unk_token': '<unk>'},
    }, lines=True)
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'Wav2Vec2CTCTokenizer', 'processor_class': 'Wav2Vec2Processor', 'bos_token': '<s>', 'eos_token': '</s>', 'unk_token': '<unk>', 'pad_token': '<pad>', 'word_delimiter_token': '|', 'do_lower_case': False})
    wave = torch.tensor(features(sound(2, 1), sampling_rate=16000).input_values)
    export(Logits(model), (wave,), ['input_values'], ['logits'], {'input_values': {0: 'batch_size', 1: 'sequence_length'}, 'logits': {0: 'batch_size', 1: 'sequence_length_out'}}, f'{folder}/onnx/model.onnx')
    session = onnxruntime.InferenceSession(f'{folder}/onnx/model.onnx')
    cases = []
    for seconds, seed in ((1.5, 1), (3.3, 2), (6.01, 3)):
        wave = features(sound(seconds, seed), sampling_rate=16000).input_values[0].astype(np.float32)
        with torch.no_grad():
            logits = model(torch.tensor(wave)[None]).logits[0]
        other = session.run(None, {'input_values': wave[None]})[0][0]
        assert np.abs(other - logits.numpy()).max() < 1e-4, np.abs(other - logits.numpy()).max()
        best = torch.topk(logits, 2).values
        cases.append({'seconds': len(wave) / 16000, 'seed': seed, 'input': sample(torch.tensor(wave)), 'logits': sample(logits), 'frames': logits.argmax(-1).tolist(), 'closest': float((best[:, 0] - best[:, 1]).min()), 'text': collapsed(logits.argmax(-1).tolist())})
    write_json(f'{folder}/reference.json', {'cases': cases}, lines=True)
    print([(case['closest'], case['text'][:40]) for case in cases], os.path.getsize(f'{folder}/onnx/model.onnx'))


def collapsed(frames):
    ids = [id for index, id in enumerate(frames) if index == 0 or frames[index - 1] != id]
    return ' '.join(''.join(LETTERS[id] for id in ids if id > 3).replace('|', ' ').split())


if __name__ == '__main__':
    make()
