"""Writes what ships: the two graphs, their settings, the tokenizer and manifest.json, laid out as Whisper's own exports are.

    python3 export.py [--name ears] [--out ..]    # from out/ears.pt
"""
import argparse
import hashlib
import json
import os
import shutil

import numpy as np
import torch
from onnx import TensorProto, helper, save

import vocabulary
from features import BANDS, FRAMES, HOP, RATE, SAMPLES, SECONDS, WINDOW
from graph import Graph
from model import DECODER_LAYERS, ENCODER_LAYERS, HEADS, HIDDEN, SOUNDS, SOURCE_POSITIONS, TARGET_POSITIONS, WIDTH, Ears

here = os.path.dirname(os.path.abspath(__file__))
FLOAT, INTEGER, BOOLEAN = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
HEAD = WIDTH // HEADS


def load(name):
    """The running mean of the weights as the files hold it: rounded to float16."""
    saved = torch.load(os.path.join(here, 'out', f'{name}.pt'), weights_only=True)
    model = Ears(vocabulary.SIZE, SOUNDS)
    model.load_state_dict({key: value.half().float() for key, value in saved['mean'].items()})
    model.places = model.places.half().float()
    return model.eval()


def query(graph, x, name, attention):
    scaled = graph.add('Mul', graph.linear(x, f'{name}.q', attention.q), graph.constant(HEAD ** -0.5, np.float32))
    return graph.heads(scaled, HEADS)


def encoder(model):
    graph = Graph('encoder')
    conv = lambda x, name, module, stride: graph.gelu(graph.add('Conv', x, graph.weight(f'{name}.weight', module.weight), graph.weight(f'{name}.bias', module.bias), kernel_shape=[3], pads=[1, 1], strides=[stride]))
    x = conv(conv('input_features', 'conv1', model.conv1, 1), 'conv2', model.conv2, 2)
    x = graph.add('Transpose', x, perm=[0, 2, 1])
    x = graph.add('Add', x, graph.weight('places', model.places))
    for i, layer in enumerate(model.encoder):
        name = f'encoder.{i}'
        normed = graph.norm(x, f'{name}.norm1', layer.norm1)
        key, value = (graph.heads(graph.linear(normed, f'{name}.{part}', getattr(layer.attention, part)), HEADS) for part in 'kv')
        mixed, _ = graph.mix(query(graph, normed, name, layer.attention), key, value)
        x = graph.add('Add', x, graph.linear(mixed, f'{name}.o', layer.attention.o))
        x = graph.feed(x, name, layer)
    x = graph.norm(x, 'encoder_norm', model.encoder_norm)
    graph.add('Identity', x, out='last_hidden_state')
    return graph.model(
        [('input_features', FLOAT, ['batch_size', BANDS, FRAMES])],
        [('last_hidden_state', FLOAT, ['batch_size', SOURCE_POSITIONS, WIDTH])],
    )


def decoder(model):
    """One graph for the first step and the next ones. Without `use_cache_branch` what is given as past counts for nothing."""
    graph = Graph('decoder')
    last = graph.add('Where', 'use_cache_branch', graph.constant([2 ** 31]), graph.constant([0]))
    past = lambda name: graph.add('Slice', name, graph.constant([0]), last, graph.constant([2]))
    keys = [past(f'past_key_values.{i}.decoder.key') for i in range(DECODER_LAYERS)]
    before = graph.add('Gather', graph.add('Shape', keys[0]), graph.constant(2))
    count = graph.add('Gather', graph.add('Shape', 'input_ids'), graph.constant(1))
    after = graph.add('Add', before, count)
    places = graph.add('Range', before, after, graph.constant(1))
    x = graph.add('Gather', graph.weight('embed', model.embed.weight), 'input_ids')
    x = graph.add('Add', x, graph.add('Gather', graph.weight('positions', model.positions), places))
    # A token sees itself and what was before: 0 there, far below 0 elsewhere.
    later = graph.add('Less', graph.add('Unsqueeze', places, graph.constant([1])), graph.add('Range', graph.constant(0), after, graph.constant(1)))
    mask = graph.add('Mul', graph.add('Cast', later, to=FLOAT), graph.constant(-1e9, np.float32))
    for i, layer in enumerate(model.decoder):
        x = decoder_layer(graph, x, i, layer, keys[i], past(f'past_key_values.{i}.decoder.value'), mask)
    x = graph.norm(x, 'decoder_norm', model.decoder_norm)
    graph.add('MatMul', x, graph.add('Transpose', 'embed', perm=[1, 0]), out='logits')
    pasts = [(f'{side}.{part}', length) for side, length in (('decoder', 'past_decoder_sequence_length'), ('encoder', 'encoder_sequence_length_out')) for part in ('key', 'value')]
    shapes = lambda front, lengths: [(f'{front}.{i}.{name}', FLOAT, ['batch_size', HEADS, lengths.get(length, length), HEAD]) for i in range(DECODER_LAYERS) for name, length in pasts]
    return graph.model(
        [
            ('input_ids', INTEGER, ['batch_size', 'decoder_sequence_length']),
            ('encoder_hidden_states', FLOAT, ['batch_size', 'encoder_sequence_length', WIDTH]),
            *shapes('past_key_values', {}),
            ('use_cache_branch', BOOLEAN, [1]),
        ],
        [
            ('logits', FLOAT, ['batch_size', 'decoder_sequence_length', vocabulary.SIZE]),
            *shapes('present', {'past_decoder_sequence_length': 'past_decoder_sequence_length + decoder_sequence_length'}),
            *[(f'cross_attentions.{i}', FLOAT, ['batch_size', HEADS, 'decoder_sequence_length', 'encoder_sequence_length_out']) for i in range(DECODER_LAYERS)],
        ],
    )


