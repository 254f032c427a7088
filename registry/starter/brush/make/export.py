"""Writes what ships: the four graphs, their settings and manifest.json, laid out as Stable Diffusion's own exports are.

    python3 export.py [--name brush] [--out ..]    # from out/autoencoder.pt and out/brush.pt
"""
import argparse
import hashlib
import json
import math
import os

import numpy as np
import torch
from onnx import TensorProto, save
from torch import nn

from autoencoder import CHANNELS, FACTOR, SCALING, Autoencoder
from graph import Graph
from model import BLOCKS, COND, FINE, HEADS, PLACES, READER_LAYERS, TIMES, WIDTH, WORDS, Painter, Reader
from schedule import BETA_END, BETA_START, STEPS
from vocabulary import LENGTH, Words

here = os.path.dirname(os.path.abspath(__file__))
FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
OPTIONS = {'steps': 14, 'guidance': 4.5, 'width': 64, 'height': 64}


def halved(module):
    """As the files hold it: rounded to float16."""
    module.load_state_dict({key: value.half().float() if value.is_floating_point() else value for key, value in module.state_dict().items()})
    return module.eval()


def load(name):
    """Autoencoder (its normalisation made part of `latent`), reader and painter (the running mean of their weights)."""
    open_ = lambda file: torch.load(os.path.join(here, 'out', f'{file}.pt'), weights_only=True)
    words, autoencoder = Words(), Autoencoder()
    autoencoder.load_state_dict(open_('autoencoder'))
    with torch.no_grad():
        size = (autoencoder.spread.running_var + autoencoder.spread.eps).rsqrt()
        autoencoder.latent.weight.mul_(size[:, None, None, None])
        autoencoder.latent.bias.sub_(autoencoder.spread.running_mean).mul_(size)
    autoencoder.spread = nn.Identity()
    model = nn.ModuleDict({'reader': Reader(words.size, words.end), 'painter': Painter()})
    model.load_state_dict(open_(name)['mean'], strict=False)  # two heads only helped to learn
    return halved(autoencoder), halved(model['reader']), halved(model['painter'])


def vae_encoder(model):
    graph = Graph('vae_encoder')
    x = graph.silu(graph.conv(graph.unshuffle('sample', FACTOR, 3), 'down1', model.down1))
    x = graph.add('Add', x, graph.silu(graph.conv(x, 'down2', model.down2)))
    graph.add('Mul', graph.conv(x, 'latent', model.latent), graph.number(1 / SCALING), out='latent_sample')
    return graph.model([('sample', FLOAT, ['batch', 3, 'height', 'width'])], [('latent_sample', FLOAT, ['batch', CHANNELS, 'latent_height', 'latent_width'])])


def vae_decoder(model):
    graph = Graph('vae_decoder')
    x = graph.conv(graph.add('Mul', 'latent_sample', graph.number(SCALING)), 'up1', model.up1)
    for name in ('up2', 'up3'):
        x = graph.add('Add', x, graph.conv(graph.silu(x), name, getattr(model, name)))
    x = graph.silu(graph.shuffle(graph.conv(graph.silu(x), 'widen', model.widen), 2))
    x = graph.add('Add', x, graph.silu(graph.conv(x, 'fine1', model.fine1)))
    graph.add('DepthToSpace', graph.conv(x, 'fine2', model.fine2), blocksize=2, mode='CRD', out='sample')
    return graph.model([('latent_sample', FLOAT, ['batch', CHANNELS, 'latent_height', 'latent_width'])], [('sample', FLOAT, ['batch', 3, 'height', 'width'])])


