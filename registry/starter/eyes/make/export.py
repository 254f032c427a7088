"""Writes what ships: the three graphs, their settings, the tokenizer and manifest.json, laid out as SmolVLM's own exports are.

    python3 export.py [--name eyes] [--out ..]    # from out/eyes.pt
"""
import argparse
import hashlib
import json
import os
import shutil

import numpy as np
import torch
from onnx import TensorProto, save

import vocabulary
from graph import Graph
from model import (CENTRE, EDGES, EPSILON, GRID, HEAD, HEADS, HIDDEN, LAYERS, PICTURE_TOKENS, POSITIONS, SHUFFLE, SIDE, THETA, TOGETHER, TOLD, VISION_HEADS, VISION_HIDDEN,
                   VISION_LAYERS, VISION_WIDTH, WIDTH, Eyes, steps)

here = os.path.dirname(os.path.abspath(__file__))
FLOAT, INTEGER, BOOLEAN = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


class Shipped(torch.nn.Module):
    """A convolution with the norm that followed it."""

    def __init__(self, conv):
        super().__init__()
        self.conv = conv

    def forward(self, x):
        return self.conv(x)


def load(name):
    """The running mean of the weights as the files hold it: norms joined to convolutions, rounded to float16."""
    saved = torch.load(os.path.join(here, 'out', f'{name}.pt'), weights_only=True)
    model = Eyes(vocabulary.SIZE)
    model.load_state_dict(saved['mean'])
    model.eval()
    model.vision.stem = torch.nn.ModuleList(Shipped(conv.joined()) for conv in model.vision.stem)
    for parameter in model.parameters():
        parameter.data = parameter.data.half().float()
        parameter.requires_grad_(False)
    return model


