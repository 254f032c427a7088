"""Tiny Whispers with random weights, as onnx-community has the real ones, and what transformers makes of them.

    python3 test/parity/whisper.py      # writes test/fixtures/asr/whisper and test/fixtures/asr/whisper-en
"""
import json
import os
import shutil

import numpy as np
import onnxruntime
import torch
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

from layout import export, merged_decoder, sample, sound, strong, write_json

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/asr')


def byte_signs():
    """GPT-2's letters for bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {**{byte: chr(byte) for byte in plain}, **{byte: chr(256 + index) for index, byte in enumerate(others)}}


def tokenizer(languages, times, step):
    signs = byte_signs()
    vocabulary = {signs[byte]: index for index, byte in enumerate([*range(33, 127), *range(161, 173), *range(174, 256), *[b for b in range(256) if b not in [*range(33, 127), *range(161, 173), *range(174, 256)]]])}
    merges = []
    for pair in (('Ġ', 't'), ('h', 'e'), ('Ġt', 'he'), ('Ġ', 'a'), ('i', 'n'), ('o', 'n'), ('Ġ', 's'), ('e', 'r')):
        merges.append(list(pair))
        vocabulary[''.join(pair)] = len(vocabulary)
    special = ['<|endoftext|>', '<|startoftranscript|>', *[f'<|{language}|>' for language in languages], '<|translate|>', '<|transcribe|>', '<|startoflm|>', '<|startofprev|>', '<|nospeech|>', '<|notimestamps|>']
    ids = {name: len(vocabulary) + index for index, name in enumerate(special)}
    begin = len(vocabulary) + len(special)
    added = [{'id': id, 'content': name, 'special': True} for name, id in ids.items()]
    added += [{'id': begin + index, 'content': f'<|{index * step:.2f}|>', 'special': False} for index in range(times + 1)]
    plain = {'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False}
    return ids, begin, {
        'version': '1.0', 'truncation': None, 'padding': None,
        'added_tokens': [{**token, **plain} for token in added],
        'normalizer': None,
        'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': False, 'trim_offsets': True, 'use_regex': True},
        'post_processor': None,
        'decoder': {'type': 'ByteLevel', 'add_prefix_space': True, 'trim_offsets': True, 'use_regex': True},
        'model': {'type': 'BPE', 'dropout': None, 'unk_token': None, 'continuing_subword_prefix': '', 'end_of_word_suffix': '', 'fuse_unk': False, 'byte_fallback': False, 'vocab': vocabulary, 'merges': merges},
    }


def make(name, languages, seconds, width, layers, bands, attentions, seed, multilingual, heads=2, vocabulary=None, referenced=True):
    folder = os.path.join(here, name)
    shutil.rmtree(folder, ignore_errors=True)
    positions = seconds * 50
    ids, begin, words = tokenizer(languages, positions, 0.02)
    start = [ids['<|startoftranscript|>']]
    config = WhisperConfig(
        vocab_size=vocabulary or begin + positions + 1, num_mel_bins=bands, d_model=width, encoder_layers=layers, decoder_layers=layers,
        encoder_attention_heads=heads, decoder_attention_heads=heads, encoder_ffn_dim=2 * width, decoder_ffn_dim=2 * width,
        max_source_positions=positions, max_target_positions=96, decoder_start_token_id=start[0],
        bos_token_id=ids['<|endoftext|>'], eos_token_id=ids['<|endoftext|>'], pad_token_id=ids['<|endoftext|>'],
        begin_suppress_tokens=[5, ids['<|endoftext|>']], attn_implementation='eager',
    )
    config.architectures = ['WhisperForConditionalGeneration']
    model = strong(WhisperForConditionalGeneration(config), seed, 3.0)
    with torch.no_grad():
        model.model.decoder.embed_positions.weight.normal_(0, 0.3)
        model.model.decoder.embed_tokens.weight.normal_(0, 0.4)
    model.tie_weights()
    generation = {
        'alignment_heads': [[layers - 1, 0], [layers - 1, 1]],
        'begin_suppress_tokens': [5, ids['<|endoftext|>']],
        'bos_token_id': ids['<|endoftext|>'], 'decoder_start_token_id': start[0], 'eos_token_id': ids['<|endoftext|>'],
        'is_multilingual': multilingual, 'max_initial_timestamp_index': 50, 'max_length': 96,
        'no_timestamps_token_id': ids['<|notimestamps|>'], 'pad_token_id': ids['<|endoftext|>'], 'return_timestamps': False,
        'prev_sot_token_id': ids['<|startofprev|>'],
        'suppress_tokens': [1, 2, 7, 8, 9, ids['<|startoftranscript|>'], ids['<|translate|>'], ids['<|transcribe|>'], ids['<|startoflm|>'], ids['<|startofprev|>'], ids['<|nospeech|>']],
    }
    if multilingual:
        generation |= {'lang_to_id': {f'<|{language}|>': ids[f'<|{language}|>'] for language in languages}, 'task_to_id': {'transcribe': ids['<|transcribe|>'], 'translate': ids['<|translate|>']}}
    model.generation_config = GenerationConfig(**generation)
    features = WhisperFeatureExtractor(feature_size=bands, chunk_length=seconds)
    write_json(f'{folder}/config.json', json.loads(config.to_json_string()))
    write_json(f'{folder}/generation_config.json', generation)
    write_json(f'{folder}/preprocessor_config.json', {'chunk_length': seconds, 'feature_extractor_type': 'WhisperFeatureExtractor', 'feature_size': bands, 'hop_length': 160, 'n_fft': 400, 'n_samples': seconds * 16000, 'nb_max_frames': seconds * 100, 'padding_side': 'right', 'padding_value': 0.0, 'processor_class': 'WhisperProcessor', 'return_attention_mask': False, 'sampling_rate': 16000})
    write_json(f'{folder}/tokenizer.json', words, lines=True)
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'WhisperTokenizer', 'processor_class': 'WhisperProcessor', 'eos_token': '<|endoftext|>', 'bos_token': '<|endoftext|>', 'unk_token': '<|endoftext|>', 'model_max_length': 96, 'add_prefix_space': False, 'clean_up_tokenization_spaces': True})
    mel = torch.tensor(features(sound(seconds * 0.8, 1), sampling_rate=16000).input_features)
    export(Encode(model.model.encoder), (mel,), ['input_features'], ['last_hidden_state'], {'input_features': {0: 'batch_size'}, 'last_hidden_state': {0: 'batch_size'}}, f'{folder}/onnx/encoder_model.onnx')
    merged_decoder(model, folder, layers, heads, width // heads, width, attentions)
    if referenced:
        reference(folder, model, features, seconds, ids, begin, multilingual)


class Encode(torch.nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_features):
        return self.encoder(input_features).last_hidden_state


def reference(folder, model, features, seconds, ids, begin, multilingual):
    cases = []
    settings = [{'language': 'de', 'task': 'transcribe'}, {'language': 'en', 'task': 'translate'}] if multilingual else [{}]
    for seed in (1, 2, 3):
        wave = sound(seconds * (0.4 + 0.15 * seed), seed)
        mel = torch.tensor(features(wave, sampling_rate=16000).input_features)
        with torch.no_grad():
            hidden = model.model.encoder(mel).last_hidden_state
            plain = onnxruntime.InferenceSession(f'{folder}/onnx/encoder_model.onnx').run(None, {'input_features': mel.numpy()})[0]
        assert np.abs(plain - hidden.numpy()).max() < 1e-4, np.abs(plain - hidden.numpy()).max()
        case = {'seconds': len(wave) / 16000, 'seed': seed, 'mel': sample(mel[0]), 'encoder': sample(hidden[0]), 'greedy': []}
        if multilingual:
            with torch.no_grad():
                logits = model(input_features=mel, decoder_input_ids=torch.tensor([[ids['<|startoftranscript|>']]])).logits[0, 0]
            tokens = [id for name, id in ids.items() if len(name) == 6]
            chances = torch.softmax(logits[tokens], 0)
            case['language'] = {'token': tokens[int(chances.argmax())], 'probability': float(chances.max())}
        for setting in settings:
            for times in (False, True):
                for rules in (True, False):
                    case['greedy'].append({**setting, 'times': times, 'rules': rules, **greedy(model, hidden, ids, begin, setting, times, rules)})
        if model.generation_config.is_multilingual:
            case['words'] = words(model, hidden, ids, round(len(wave) / 320))
        cases.append(case)
    long = features(sound(seconds, 4), sampling_rate=16000).input_features[0]
    write_json(f'{folder}/reference.json', {'cases': cases, 'fullMel': sample(torch.tensor(long))}, lines=True)
    sizes = {file: os.path.getsize(os.path.join(folder, file)) for file in ('onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx', 'tokenizer.json', 'reference.json')}
    print(folder, sizes, [[(len(one['tokens']), round(one['margin'], 4), one['tokens'][:6]) for one in case['greedy']] for case in cases])


def words(model, hidden, ids, frames):
    """When each token of a text was said, by the library's own functions for it."""
    from transformers.models.whisper.generation_whisper import _dynamic_time_warping, _median_filter
    before = [ids['<|startoftranscript|>'], ids['<|de|>'], ids['<|transcribe|>'], ids['<|notimestamps|>']]
    text = [40, 71, 258, 77, 90, 12, 263, 100, 33]
    with torch.no_grad():
        crosses = model(encoder_outputs=(hidden,), decoder_input_ids=torch.tensor([[*before, *text, ids['<|endoftext|>']]]), output_attentions=True).cross_attentions
    weights = torch.stack([crosses[layer][0, head, :, :frames] for layer, head in model.generation_config.alignment_heads])
    std, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    matrix = _median_filter((weights - mean) / std, 7).mean(0)[len(before) - 1 : -1]
    tokens, times = _dynamic_time_warping(-matrix.double().numpy())
    jumps = np.pad(np.diff(tokens), (1, 0), constant_values=1).astype(bool)
    return {'text': text, 'frames': frames, 'starts': [int(time) for time in times[jumps]]}