def decoder_layer(graph, x, i, layer, past_key, past_value, mask):
    name = f'decoder.{i}'
    normed = graph.norm(x, f'{name}.norm1', layer.norm1)
    own = lambda part: graph.heads(graph.linear(normed, f'{name}.{part}', getattr(layer.attention, part)), HEADS)
    key = graph.add('Concat', past_key, own('k'), axis=2, out=f'present.{i}.decoder.key')
    value = graph.add('Concat', past_value, own('v'), axis=2, out=f'present.{i}.decoder.value')
    mixed, _ = graph.mix(query(graph, normed, name, layer.attention), key, value, mask)
    x = graph.add('Add', x, graph.linear(mixed, f'{name}.o', layer.attention.o))
    normed = graph.norm(x, f'{name}.norm2', layer.norm2)
    key, value = (heard(graph, i, part, word, layer.cross) for part, word in (('k', 'key'), ('v', 'value')))
    mixed, looked = graph.mix(query(graph, normed, f'{name}.cross', layer.cross), key, value)
    graph.add('Identity', looked, out=f'cross_attentions.{i}')
    x = graph.add('Add', x, graph.linear(mixed, f'{name}.cross.o', layer.cross.o))
    return graph.feed(x, name, layer)


def heard(graph, i, part, word, attention):
    """Keys or values of the sound: made in the first step, taken as they are after it."""
    name, module = f'decoder.{i}.cross.{part}', getattr(attention, part)
    weight = graph.weight(f'{name}.weight', module.weight.T)
    if module.bias is not None:
        graph.weight(f'{name}.bias', module.bias)
    split = graph.constant([0, 0, HEADS, -1])

    made = [helper.make_node('MatMul', ['encoder_hidden_states', weight], [f'{name}.product'])]
    if module.bias is not None:
        made.append(helper.make_node('Add', [f'{name}.product', f'{name}.bias'], [f'{name}.sum']))
    made.append(helper.make_node('Reshape', [made[-1].output[0], split], [f'{name}.split']))
    made.append(helper.make_node('Transpose', [f'{name}.split'], [f'{name}.made'], perm=[0, 2, 1, 3]))
    kept = helper.make_node('Identity', [f'past_key_values.{i}.encoder.{word}'], [f'{name}.kept'])
    branch = lambda nodes: helper.make_graph(nodes, f'{name}.{nodes[-1].output[0]}', [], [helper.make_tensor_value_info(nodes[-1].output[0], FLOAT, ['batch_size', HEADS, None, HEAD])])
    return graph.add('If', 'use_cache_branch', out=f'present.{i}.encoder.{word}', then_branch=branch([kept]), else_branch=branch(made))