def text_encoder(model):
    graph = Graph('text_encoder')
    count = graph.add('Gather', graph.add('Shape', 'input_ids'), graph.constant([1]))
    places = graph.add('Range', graph.constant(0), graph.add('Squeeze', count), graph.constant(1))
    said = graph.add('Not', graph.add('Equal', 'input_ids', graph.constant(model.end, np.int32)))
    last = graph.add('ReduceMax', graph.add('Mul', graph.add('Cast', said, to=INT64), places), axes=[1], keepdims=1)
    end = graph.add('Add', last, graph.constant(1))
    real = graph.add('Cast', graph.add('LessOrEqual', places, end), to=FLOAT)
    x = graph.add('Gather', graph.weight('embed', model.embed.weight), 'input_ids')
    wide = graph.add('Pad', x, graph.constant([0, 1, 0, 0, 1, 0]))
    slice_ = lambda start, stop: graph.add('Slice', wide, graph.constant([start]), stop, graph.constant([1]))
    near = graph.add('Concat', slice_(0, count), x, slice_(2, graph.constant([2 ** 31])), axis=2)
    positions = graph.add('Slice', graph.weight('positions', model.positions), graph.constant([0]), count, graph.constant([0]))
    x = graph.add('Add', graph.linear(near, 'near', model.near), positions)
    mask = graph.add('Unsqueeze', graph.add('Mul', graph.add('Sub', graph.number(1), real), graph.number(-1e9)), graph.constant([1, 2]))
    for i in range(READER_LAYERS):
        x = graph.add('Add', x, graph.attention(graph.norm(x, f'norm1.{i}', model.norms1[i]), f'attention.{i}', model.attentions[i], HEADS, mask=mask))
        x = graph.add('Add', x, graph.feed(graph.norm(x, f'norm2.{i}', model.norms2[i]), f'feed.{i}', model.feeds[i]))
    hidden = graph.add('Mul', graph.norm(x, 'norm', model.norm), graph.add('Unsqueeze', real, graph.constant([2])), out='last_hidden_state')
    at_end = graph.add('Cast', graph.add('Equal', places, end), to=FLOAT)
    graph.add('ReduceSum', graph.add('Mul', hidden, graph.add('Unsqueeze', at_end, graph.constant([2]))), graph.constant([1]), keepdims=0, out='pooler_output')
    return graph.model(
        [('input_ids', INT32, ['batch_size', 'sequence_length'])],
        [('last_hidden_state', FLOAT, ['batch_size', 'sequence_length', WORDS]), ('pooler_output', FLOAT, ['batch_size', WORDS])],
    )


def waves_of(graph, angle, axis):
    return graph.add('Concat', graph.add('Sin', angle), graph.add('Cos', angle), axis=axis)