def vision_encoder(model):
    """Pictures that are nothing but padding (a mask without a single true) have no features."""
    vision = model.vision
    graph = Graph('vision_encoder')
    shape = [-1, 3, SIDE, SIDE]
    seen = graph.add('ReduceMax', graph.add('Reshape', graph.add('Cast', 'pixel_attention_mask', to=INTEGER), graph.constant([-1, SIDE * SIDE])), axes=[1], keepdims=0)
    x = graph.add('Compress', graph.add('Reshape', 'pixel_values', graph.constant(shape)), graph.add('Cast', seen, to=BOOLEAN), axis=0)
    x = graph.add('Concat', x, *edges(graph, x), axis=1)
    for i, block in enumerate(vision.stem):
        name, conv = f'vision.stem.{i}', block.conv
        made = graph.add('Conv', x, graph.weight(f'{name}.weight', conv.weight), graph.weight(f'{name}.bias', conv.bias), kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=list(conv.stride))
        x = graph.add('Relu', graph.add('Add', x, made) if conv.in_channels == conv.out_channels else made)
    x = graph.add('Transpose', graph.add('Reshape', x, graph.constant([0, 0, -1])), perm=[0, 2, 1])
    x = graph.add('Add', x, graph.weight('vision.places', vision.places))
    for i, layer in enumerate(vision.layers):
        name = f'vision.layers.{i}'
        joined = graph.linear(graph.norm(x, f'{name}.norm1', layer.norm1), f'{name}.qkv', layer.qkv)
        q, k, v = (graph.heads(part, VISION_HEADS) for part in graph.add('Split', joined, graph.constant([VISION_WIDTH] * 3), outputs=3, axis=-1))
        x = graph.add('Add', x, graph.linear(graph.mix(q, k, v, (VISION_WIDTH // VISION_HEADS) ** -0.5), f'{name}.o', layer.o))
        inner = graph.gelu(graph.linear(graph.norm(x, f'{name}.norm2', layer.norm2), f'{name}.up', layer.up))
        x = graph.add('Add', x, graph.linear(inner, f'{name}.down', layer.down))
    x = graph.norm(x, 'vision.norm', vision.norm)
    told = graph.add('Concat', *(graph.add('Softmax', graph.linear(x, f'vision.heads.{i}', head), axis=-1) for i, head in enumerate(vision.heads)), axis=-1)
    part = lambda first, last: graph.add('Slice', told, graph.constant([first]), graph.constant([last]), graph.constant([2]))
    here = graph.add('ReduceSum', graph.add('Mul', part(0, CENTRE), part(CENTRE, CENTRE + 1)), graph.constant([1]), keepdims=1)
    whole = graph.add('Concat', graph.add('Div', here, graph.constant(3, np.float32)), graph.add('ReduceMean', part(CENTRE, sum(TOLD)), axes=[1], keepdims=1), axis=-1)
    together = graph.add('Relu', graph.linear(told, 'vision.together', vision.together))
    pairs = graph.add('Div', graph.add('ReduceSum', graph.add('Mul', together, part(CENTRE, CENTRE + 1)), graph.constant([1]), keepdims=1), graph.constant(3, np.float32))
    beside = lambda cells, one: graph.add('Concat', cells, graph.add('Tile', one, graph.constant([1, PICTURE_TOKENS, 1])), axis=-1)
    x = graph.linear(beside(fours(graph, told, sum(TOLD)), whole), 'vision.connector', vision.connector)
    x = graph.add('Add', x, graph.linear(beside(fours(graph, together, TOGETHER), pairs), 'vision.connector_together', vision.connector_together))
    graph.add('Add', x, graph.weight('vision.cells', vision.cells), out='image_features')
    return graph.model(
        [('pixel_values', FLOAT, ['batch_size', 'num_images', 3, SIDE, SIDE]), ('pixel_attention_mask', BOOLEAN, ['batch_size', 'num_images', SIDE, SIDE])],
        [('image_features', FLOAT, ['num_pictures', PICTURE_TOKENS, WIDTH])],
    )


def fours(graph, patches, width):
    half = GRID // SHUFFLE
    cells = graph.add('Transpose', graph.add('Reshape', patches, graph.constant([-1, half, SHUFFLE, half, SHUFFLE, width])), perm=[0, 1, 3, 2, 4, 5])
    return graph.add('Reshape', cells, graph.constant([-1, PICTURE_TOKENS, width * SHUFFLE * SHUFFLE]))


def edges(graph, pixels):
    framed = graph.add('Pad', pixels, graph.constant([0, 0, 1, 1, 0, 0, 1, 1]), mode='edge')
    for down, across in EDGES:
        near = graph.add('Slice', framed, graph.constant([1 + down, 1 + across]), graph.constant([1 + down + SIDE, 1 + across + SIDE]), graph.constant([2, 3]))
        yield graph.add('ReduceMax', graph.add('Abs', graph.add('Sub', near, pixels)), axes=[1], keepdims=1)


def embed_tokens(model):
    graph = Graph('embed_tokens')
    graph.add('Gather', graph.weight('embed', model.embed.weight), 'input_ids', out='inputs_embeds')
    return graph.model([('input_ids', INTEGER, ['batch_size', 'sequence_length'])], [('inputs_embeds', FLOAT, ['batch_size', 'sequence_length', WIDTH])])


def decoder(model):
    graph = Graph('decoder')
    before = graph.add('Gather', graph.add('Shape', 'past_key_values.0.key'), graph.constant(2))
    count = graph.add('Gather', graph.add('Shape', 'inputs_embeds'), graph.constant(1))
    after = graph.add('Add', before, count)
    # A token sees itself and what was before, where that is no padding: 0 there, far below 0 elsewhere.
    rows = graph.add('Unsqueeze', graph.add('Range', before, after, graph.constant(1)), graph.constant([1]))
    later = graph.add('Less', rows, graph.add('Range', graph.constant(0), after, graph.constant(1)))
    padding = graph.add('Equal', graph.add('Unsqueeze', 'attention_mask', graph.constant([1, 2])), graph.constant(0))
    mask = graph.add('Mul', graph.add('Cast', graph.add('Or', later, padding), to=FLOAT), graph.constant(-1e9, np.float32))
    places = graph.add('Unsqueeze', graph.add('Cast', 'position_ids', to=FLOAT), graph.constant([1, 3]))
    angle = graph.add('Mul', places, graph.exact('steps', steps()))
    angles = [graph.add('Concat', turn, turn, axis=-1) for turn in (graph.add('Cos', angle), graph.add('Sin', angle))]
    x = 'inputs_embeds'
    for i, layer in enumerate(model.layers):
        x = decoder_layer(graph, x, i, layer, angles, mask)
    x = graph.root_norm(x, 'norm', model.norm, EPSILON)
    graph.add('MatMul', x, graph.add('Transpose', graph.weight('embed', model.embed.weight), perm=[1, 0]), out='logits')
    past = lambda front, length: [(f'{front}.{i}.{part}', FLOAT, ['batch_size', HEADS, length, HEAD]) for i in range(LAYERS) for part in ('key', 'value')]
    return graph.model(
        [
            ('inputs_embeds', FLOAT, ['batch_size', 'sequence_length', WIDTH]),
            ('attention_mask', INTEGER, ['batch_size', 'total_sequence_length']),
            ('position_ids', INTEGER, ['batch_size', 'sequence_length']),
            *past('past_key_values', 'past_sequence_length'),
        ],
        [('logits', FLOAT, ['batch_size', 'sequence_length', vocabulary.SIZE]), *past('present', 'total_sequence_length')],
    )


def decoder_layer(graph, x, i, layer, angles, mask):
    name = f'layers.{i}'
    normed = graph.root_norm(x, f'{name}.norm1', layer.norm1, EPSILON)
    own = lambda part: graph.heads(graph.linear(normed, f'{name}.{part}', getattr(layer, part)), HEADS)
    key = graph.add('Concat', f'past_key_values.{i}.key', turned(graph, own('k'), *angles), axis=2, out=f'present.{i}.key')
    value = graph.add('Concat', f'past_key_values.{i}.value', own('v'), axis=2, out=f'present.{i}.value')
    mixed = graph.mix(turned(graph, own('q'), *angles), key, value, HEAD ** -0.5, mask)
    x = graph.add('Add', x, graph.linear(mixed, f'{name}.o', layer.o))
    normed = graph.root_norm(x, f'{name}.norm2', layer.norm2, EPSILON)
    gate = graph.linear(normed, f'{name}.gate', layer.gate)
    inner = graph.add('Mul', graph.add('Mul', gate, graph.add('Sigmoid', gate)), graph.linear(normed, f'{name}.up', layer.up))
    return graph.add('Add', x, graph.linear(inner, f'{name}.down', layer.down))


def turned(graph, x, cos, sin):
    left, right = graph.add('Split', x, graph.constant([HEAD // 2] * 2), outputs=2, axis=-1)
    other = graph.add('Concat', graph.add('Neg', right), left, axis=-1)
    return graph.add('Add', graph.add('Mul', x, cos), graph.add('Mul', other, sin))


def settings():
    tokens = {'bos_token_id': vocabulary.START, 'eos_token_id': vocabulary.END, 'pad_token_id': vocabulary.PAD}
    return {
        'config.json': {
            'architectures': ['Idefics3ForConditionalGeneration'], 'model_type': 'idefics3', 'image_token_id': vocabulary.PICTURE, **tokens,
            'scale_factor': SHUFFLE, 'tie_word_embeddings': False, 'torch_dtype': 'float32', 'use_cache': True, 'vocab_size': vocabulary.SIZE,
            'text_config': {
                'architectures': ['LlamaForCausalLM'], 'model_type': 'llama', **tokens, 'attention_bias': False, 'head_dim': HEAD, 'hidden_act': 'silu', 'hidden_size': WIDTH,
                'intermediate_size': HIDDEN, 'max_position_embeddings': POSITIONS, 'mlp_bias': False, 'num_attention_heads': HEADS, 'num_hidden_layers': LAYERS,
                'num_key_value_heads': HEADS, 'rms_norm_eps': EPSILON, 'rope_scaling': None, 'rope_theta': THETA, 'torch_dtype': 'float32', 'use_cache': True, 'vocab_size': vocabulary.SIZE,
            },
            'vision_config': {
                'model_type': 'idefics3_vision', 'hidden_act': 'gelu', 'hidden_size': VISION_WIDTH, 'image_size': SIDE, 'intermediate_size': VISION_HIDDEN, 'num_attention_heads': VISION_HEADS,
                'num_channels': 3, 'num_hidden_layers': VISION_LAYERS, 'patch_size': SIDE // GRID,
            },
        },
        'generation_config.json': {**tokens, 'do_sample': False, 'max_new_tokens': 64},
        # Every picture is one frame, pulled to a square: it is too small to be looked at in parts.
        'preprocessor_config.json': {
            'do_convert_rgb': True, 'do_image_splitting': False, 'do_normalize': True, 'do_pad': True, 'do_rescale': True, 'do_resize': True,
            'image_mean': [0.5, 0.5, 0.5], 'image_processor_type': 'Idefics3ImageProcessor', 'image_std': [0.5, 0.5, 0.5], 'max_image_size': {'longest_edge': SIDE},
            'processor_class': 'Idefics3Processor', 'resample': 1, 'rescale_factor': 1 / 255, 'size': {'longest_edge': SIDE},
        },
        'processor_config.json': {'image_seq_len': PICTURE_TOKENS, 'processor_class': 'Idefics3Processor'},
        'tokenizer_config.json': {
            'add_prefix_space': False, 'added_tokens_decoder': added(), 'additional_special_tokens': ['<fake_token_around_image>', '<image>', '<end_of_utterance>'],
            'bos_token': '<|im_start|>', 'chat_template': vocabulary.TEMPLATE, 'clean_up_tokenization_spaces': False, 'eos_token': '<end_of_utterance>', 'model_max_length': POSITIONS,
            'pad_token': '<|im_end|>', 'processor_class': 'Idefics3Processor', 'tokenizer_class': 'GPT2Tokenizer', 'unk_token': '<|endoftext|>',
        },
    }


def added():
    with open(vocabulary.file) as file:
        tokens = json.load(file)['added_tokens']
    return {str(token['id']): {key: token[key] for key in ('content', 'lstrip', 'normalized', 'rstrip', 'single_word', 'special')} for token in tokens}


GRAPHS = {'vision_encoder': vision_encoder, 'embed_tokens': embed_tokens, 'decoder_model_merged': decoder}
ROLES = {**{f'onnx/{name}.onnx': f'weights-{name}' for name in GRAPHS}, 'config.json': 'config', 'tokenizer.json': 'tokenizer'}


def manifest(folder, count, names):
    files = []
    for name in [*ROLES, *names]:
        with open(os.path.join(folder, name), 'rb') as file:
            data = file.read()
        files.append({'role': ROLES.get(name, name), 'url': f'./{name}', 'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest()})
    return {
        'schema': 1, 'name': 'eyes', 'family': 'idefics3', 'tasks': ['chat'], 'accepts': ['image'], 'license': 'Apache-2.0', 'parameters': count,
        'description': f'A toy of {count / 1e6:.1f} million parameters, built in: it tells about coloured shapes in simple pictures and knows nothing else; for photographs take a real SmolVLM.',
        'variants': [{'tag': 'fp16', 'format': 'onnx', 'quantization': 'F16', 'files': files}],
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='eyes')
    arguments.add_argument('--out', default=os.path.dirname(here))
    options = arguments.parse_args()
    model = load(options.name)
    os.makedirs(os.path.join(options.out, 'onnx'), exist_ok=True)
    for name, build in GRAPHS.items():
        save(build(model), os.path.join(options.out, f'onnx/{name}.onnx'))
    write = lambda name, value: open(os.path.join(options.out, name), 'w').write(json.dumps(value, indent='\t', ensure_ascii=False) + '\n')
    files = settings()
    for name, value in files.items():
        write(name, value)
    shutil.copyfile(vocabulary.file, os.path.join(options.out, 'tokenizer.json'))
    count = sum(parameter.numel() for parameter in model.parameters())
    made = manifest(options.out, count, sorted(name for name in files if name not in ROLES))
    write('manifest.json', made)
    print(sum(file['bytes'] for file in made['variants'][0]['files']), 'bytes,', count, 'parameters')


if __name__ == '__main__':
    main()