def settings(times):
    tokens = {'bos_token_id': vocabulary.END, 'decoder_start_token_id': vocabulary.START, 'eos_token_id': vocabulary.END, 'pad_token_id': vocabulary.END}
    return {
        'config.json': {
            'activation_function': 'gelu', 'architectures': ['WhisperForConditionalGeneration'], 'begin_suppress_tokens': None, **tokens,
            'd_model': WIDTH, 'decoder_attention_heads': HEADS, 'decoder_ffn_dim': HIDDEN, 'decoder_layers': DECODER_LAYERS,
            'encoder_attention_heads': HEADS, 'encoder_ffn_dim': HIDDEN, 'encoder_layers': ENCODER_LAYERS,
            'is_encoder_decoder': True, 'max_length': TARGET_POSITIONS, 'max_source_positions': SOURCE_POSITIONS, 'max_target_positions': TARGET_POSITIONS,
            'median_filter_width': 7, 'model_type': 'whisper', 'num_hidden_layers': ENCODER_LAYERS, 'num_mel_bins': BANDS,
            'scale_embedding': False, 'suppress_tokens': None, 'torch_dtype': 'float32', 'use_cache': True, 'vocab_size': vocabulary.SIZE,
        },
        'generation_config.json': {
            'alignment_heads': [[layer, head] for layer in range(DECODER_LAYERS) for head in range(HEADS)], **tokens,
            'is_multilingual': True, 'lang_to_id': {'<|en|>': vocabulary.ENGLISH}, 'max_initial_timestamp_index': 50, 'max_length': TARGET_POSITIONS,
            # Only where it has learned to tell times: readers take a model without this number for one that has not.
            **({'no_timestamps_token_id': vocabulary.NO_TIMES} if times else {}), 'return_timestamps': False,
            'task_to_id': {'transcribe': vocabulary.TRANSCRIBE},
        },
        'preprocessor_config.json': {
            'chunk_length': SECONDS, 'feature_extractor_type': 'WhisperFeatureExtractor', 'feature_size': BANDS, 'hop_length': HOP, 'n_fft': WINDOW,
            'n_samples': SAMPLES, 'nb_max_frames': FRAMES, 'padding_side': 'right', 'padding_value': 0.0, 'processor_class': 'WhisperProcessor',
            'return_attention_mask': False, 'sampling_rate': RATE,
        },
        'tokenizer_config.json': {
            'add_prefix_space': False, 'added_tokens_decoder': added(), 'bos_token': '<|endoftext|>', 'clean_up_tokenization_spaces': False, 'eos_token': '<|endoftext|>', 'errors': 'replace',
            'model_max_length': TARGET_POSITIONS, 'pad_token': '<|endoftext|>', 'processor_class': 'WhisperProcessor', 'tokenizer_class': 'WhisperTokenizer', 'unk_token': '<|endoftext|>',
        },
    }


def added():
    with open(vocabulary.file) as file:
        tokens = json.load(file)['added_tokens']
    return {str(token['id']): {key: token[key] for key in ('content', 'lstrip', 'normalized', 'rstrip', 'single_word', 'special')} for token in tokens}


ROLES = {'onnx/encoder_model.onnx': 'weights-encoder_model', 'onnx/decoder_model_merged.onnx': 'weights-decoder_model_merged', 'config.json': 'config', 'tokenizer.json': 'tokenizer'}


def manifest(folder, count):
    names = ['onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx', 'config.json', 'tokenizer.json', 'generation_config.json', 'preprocessor_config.json', 'tokenizer_config.json']
    files = []
    for name in names:
        with open(os.path.join(folder, name), 'rb') as file:
            data = file.read()
        files.append({'role': ROLES.get(name, name), 'url': f'./{name}', 'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest()})
    return {
        'schema': 1, 'name': 'ears', 'family': 'whisper', 'tasks': ['transcription'], 'license': 'Apache-2.0', 'parameters': count,
        'description': f'A toy of {count / 1e6:.1f} million parameters, built in: it understands English that a machine speaks, in short sentences; for people take a real Whisper.',
        'variants': [{'tag': 'fp16', 'format': 'onnx', 'quantization': 'F16', 'files': files}],
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='ears')
    arguments.add_argument('--out', default=os.path.dirname(here))
    arguments.add_argument('--times', action='store_true', help='it has learned to tell times')
    options = arguments.parse_args()
    model = load(options.name)
    os.makedirs(os.path.join(options.out, 'onnx'), exist_ok=True)
    save(encoder(model), os.path.join(options.out, 'onnx/encoder_model.onnx'))
    save(decoder(model), os.path.join(options.out, 'onnx/decoder_model_merged.onnx'))
    write = lambda name, value: open(os.path.join(options.out, name), 'w').write(json.dumps(value, indent='\t', ensure_ascii=False) + '\n')
    for name, value in settings(options.times).items():
        write(name, value)
    shutil.copyfile(vocabulary.file, os.path.join(options.out, 'tokenizer.json'))
    count = sum(parameter.numel() for name, parameter in model.named_parameters() if not name.startswith('sounds'))
    made = manifest(options.out, count)
    write('manifest.json', made)
    print(sum(file['bytes'] for file in made['variants'][0]['files']), 'bytes,', count, 'parameters')


if __name__ == "__main__":
    main()
