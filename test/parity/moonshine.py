"""A tiny Moonshine with random weights, as onnx-community has the real ones, and what transformers makes of it.

    python3 test/parity/moonshine.py      # writes test/fixtures/asr/moonshine
"""
import json
import os
import shutil

import numpy as np
import onnxruntime
import torch
from transformers import MoonshineConfig, MoonshineForConditionalGeneration
from transformers.models.moonshine import modeling_moonshine

from layout import export, heard, merged_decoder, sample, sound, strong, write_json

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/asr/moonshine')
WORDS = ['the', 'a', 'of', 'light', 'home', 'seven', 'blue', 'water', 'stone', 'river', 'cat', 'runs', 'over', 'time', '.', ',']


def tokenizer():
    """Pieces with `▁` for a space, and bytes for what has no piece, as in Moonshine's own."""
    vocabulary = {'<unk>': 0, '<s>': 1, '</s>': 2}
    for byte in range(256):
        vocabulary[f'<0x{byte:02X}>'] = len(vocabulary)
    for piece in ['▁', *[f'▁{word}' for word in WORDS], *'abcdefghijklmnopqrstuvwxyz']:
        vocabulary.setdefault(piece, len(vocabulary))
    special = {'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False, 'special': True}
    return {
        'version': '1.0', 'truncation': None, 'padding': None,
        'added_tokens': [{'id': id, 'content': name, **special} for name, id in (('<unk>', 0), ('<s>', 1), ('</s>', 2))],
        'normalizer': {'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '▁'}, {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '▁'}]},
        'pre_tokenizer': None, 'post_processor': None,
        'decoder': {'type': 'Sequence', 'decoders': [{'type': 'Replace', 'pattern': {'String': '▁'}, 'content': ' '}, {'type': 'ByteFallback'}, {'type': 'Fuse'}, {'type': 'Strip', 'content': ' ', 'start': 1, 'stop': 0}]},
        'model': {'type': 'BPE', 'dropout': None, 'unk_token': '<unk>', 'continuing_subword_prefix': None, 'end_of_word_suffix': None, 'fuse_unk': True, 'byte_fallback': True, 'ignore_merges': False, 'vocab': vocabulary, 'merges': []},
    }


def rotated(q, k, cos, sin, unsqueeze_dim=1):
    """The library's own, with pairs made by `stack`: its `repeat_interleave` cannot be exported. `reference` compares the two."""
    pairs = lambda x: torch.stack([half := x.unsqueeze(unsqueeze_dim)[..., : x.shape[-1] // 2], half], dim=-1).flatten(-2)
    cos, sin = pairs(cos), pairs(sin)
    size = cos.shape[-1]
    turn = lambda x: torch.cat([x[..., :size] * cos + modeling_moonshine.rotate_half(x[..., :size]) * sin, x[..., size:]], dim=-1)
    return turn(q), turn(k)


class Encode(torch.nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_values):
        return self.encoder(input_values).last_hidden_state


def make():
    shutil.rmtree(folder, ignore_errors=True)
    words = tokenizer()
    config = MoonshineConfig(
        vocab_size=len(words['model']['vocab']), hidden_size=32, intermediate_size=64, encoder_num_hidden_layers=2, decoder_num_hidden_layers=2,
        encoder_num_attention_heads=2, decoder_num_attention_heads=2, encoder_num_key_value_heads=2, decoder_num_key_value_heads=2,
        max_position_embeddings=194, attn_implementation='eager',
    )
    config.architectures = ['MoonshineForConditionalGeneration']
    model = strong(MoonshineForConditionalGeneration(config), 3, 2.5)
    with torch.no_grad():
        model.model.decoder.embed_tokens.weight.normal_(0, 0.6)
    model.tie_weights()
    write_json(f'{folder}/config.json', json.loads(config.to_json_string()))
    write_json(f'{folder}/generation_config.json', {'bos_token_id': 1, 'decoder_start_token_id': 1, 'eos_token_id': 2, 'max_length': 194})
    write_json(f'{folder}/preprocessor_config.json', {'do_normalize': False, 'feature_extractor_type': 'Wav2Vec2FeatureExtractor', 'feature_size': 1, 'padding_side': 'right', 'padding_value': 0.0, 'processor_class': 'MoonshineProcessor', 'return_attention_mask': True, 'sampling_rate': 16000})
    write_json(f'{folder}/tokenizer.json', words, lines=True)
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'PreTrainedTokenizerFast', 'bos_token': '<s>', 'eos_token': '</s>', 'unk_token': '<unk>', 'clean_up_tokenization_spaces': False})
    wave = torch.tensor(sound(2, 1))[None]
    original, modeling_moonshine.apply_rotary_pos_emb = modeling_moonshine.apply_rotary_pos_emb, rotated
    export(Encode(model.model.encoder), (wave,), ['input_values'], ['last_hidden_state'], {'input_values': {0: 'batch_size', 1: 'num_samples'}, 'last_hidden_state': {0: 'batch_size', 1: 'encoder_sequence_length'}}, f'{folder}/onnx/encoder_model.onnx')
    merged_decoder(model, folder, 2, 2, 16, 32, False)
    modeling_moonshine.apply_rotary_pos_emb = original
    cases = []
    session = onnxruntime.InferenceSession(f'{folder}/onnx/encoder_model.onnx')
    for seconds, seed in ((1.5, 1), (3.3, 2), (6.01, 3)):
        wave = torch.tensor(sound(seconds, seed))[None]
        with torch.no_grad():
            hidden = model.model.encoder(wave).last_hidden_state
        plain = session.run(None, {'input_values': wave.numpy()})[0]
        assert np.abs(plain - hidden.numpy()).max() < 1e-4, np.abs(plain - hidden.numpy()).max()
        cases.append({'seconds': wave.shape[1] / 16000, 'seed': seed, 'encoder': sample(hidden[0]), **greedy(model, hidden, int(seconds * 6.5))})
    write_json(f'{folder}/reference.json', {'cases': cases}, lines=True)
    print([(len(case['tokens']), case['whole'], case['tokens'][:8]) for case in cases], {file: os.path.getsize(f'{folder}/{file}') for file in ('onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx', 'tokenizer.json')})


def greedy(model, hidden, most):
    tokens, whole = [1], True
    with torch.no_grad():
        while len(tokens) <= most:
            scores = model(encoder_outputs=heard(hidden), decoder_input_ids=torch.tensor([tokens])).logits[0, -1]
            best = torch.topk(scores, 2)
            if best.values[0] - best.values[1] < 1e-3:
                whole = False
                break
            if int(best.indices[0]) == 2:
                break
            tokens.append(int(best.indices[0]))
    return {'tokens': tokens[1:], 'whole': whole}


if __name__ == '__main__':
    make()