def place_waves(graph, high, wide):
    """`high` and `wide` are [1]; [1, high * wide, 16]"""
    def along(count):
        steps = graph.add('Range', graph.constant(0), graph.add('Squeeze', count), graph.constant(1))
        share = graph.add('Div', graph.add('Add', graph.add('Cast', steps, to=FLOAT), graph.number(0.5)), graph.add('Cast', count, to=FLOAT))
        at = graph.add('Sub', graph.add('Mul', share, graph.number(2)), graph.number(1))
        rates = [math.pi / 2 * 2.0 ** i for i in range(PLACES // 4)]
        return waves_of(graph, graph.add('Mul', graph.add('Unsqueeze', at, graph.constant([1])), graph.number(rates)), 1)
    whole = graph.add('Concat', high, wide, graph.constant([PLACES // 2]), axis=0)
    rows = graph.add('Expand', graph.add('Unsqueeze', along(high), graph.constant([1])), whole)
    columns = graph.add('Expand', graph.add('Unsqueeze', along(wide), graph.constant([0])), whole)
    return graph.add('Reshape', graph.add('Concat', rows, columns, axis=2), graph.constant([1, -1, PLACES]))


def unet(model):
    graph = Graph('unet')
    words = 'encoder_hidden_states'
    shape = graph.add('Shape', 'sample')
    high, wide = (graph.add('Div', graph.add('Gather', shape, graph.constant([axis])), graph.constant([2])) for axis in (2, 3))
    waves = place_waves(graph, high, wide)
    rates = [math.exp(-math.log(1000) * i / (TIMES // 2)) for i in range(TIMES // 2)]
    angle = graph.add('Mul', graph.add('Reshape', graph.add('Cast', 'timestep', to=FLOAT), graph.constant([-1, 1])), graph.number(rates))
    told = graph.linear(graph.silu(graph.linear(waves_of(graph, angle, 1), 'time1', model.time1)), 'time2', model.time2)
    first = graph.add('Gather', words, graph.constant(0), axis=1)
    cond = graph.silu(graph.add('Add', told, graph.linear(first, 'pooled', model.pooled)))
    change = graph.add('Reshape', graph.linear(cond, 'change', model.change), graph.constant([-1, 6, WIDTH]))
    fine = graph.conv('sample', 'enter1', model.enter1)
    fine = graph.add('Add', fine, graph.conv(graph.silu(fine), 'enter2', model.enter2))
    batch = graph.constant([-1])
    flat = lambda x: graph.add('Transpose', graph.add('Reshape', x, graph.constant([0, 0, -1])), perm=[0, 2, 1])
    square = lambda x: graph.add('Reshape', graph.add('Transpose', x, perm=[0, 2, 1]), graph.add('Concat', batch, graph.constant([WIDTH]), high, wide, axis=0))
    x = graph.linear(flat(graph.unshuffle(fine, 2, FINE)), 'down', model.down)
    x = graph.add('Add', x, graph.linear(waves, 'places', model.places))
    x = graph.add('Add', x, graph.linear(plan(graph, model.plan, waves, words), 'planned', model.planned))
    for i in range(BLOCKS):
        x = block(graph, model.blocks[i], f'blocks.{i}', x, words, change, flat, square)
    x = graph.shuffle(square(graph.linear(graph.norm(x, 'norm', model.norm), 'up', model.up)), 2)
    x = graph.conv(graph.silu(graph.add('Concat', x, fine, axis=1)), 'leave1', model.leave1)
    graph.add('Identity', graph.conv(graph.silu(x), 'leave2', model.leave2), out='out_sample')
    return graph.model(
        [('sample', FLOAT, ['batch', CHANNELS, 'height', 'width']), ('timestep', INT64, ['steps']), (words, FLOAT, ['batch', 'sequence_length', WORDS])],
        [('out_sample', FLOAT, ['batch', CHANNELS, 'height', 'width'])],
    )


def plan(graph, model, waves, words):
    x = graph.linear(waves, 'plan.places', model.places)
    count = graph.add('Concat', graph.add('Gather', graph.add('Shape', words), graph.constant([0])), graph.constant([1, 1]), axis=0)
    x = graph.add('Expand', x, count)
    look = lambda x, i: graph.add('Add', x, graph.attention(graph.norm(x, f'plan.norm{(1, 3)[i - 1]}', (model.norm1, model.norm3)[i - 1]), f'plan.look{i}', (model.look1, model.look2)[i - 1], HEADS, words=words))
    x = look(x, 1)
    x = graph.add('Add', x, graph.feed(graph.norm(x, 'plan.norm2', model.norm2), 'plan.feed', model.feed))
    return graph.norm(look(x, 2), 'plan.norm', model.norm)


def block(graph, model, name, x, words, change, flat, square):
    parts = graph.add('Split', graph.add('Add', change, graph.weight(f'{name}.table', model.table)), graph.constant([1] * 6), outputs=6, axis=1)
    shift1, scale1, gate1, shift2, scale2, gate2 = parts
    changed = lambda y, scale, shift: graph.add('Add', graph.add('Mul', y, graph.add('Add', scale, graph.number(1))), shift)
    looked = graph.attention(changed(graph.norm(x, f'{name}.norm1', model.norm1), scale1, shift1), f'{name}.attention', model.attention, HEADS, words=words)
    x = graph.add('Add', x, graph.add('Mul', gate1, looked))
    y = changed(graph.norm(x, f'{name}.norm2', model.norm2), scale2, shift2)
    y = graph.add('Add', y, flat(graph.conv(square(y), f'{name}.near', model.near)))
    return graph.add('Add', x, graph.add('Mul', gate2, graph.feed(y, f'{name}.feed', model.feed)))


def settings(words):
    version = {'_diffusers_version': '0.31.0'}
    vae = {
        '_class_name': 'AutoencoderKL', **version, 'act_fn': 'silu', 'block_out_channels': [32, 64, 64], 'down_block_types': ['DownEncoderBlock2D'] * 3, 'in_channels': 3,
        'latent_channels': CHANNELS, 'layers_per_block': 1, 'norm_num_groups': 32, 'out_channels': 3, 'sample_size': 64, 'scaling_factor': SCALING, 'up_block_types': ['UpDecoderBlock2D'] * 3,
    }
    return {
        'model_index.json': {
            '_class_name': 'StableDiffusionPipeline', **version, 'feature_extractor': [None, None], 'image_encoder': [None, None], 'requires_safety_checker': False, 'safety_checker': [None, None],
            'scheduler': ['diffusers', 'DPMSolverMultistepScheduler'], 'text_encoder': ['optimum', 'ORTModelTextEncoder'], 'tokenizer': ['transformers', 'CLIPTokenizer'],
            'unet': ['optimum', 'ORTModelUnet'], 'vae_decoder': ['optimum', 'ORTModelVaeDecoder'], 'vae_encoder': ['optimum', 'ORTModelVaeEncoder'],
        },
        'scheduler/scheduler_config.json': {
            '_class_name': 'DPMSolverMultistepScheduler', **version, 'algorithm_type': 'dpmsolver++', 'beta_end': BETA_END, 'beta_schedule': 'scaled_linear', 'beta_start': BETA_START,
            'final_sigmas_type': 'zero', 'lower_order_final': True, 'num_train_timesteps': STEPS, 'prediction_type': 'v_prediction', 'sample_max_value': 1.0, 'solver_order': 2,
            'solver_type': 'midpoint', 'steps_offset': 0, 'thresholding': False, 'timestep_spacing': 'linspace', 'trained_betas': None, 'use_karras_sigmas': False,
        },
        'text_encoder/config.json': {
            'architectures': ['CLIPTextModel'], 'bos_token_id': words.begin, 'eos_token_id': words.end, 'hidden_act': 'silu', 'hidden_size': WORDS, 'intermediate_size': 3 * WORDS,
            'layer_norm_eps': 1e-5, 'max_position_embeddings': LENGTH, 'model_type': 'clip_text_model', 'num_attention_heads': HEADS, 'num_hidden_layers': READER_LAYERS,
            'pad_token_id': words.end, 'projection_dim': WORDS, 'vocab_size': words.size,
        },
        'unet/config.json': {
            '_class_name': 'UNet2DConditionModel', **version, 'act_fn': 'silu', 'attention_head_dim': HEADS, 'block_out_channels': [FINE, WIDTH], 'center_input_sample': False,
            'cross_attention_dim': WORDS, 'down_block_types': ['DownBlock2D', 'CrossAttnDownBlock2D'], 'flip_sin_to_cos': False, 'freq_shift': 0, 'in_channels': CHANNELS,
            'layers_per_block': BLOCKS, 'out_channels': CHANNELS, 'sample_size': 16, 'time_cond_proj_dim': None, 'up_block_types': ['CrossAttnUpBlock2D', 'UpBlock2D'],
        },
        'vae_decoder/config.json': vae,
        'vae_encoder/config.json': vae,
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='brush')
    arguments.add_argument('--out', default=os.path.dirname(here))
    options = arguments.parse_args()
    autoencoder, reader, painter = load(options.name)
    graphs = {'text_encoder': text_encoder(reader), 'unet': unet(painter), 'vae_decoder': vae_decoder(autoencoder), 'vae_encoder': vae_encoder(autoencoder)}
    for name, graph in graphs.items():
        os.makedirs(os.path.join(options.out, name), exist_ok=True)
        save(graph, os.path.join(options.out, name, 'model.onnx'))
    for name, value in settings(Words()).items():
        os.makedirs(os.path.dirname(os.path.join(options.out, name)) or '.', exist_ok=True)
        with open(os.path.join(options.out, name), 'w') as file:
            json.dump(value, file, indent=2)
            file.write('\n')
    parameters = sum(value.numel() for module in (autoencoder, reader, painter) for value in module.parameters())
    manifest(options.out, list(graphs), parameters)


def manifest(folder, graphs, parameters):
    others = [*settings(Words()), *(f'tokenizer/{name}' for name in ('merges.txt', 'special_tokens_map.json', 'tokenizer.json', 'tokenizer_config.json', 'vocab.json'))]
    files = []
    for role, name in [*((f'weights-{name}', f'{name}/model.onnx') for name in graphs), *((name, name) for name in sorted(others))]:
        with open(os.path.join(folder, name), 'rb') as file:
            data = file.read()
        files.append({'role': role, 'url': f'./{name}', 'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest()})
    made = {
        'schema': 1, 'name': 'brush', 'family': 'stable-diffusion', 'tasks': ['image'],
        'accepts': ['image'], 'license': 'Apache-2.0', 'parameters': parameters,
        'description': f'A toy of {parameters / 1e6:.1f} million parameters, built in: it draws coloured shapes and simple scenes, 64 by 64; for pictures take a real Stable Diffusion.',
        'variants': [{'tag': 'fp16', 'format': 'onnx', 'quantization': 'F16', 'files': files, 'options': OPTIONS}],
    }
    with open(os.path.join(folder, 'manifest.json'), 'w') as file:
        json.dump(made, file, indent='\t')
        file.write('\n')
    print(parameters, 'parameters,', sum(file['bytes'] for file in files), 'bytes')


if __name__ == '__main__':
    main()