def greedy(model, hidden, ids, begin, setting, times, rules):
    """The library's own rules for what may follow, step by step; and by how much the likeliest token won at the closest."""
    from transformers.generation.logits_process import LogitsProcessorList, SuppressTokensAtBeginLogitsProcessor, SuppressTokensLogitsProcessor, WhisperTimeStampLogitsProcessor
    generation = model.generation_config
    prefix = [ids['<|startoftranscript|>']]
    if setting:
        prefix += [ids[f"<|{setting['language']}|>"], ids[f"<|{setting['task']}|>"]]
    if not times:
        prefix += [ids['<|notimestamps|>']]
    processors = LogitsProcessorList()
    if rules:
        processors.append(SuppressTokensLogitsProcessor(generation.suppress_tokens))
        processors.append(SuppressTokensAtBeginLogitsProcessor(generation.begin_suppress_tokens, len(prefix)))
    if times:
        processors.append(WhisperTimeStampLogitsProcessor(generation, begin_index=len(prefix)))
    tokens, margin, total = list(prefix), 1e9, 0.0
    with torch.no_grad():
        while len(tokens) < 48:
            raw = model(encoder_outputs=(hidden,), decoder_input_ids=torch.tensor([tokens])).logits[:, -1]
            scores = processors(torch.tensor([tokens]), raw.clone())[0]
            best = torch.topk(scores, 2)
            # Where two are nearly alike, rounding decides: no reference from there on.
            if best.values[0] - best.values[1] < 1e-3:
                break
            margin = min(margin, float(best.values[0] - best.values[1]))
            following = int(best.indices[0])
            total += float(torch.log_softmax(scores, 0)[following])
            if following == ids['<|endoftext|>']:
                break
            tokens.append(following)
    return {'prefix': prefix, 'tokens': tokens[len(prefix):], 'logProbability': total, 'margin': margin}


if __name__ == '__main__':
    make('whisper', ['en', 'de', 'fr', 'es'], 30, 16, 2, 80, True, 7, True)
    make('whisper-en', [], 6, 16, 1, 40, False, 11, False)
