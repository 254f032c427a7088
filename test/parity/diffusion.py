"""Tiny image models with random weights, in the folders of diffusers as ONNX, and what the pipelines of diffusers draw with them.

The text encoders are those of transformers; the networks that draw and the codec are small ones of our own, since a pipeline
knows no more of them than what goes in and what comes out. Noise is that of noise.py.

    python3 test/parity/diffusion.py      # writes test/fixtures/diffusion/*
"""
import json
import os
import shutil
from base64 import b64encode
from contextlib import nullcontext
from types import SimpleNamespace

import diffusers
import numpy as np
import onnx
import torch
from diffusers import (
    DDIMScheduler, DPMSolverMultistepScheduler, EulerAncestralDiscreteScheduler, EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler, FluxImg2ImgPipeline, FluxPipeline, LatentConsistencyModelPipeline, LCMScheduler,
    StableDiffusion3Img2ImgPipeline, StableDiffusion3Pipeline,
    StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline, StableDiffusionPipeline, StableDiffusionXLPipeline,
)
from onnx import TensorProto, helper
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import (
    CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer, PreTrainedTokenizerFast, T5Config, T5EncoderModel,
)

from layout import export, strong, write_json
from noise import gaussian

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/diffusion')
FACTOR, LATENT, SIDE = 4, 4, 32
PROMPT, NEGATIVE = 'a red circle above a blue square', 'green'
SD = {'beta_start': 0.00085, 'beta_end': 0.012, 'beta_schedule': 'scaled_linear', 'num_train_timesteps': 1000}


def noise(seed, stream, shape):
    return torch.from_numpy(gaussian(seed, stream, shape))


TEXTS = []


def told(folder, part, tokenizer, model, length, hidden):
    """What an encoder makes of prompts: of a short one, one that is too long, one with unusual letters, and none."""
    for text in (PROMPT, 'A  Red\tCIRCLE, ' * 9, "it's 42 ünïcödé 漢字 ★ <|endoftext|> stars!", ''):
        ids = tokenizer(text, padding='max_length', max_length=length, truncation=True, return_tensors='pt').input_ids
        with torch.no_grad():
            given = model(ids, output_hidden_states=True)
        state = given.hidden_states[-2] if hidden else given[0] if part != 'text_encoder_3' else given.last_hidden_state
        pooled = getattr(given, 'text_embeds', getattr(given, 'pooler_output', None))
        TEXTS.append({
            'folder': folder, 'part': part, 'text': text, 'length': length, 'layer': 'last but one' if hidden else 'last', 'ids': ids[0].tolist(),
            'hidden': [round(float(value), 6) for value in state.flatten()[::3]], 'pooled': None if pooled is None else [round(float(value), 6) for value in pooled.flatten()],
        })


class Draws:
    """What the pipelines draw from: the start and the codec by name, the steps by their number."""
    seed, step, encoding = 0, 0, []


def drawn(shape, *_, **__):
    Draws.step += 1
    return noise(Draws.seed, 16 + Draws.step - 1, tuple(shape))


for name in ('euler_ancestral_discrete', 'lcm', 'ddim', 'euler_discrete', 'dpmsolver_multistep'):
    getattr(diffusers.schedulers, f'scheduling_{name}').randn_tensor = drawn
for module in ('stable_diffusion.pipeline_stable_diffusion_img2img', 'stable_diffusion.pipeline_stable_diffusion_inpaint', 'stable_diffusion_3.pipeline_stable_diffusion_3_img2img', 'flux.pipeline_flux_img2img'):
    part = diffusers.pipelines
    for word in module.split('.'):
        part = getattr(part, word)
    part.randn_tensor = lambda shape, *_, **__: noise(Draws.seed, 0, tuple(shape))


# --- networks --------------------------------------------------------------------------------------------------------

def waves(values, size):
    angles = values.float()[..., None] * torch.exp(-np.log(1000.0) * torch.arange(size // 2) / (size // 2))
    return torch.cat([angles.sin(), angles.cos()], -1)


class Attention(nn.Module):
    def __init__(self, width, source):
        super().__init__()
        self.ask, self.keys, self.values, self.out = nn.Linear(width, width), nn.Linear(source, width), nn.Linear(source, width), nn.Linear(width, width)

    def forward(self, x, source):
        scores = self.ask(x) @ self.keys(source).transpose(1, 2) / x.shape[-1] ** 0.5
        return self.out(scores.softmax(-1) @ self.values(source))


class Network(nn.Module):
    """What all of them have: a configuration, and the type of their weights."""
    def __init__(self, **config):
        super().__init__()
        self.config = SimpleNamespace(**config)
        self.config.get = lambda key, other=None: getattr(self.config, key, other)

    def cache_context(self, name):
        return nullcontext()

    @property
    def dtype(self):
        return torch.float32

    @property
    def device(self):
        return torch.device('cpu')


class Unet(Network):
    WIDTH = 12

    def __init__(self, text, channels=LATENT, pooled=None, told=None):
        super().__init__(sample_size=SIDE // FACTOR, in_channels=channels, time_cond_proj_dim=told, addition_time_embed_dim=8, cross_attention_dim=text, block_out_channels=[12, 12], down_block_types=['DownBlock2D', 'DownBlock2D'])
        w = self.WIDTH
        self.time, self.into, self.down = nn.Linear(16, w), nn.Conv2d(channels, w, 3, padding=1), nn.Conv2d(w, w, 3, stride=2, padding=1)
        self.attention, self.up, self.out = Attention(w, text), nn.Conv2d(w, w, 3, padding=1), nn.Conv2d(w, LATENT, 3, padding=1)
        self.told = nn.Linear(told, w, bias=False) if told else None
        self.pooled = nn.Linear(pooled + 6 * 8, w) if pooled else None
        if pooled:
            self.add_embedding = SimpleNamespace(linear_1=SimpleNamespace(in_features=pooled + 6 * 8))

    def forward(self, sample, timestep, encoder_hidden_states, timestep_cond=None, added_cond_kwargs=None, cross_attention_kwargs=None, return_dict=False, **_):
        timestep = torch.as_tensor(timestep).reshape(-1).expand(sample.shape[0])
        time = self.time(waves(timestep, 16))
        if self.told is not None:
            time = time + self.told(timestep_cond)
        if self.pooled is not None:
            ids = waves(added_cond_kwargs['time_ids'], 8).flatten(1)
            time = time + self.pooled(torch.cat([added_cond_kwargs['text_embeds'], ids], -1))
        x = (self.into(sample) + time[:, :, None, None]).tanh()
        small = self.down(x).tanh()
        seen = self.attention(small.flatten(2).transpose(1, 2), encoder_hidden_states).transpose(1, 2).reshape(small.shape)
        small = torch.nn.functional.interpolate(small + seen, scale_factor=2.0, mode='nearest')
        return (self.out((self.up(small) + x).tanh()),)


class Codec(Network):
    def __init__(self, channels=LATENT, scaling=0.5, shift=None):
        super().__init__(block_out_channels=[8, 8, 8], latent_channels=channels, scaling_factor=scaling, shift_factor=shift, force_upcast=False)
        self.one, self.two, self.three = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.Conv2d(8, 2 * channels, 1)
        self.four, self.five, self.six = nn.Conv2d(channels, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 3, 3, padding=1)

    def moments(self, picture):
        return self.three(self.two(self.one(picture).tanh()).tanh())

    def encode(self, picture):
        mean, variance = self.moments(picture).chunk(2, 1)
        stream = Draws.encoding.pop(0)
        sample = lambda *_, **__: mean + (0.5 * variance.clamp(-30, 20)).exp() * noise(Draws.seed, stream, tuple(mean.shape))
        return SimpleNamespace(latent_dist=SimpleNamespace(sample=sample))

    def pixels(self, latents):
        x = torch.nn.functional.interpolate(self.four(latents).tanh(), scale_factor=2.0, mode='nearest')
        x = torch.nn.functional.interpolate(self.five(x).tanh(), scale_factor=2.0, mode='nearest')
        return self.six(x)

    def decode(self, latents, return_dict=True, generator=None):
        return (self.pixels(latents),)


class StableDiffusion3Network(Network):
    def __init__(self, channels, text, pooled):
        super().__init__(sample_size=SIDE // FACTOR, in_channels=channels, joint_attention_dim=text, pooled_projection_dim=pooled, patch_size=2)
        w = 12
        self.into, self.time, self.pooled = nn.Conv2d(channels, w, 2, stride=2), nn.Linear(16, w), nn.Linear(pooled, w)
        self.attention, self.out = Attention(w, text), nn.ConvTranspose2d(w, channels, 2, stride=2)

    def forward(self, hidden_states, encoder_hidden_states, pooled_projections, timestep, joint_attention_kwargs=None, return_dict=False, **_):
        x = self.into(hidden_states)
        x = (x + (self.time(waves(timestep, 16)) + self.pooled(pooled_projections))[:, :, None, None]).tanh()
        seen = self.attention(x.flatten(2).transpose(1, 2), encoder_hidden_states).transpose(1, 2).reshape(x.shape)
        return (self.out((x + seen).tanh()),)


class FluxNetwork(Network):
    def __init__(self, channels, text, pooled):
        super().__init__(in_channels=channels, joint_attention_dim=text, pooled_projection_dim=pooled, guidance_embeds=True, patch_size=1)
        w = 12
        self.into, self.time, self.guided, self.pooled = nn.Linear(channels, w), nn.Linear(16, w), nn.Linear(16, w), nn.Linear(pooled, w)
        self.place, self.attention, self.out = nn.Linear(12, w), Attention(w, text), nn.Linear(w, channels)

    def forward(self, hidden_states, encoder_hidden_states, pooled_projections, timestep, img_ids, txt_ids, guidance=None, joint_attention_kwargs=None, return_dict=False, **_):
        told = self.time(waves(timestep * 1000, 16)) + self.guided(waves(guidance * 100, 16)) + self.pooled(pooled_projections)
        x = (self.into(hidden_states) + told[:, None] + self.place(waves(img_ids, 4).flatten(1))[None]).tanh()
        text = encoder_hidden_states + 0 * txt_ids.sum()
        return (self.out((x + self.attention(x, text)).tanh()),)


# --- what stands in a folder -----------------------------------------------------------------------------------------

WORDS = 'a red circle above blue square green the of and below star yellow'.split()


def clip_files(folder, length, pad):
    """A vocabulary of bytes and a few words, as vocab.json and merges.txt."""
    letters = sorted(set(pre_tokenizers.ByteLevel.alphabet()))
    merges, tokens = [], [*letters, *(letter + '</w>' for letter in letters)]
    for word in WORDS:
        parts = [*word[:-1], word[-1] + '</w>']
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            if pair not in merges:
                merges.append(pair)
            if ''.join(pair) not in tokens:
                tokens.append(''.join(pair))
            parts = [''.join(pair), *parts[2:]]
    tokens += ['<|startoftext|>', '<|endoftext|>']
    os.makedirs(folder, exist_ok=True)
    write_json(f'{folder}/vocab.json', {token: at for at, token in enumerate(tokens)}, lines=True)
    with open(f'{folder}/merges.txt', 'w') as out:
        out.write('#version: 0.2\n' + ''.join(f'{a} {b}\n' for a, b in merges))
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'CLIPTokenizer', 'model_max_length': length, 'bos_token': '<|startoftext|>', 'eos_token': '<|endoftext|>', 'unk_token': '<|endoftext|>', 'pad_token': pad, 'do_lower_case': True})
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    return tokenizer


def clip(folder, number, *, layers, projected=False, hidden=False, whole=False, pad='<|endoftext|>', length=20):
    suffix = '' if number == 1 else f'_{number}'
    tokenizer = clip_files(f'{folder}/tokenizer{suffix}', length, pad)
    if whole:
        tokenizer.backend_tokenizer.save(f'{folder}/tokenizer{suffix}/tokenizer.json')
        os.remove(f'{folder}/tokenizer{suffix}/vocab.json')
        os.remove(f'{folder}/tokenizer{suffix}/merges.txt')
    config = CLIPTextConfig(vocab_size=len(tokenizer), hidden_size=16, intermediate_size=24, projection_dim=16, num_hidden_layers=layers, num_attention_heads=2, max_position_embeddings=length, eos_token_id=tokenizer.eos_token_id, bos_token_id=tokenizer.bos_token_id, pad_token_id=tokenizer.pad_token_id, attn_implementation='eager')
    model = strong((CLIPTextModelWithProjection if projected else CLIPTextModel)(config), number, 1.2)
    first = 'text_embeds' if projected else 'pooler_output'
    outputs = ['last_hidden_state', first, *([f'hidden_states.{at}' for at in range(layers + 1)] if hidden else [])]

    class Graph(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids):
            given = self.model(input_ids, output_hidden_states=hidden)
            return (given.last_hidden_state, getattr(given, first), *(given.hidden_states if hidden else ()))

    # Real exports differ in the type of the numbers: the first encoder takes 32 bits, the others 64.
    ids = torch.tensor([tokenizer('a', padding='max_length', max_length=length).input_ids], dtype=torch.int32 if number == 1 else torch.int64)
    save(folder, f'text_encoder{suffix}', Graph(), {'input_ids': ids}, outputs, {'input_ids': {0: 'batch_size', 1: 'sequence_length'}}, json.loads(config.to_json_string()))
    return tokenizer, model


def t5(folder, number):
    pieces = [('<pad>', 0.0), ('</s>', 0.0), ('<unk>', -9.0), ('▁', -4.0), *((f'▁{word}', -3.0) for word in WORDS), *((letter, -6.0) for letter in 'abcdefghijklmnopqrstuvwxyz')]
    raw = Tokenizer(models.Unigram(pieces, unk_id=2))
    raw.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace('  ', ' ')])
    raw.pre_tokenizer = pre_tokenizers.Metaspace()
    raw.post_processor = processors.TemplateProcessing(single='$A </s>', special_tokens=[('</s>', 1)])
    raw.add_special_tokens(['<pad>', '</s>', '<unk>'])
    os.makedirs(f'{folder}/tokenizer_{number}', exist_ok=True)
    raw.save(f'{folder}/tokenizer_{number}/tokenizer.json')
    write_json(f'{folder}/tokenizer_{number}/tokenizer_config.json', {'tokenizer_class': 'T5Tokenizer', 'model_max_length': 24, 'pad_token': '<pad>', 'eos_token': '</s>', 'unk_token': '<unk>'})
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token='<pad>', eos_token='</s>', unk_token='<unk>', model_max_length=24)
    config = T5Config(vocab_size=len(pieces), d_model=40, d_kv=8, d_ff=24, num_layers=1, num_heads=2, feed_forward_proj='gated-gelu', decoder_start_token_id=0)
    model = strong(T5EncoderModel(config), 30 + number, 1.0)

    class Graph(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids):
            return self.model(input_ids=input_ids).last_hidden_state

    save(folder, f'text_encoder_{number}', Graph(), {'input_ids': torch.ones(1, 24, dtype=torch.long)}, ['last_hidden_state'], {'input_ids': {0: 'batch_size', 1: 'sequence_length'}}, json.loads(config.to_json_string()))
    return tokenizer, model


def save(folder, part, module, inputs, outputs, axes, config):
    with torch.no_grad():
        export(module, inputs.values(), list(inputs), outputs, axes | {outputs[0]: {0: 'batch_size'}}, f'{folder}/{part}/model.onnx')
    write_json(f'{folder}/{part}/config.json', {key: value for key, value in config.items() if key != 'get'})
    assert os.path.getsize(f'{folder}/{part}/model.onnx') < 150_000, part


class Called(nn.Module):
    """A method as a module, with its arguments by position."""
    def __init__(self, call, *parts):
        super().__init__()
        self.call, self.parts = call, nn.ModuleList(parts)

    def forward(self, *values):
        return self.call(*values)


def save_codec(folder, codec, channels=LATENT):
    codec = strong(codec, 5, 1.3)
    latents, pictures = torch.randn(1, channels, 8, 8), torch.randn(1, 3, SIDE, SIDE)
    save(folder, 'vae_decoder', Called(codec.pixels, codec), {'latent_sample': latents}, ['sample'], {'latent_sample': {0: 'batch_size', 2: 'latent_height', 3: 'latent_width'}}, vars(codec.config))
    save(folder, 'vae_encoder', Called(codec.moments, codec), {'sample': pictures}, ['latent_parameters'], {'sample': {0: 'batch_size', 2: 'sample_height', 3: 'sample_width'}}, vars(codec.config))
    return codec


def save_unet(folder, unet, seed, text, length):
    unet = strong(unet, seed, 1.0)
    inputs = {'sample': torch.randn(2, unet.config.in_channels, 8, 8), 'timestep': torch.tensor(3.0), 'encoder_hidden_states': torch.randn(2, length, text)}
    axes = {'sample': {0: 'batch_size', 2: 'height', 3: 'width'}, 'encoder_hidden_states': {0: 'batch_size', 1: 'sequence_length'}}
    if unet.told is not None:
        inputs['timestep_cond'] = torch.randn(2, unet.config.time_cond_proj_dim)
    if unet.pooled is not None:
        inputs |= {'text_embeds': torch.randn(2, 16), 'time_ids': torch.randn(2, 6)}
    axes |= {name: {0: 'batch_size'} for name in ('timestep_cond', 'text_embeds', 'time_ids') if name in inputs}

    def call(sample, timestep, encoder_hidden_states, *others):
        named = dict(zip(list(inputs)[3:], others))
        return unet(sample, timestep, encoder_hidden_states, timestep_cond=named.get('timestep_cond'), added_cond_kwargs=named)[0]

    save(folder, 'unet', Called(call, unet), inputs, ['out_sample'], axes, vars(unet.config))
    return unet


def index(folder, name, scheduler, **more):
    write_json(f'{folder}/model_index.json', {'_class_name': f'ORT{name}', '_diffusers_version': diffusers.__version__, **more})
    write_json(f'{folder}/scheduler/scheduler_config.json', written(scheduler))


def written(scheduler):
    return {'_class_name': type(scheduler).__name__, **{key: value for key, value in scheduler.config.items() if not key.startswith('_') and value != float('-inf')}}


# --- cases -----------------------------------------------------------------------------------------------------------

def picture():
    """A picture by a rule."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    return np.stack([(rows * 7 + columns * 3) % 256, (rows * 2 + columns * 5 + 40) % 256, (rows * columns) % 256], -1).astype(np.uint8)


def mask():
    area = np.zeros((SIDE, SIDE), np.uint8)
    area[:, : SIDE // 2] = 255
    return area


def run(folder, pipe, request, seed, encoding=(), first=0, channels=LATENT, packed=None, **call):
    """The latents a pipeline comes to, and the picture it makes of them."""
    pipe.set_progress_bar_config(disable=True)
    start = noise(seed, 0, (1, channels, SIDE // FACTOR, SIDE // FACTOR))
    result = {}
    for kind in ('latent', 'np'):
        Draws.seed, Draws.step, Draws.encoding = seed, first, list(encoding)
        latents = {} if 'image' in call else {'latents': start if packed is None else packed(start)}
        result[kind] = pipe(**call, **latents, output_type=kind).images[0]
    latents = result['latent'].detach().double().flatten()
    pixels = (result['np'] * 255).round().astype(np.uint8)
    return {'folder': folder, 'request': {**request, 'seed': seed}, 'scheduler': written(pipe.scheduler), 'latents': [round(float(value), 6) for value in latents], 'pixels': b64encode(pixels.tobytes()).decode()}


def stable_diffusion():
    folder = f'{ROOT}/sd'
    tokenizer, encoder = clip(folder, 1, layers=2)
    told('sd', 'text_encoder', tokenizer, encoder, 20, False)
    codec = save_codec(folder, Codec())
    unet = save_unet(folder, Unet(16), 7, 16, 20)
    euler = EulerDiscreteScheduler(**SD, timestep_spacing='leading', steps_offset=1)
    index(folder, 'StableDiffusionPipeline', euler)
    parts = {'tokenizer': tokenizer, 'text_encoder': encoder, 'vae': codec, 'unet': unet, 'safety_checker': None, 'feature_extractor': None, 'requires_safety_checker': False}
    text = {'prompt': PROMPT, 'negativePrompt': NEGATIVE, 'guidance': 7.5, 'steps': 5}
    asked = {'prompt': PROMPT, 'negative_prompt': NEGATIVE, 'guidance_scale': 7.5, 'num_inference_steps': 5, 'height': SIDE, 'width': SIDE}
    plain = lambda scheduler: StableDiffusionPipeline(**parts, scheduler=scheduler)
    yield run('sd', plain(euler), text, 1, **asked)
    yield run('sd', plain(EulerAncestralDiscreteScheduler(**SD, timestep_spacing='trailing')), text, 2, **asked)
    # As Stable Diffusion 2 has it.
    yield run('sd', plain(DDIMScheduler(**SD, prediction_type='v_prediction', clip_sample=False, set_alpha_to_one=False, steps_offset=1)), text, 3, **asked)
    yield run('sd', plain(DPMSolverMultistepScheduler(**SD, use_karras_sigmas=True)), {**text, 'steps': 6}, 4, **asked | {'num_inference_steps': 6})
    # As its Turbo has it.
    turbo = {'prompt': PROMPT, 'guidance': 0, 'steps': 1}
    yield run('sd', plain(EulerDiscreteScheduler(**SD, timestep_spacing='trailing')), turbo, 5, prompt=PROMPT, guidance_scale=0.0, num_inference_steps=1, height=SIDE, width=SIDE)
    begun = {'prompt': PROMPT, 'negative_prompt': NEGATIVE, 'guidance_scale': 7.5, 'num_inference_steps': 5, 'image': Image.fromarray(picture())}
    for number, scheduler in enumerate((euler, DDIMScheduler(**SD, clip_sample=False, steps_offset=1))):
        yield run('sd', StableDiffusionImg2ImgPipeline(**parts, scheduler=scheduler), {**text, 'image': True, 'strength': 0.6}, 6 + number, [1], 2, strength=0.6, **begun)
    filled = begun | {'mask_image': Image.fromarray(mask()), 'height': SIDE, 'width': SIDE}
    for number, strength in enumerate((0.6, 1.0)):
        masked = {**text, 'image': True, 'mask': True, 'strength': strength}
        yield run('sd', StableDiffusionInpaintPipeline(**parts, scheduler=euler), masked, 8 + number, [1, 2], 0, strength=strength, **filled)


def in_halves(source, target):
    """The same model as exports for browsers have it: half precision outside, fixed sizes, one at a time, steps as whole numbers in a row of one."""
    shutil.rmtree(f'{ROOT}/{target}', ignore_errors=True)
    shutil.copytree(f'{ROOT}/{source}', f'{ROOT}/{target}')
    shutil.rmtree(f'{ROOT}/{target}/vae_encoder')
    side = SIDE // FACTOR
    sizes = {'batch_size': 1, 'sequence_length': 20, 'height': side, 'width': side, 'latent_height': side, 'latent_width': side}
    for part in ('text_encoder', 'unet', 'vae_decoder'):
        model = onnx.load(f'{ROOT}/{target}/{part}/model.onnx')
        graph = model.graph
        for value in [*graph.input, *graph.output]:
            shape = value.type.tensor_type.shape
            for size in shape.dim:
                if size.dim_param in sizes:
                    size.dim_value = sizes[size.dim_param]
            if value.name == 'timestep':
                # A row of one that becomes a number.
                graph.node.insert(0, helper.make_node('Squeeze', ['timestep_number'], ['timestep_inside']))
                graph.node.insert(0, helper.make_node('Cast', ['timestep'], ['timestep_number'], to=TensorProto.FLOAT))
                rename(graph, 'timestep', 'timestep_inside', skip=2)
                value.CopyFrom(helper.make_tensor_value_info('timestep', TensorProto.INT64, [1]))
            elif value.type.tensor_type.elem_type == TensorProto.FLOAT:
                value.type.tensor_type.elem_type = TensorProto.FLOAT16
                name = value.name
                if value in graph.input:
                    rename(graph, name, f'{name}_inside')
                    graph.node.insert(0, helper.make_node('Cast', [name], [f'{name}_inside'], to=TensorProto.FLOAT))
                else:
                    for node in graph.node:
                        node.output[:] = [f'{name}_inside' if output == name else output for output in node.output]
                    rename(graph, name, f'{name}_inside')
                    graph.node.append(helper.make_node('Cast', [f'{name}_inside'], [name], to=TensorProto.FLOAT16))
        del graph.value_info[:]
        onnx.checker.check_model(model)
        onnx.save(model, f'{ROOT}/{target}/{part}/model.onnx')


def rename(graph, name, other, skip=0):
    for node in graph.node[skip:]:
        node.input[:] = [other if value == name else value for value in node.input]


def filling_in():
    folder = f'{ROOT}/sd-fill'
    tokenizer, encoder = clip(folder, 1, layers=1)
    codec = save_codec(folder, Codec())
    unet = save_unet(folder, Unet(16, channels=2 * LATENT + 1), 8, 16, 20)
    scheduler = DDIMScheduler(**SD, clip_sample=False, steps_offset=1)
    index(folder, 'StableDiffusionInpaintPipeline', scheduler)
    pipe = StableDiffusionInpaintPipeline(tokenizer=tokenizer, text_encoder=encoder, vae=codec, unet=unet, scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    request = {'prompt': PROMPT, 'guidance': 6, 'steps': 4, 'image': True, 'mask': True, 'strength': 0.75}
    yield run('sd-fill', pipe, request, 11, [1, 2], prompt=PROMPT, guidance_scale=6.0, num_inference_steps=4, strength=0.75, image=Image.fromarray(picture()), mask_image=Image.fromarray(mask()), height=SIDE, width=SIDE)


def large():
    folder = f'{ROOT}/sdxl'
    one, first = clip(folder, 1, layers=2, hidden=True, whole=True)
    two, second = clip(folder, 2, layers=3, projected=True, hidden=True, whole=True, pad='!')
    told('sdxl', 'text_encoder', one, first, 20, True)
    # The projection gives its vector first.
    told('sdxl', 'text_encoder_2', two, second, 20, True)
    codec = save_codec(folder, Codec(scaling=0.4))
    unet = save_unet(folder, Unet(32, pooled=16), 9, 32, 20)
    scheduler = EulerAncestralDiscreteScheduler(**SD, timestep_spacing='leading', steps_offset=1)
    index(folder, 'StableDiffusionXLPipeline', scheduler, force_zeros_for_empty_prompt=True)
    pipe = StableDiffusionXLPipeline(vae=codec, text_encoder=first, text_encoder_2=second, tokenizer=one, tokenizer_2=two, unet=unet, scheduler=scheduler, add_watermarker=False)
    request = {'prompt': PROMPT, 'guidance': 5, 'steps': 4}
    asked = {'prompt': PROMPT, 'guidance_scale': 5.0, 'num_inference_steps': 4, 'height': SIDE, 'width': SIDE}
    yield run('sdxl', pipe, request, 21, **asked)
    yield run('sdxl', pipe, {**request, 'negativePrompt': NEGATIVE}, 22, **asked, negative_prompt=NEGATIVE)
    yield run('sdxl', pipe, {**request, 'guidance': 0, 'steps': 2}, 23, **asked | {'guidance_scale': 0.0, 'num_inference_steps': 2})


def consistency():
    folder = f'{ROOT}/lcm'
    tokenizer, encoder = clip(folder, 1, layers=1)
    codec = save_codec(folder, Codec())
    unet = save_unet(folder, Unet(16, told=32), 10, 16, 20)
    scheduler = LCMScheduler(**SD)
    index(folder, 'LatentConsistencyModelPipeline', scheduler)
    pipe = LatentConsistencyModelPipeline(vae=codec, text_encoder=encoder, tokenizer=tokenizer, unet=unet, scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    yield run('lcm', pipe, {'prompt': PROMPT, 'guidance': 8.5, 'steps': 4}, 31, prompt=PROMPT, guidance_scale=8.5, num_inference_steps=4, height=SIDE, width=SIDE)


def stable_diffusion_3():
    folder = f'{ROOT}/sd3'
    one, first = clip(folder, 1, layers=2, projected=True, hidden=True)
    two, second = clip(folder, 2, layers=2, projected=True, hidden=True, pad='!')
    three, third = t5(folder, 3)
    told('sd3', 'text_encoder_3', three, third, 24, False)
    codec = save_codec(folder, Codec(channels=8, scaling=0.7, shift=0.1), 8)
    network = strong(StableDiffusion3Network(8, 40, 32), 12, 1.4)
    inputs = {'hidden_states': torch.randn(2, 8, 8, 8), 'encoder_hidden_states': torch.randn(2, 44, 40), 'pooled_projections': torch.randn(2, 32), 'timestep': torch.tensor([3.0, 3.0])}
    axes = {'hidden_states': {0: 'batch_size', 2: 'height', 3: 'width'}, 'encoder_hidden_states': {0: 'batch_size', 1: 'sequence_length'}, 'pooled_projections': {0: 'batch_size'}, 'timestep': {0: 'step'}}
    save(folder, 'transformer', Called(lambda *values: network(*values)[0], network), inputs, ['out_hidden_states'], axes, vars(network.config))
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    index(folder, 'StableDiffusion3Pipeline', scheduler)
    request = {'prompt': PROMPT, 'negativePrompt': NEGATIVE, 'guidance': 5, 'steps': 4}
    asked = {'prompt': PROMPT, 'negative_prompt': NEGATIVE, 'guidance_scale': 5.0, 'num_inference_steps': 4, 'height': SIDE, 'width': SIDE, 'max_sequence_length': 24}
    for number, long in enumerate((third, None)):
        pipe = StableDiffusion3Pipeline(transformer=network, scheduler=scheduler, vae=codec, text_encoder=first, tokenizer=one, text_encoder_2=second, tokenizer_2=two, text_encoder_3=long, tokenizer_3=three)
        pipe.patch_size, pipe.default_sample_size = 2, SIDE // FACTOR
        length = asked if long is not None else asked | {'max_sequence_length': 256}
        yield run('sd3', pipe, request, 41 + number, channels=8, **length) | {'without': [] if long is not None else ['text_encoder_3']}
    pipe = StableDiffusion3Img2ImgPipeline(transformer=network, scheduler=scheduler, vae=codec, text_encoder=first, tokenizer=one, text_encoder_2=second, tokenizer_2=two, text_encoder_3=third, tokenizer_3=three)
    pipe.patch_size, pipe.default_sample_size = 2, SIDE // FACTOR
    yield run('sd3', pipe, {**request, 'image': True, 'strength': 0.6}, 43, [1], 0, 8, strength=0.6, image=Image.fromarray(picture()), **asked)


def flux():
    folder = f'{ROOT}/flux'
    one, first = clip(folder, 1, layers=1)
    two, second = t5(folder, 2)
    codec = save_codec(folder, Codec(channels=4, scaling=0.6, shift=0.2))
    network = strong(FluxNetwork(16, 40, 16), 13, 1.4)
    names = ['hidden_states', 'encoder_hidden_states', 'pooled_projections', 'timestep', 'img_ids', 'txt_ids', 'guidance']
    inputs = dict(zip(names, [torch.randn(1, 16, 16), torch.randn(1, 24, 40), torch.randn(1, 16), torch.tensor([0.5]), torch.zeros(16, 3), torch.zeros(24, 3), torch.tensor([3.5])]))
    axes = {'hidden_states': {0: 'batch_size', 1: 'packed_height_width'}, 'encoder_hidden_states': {0: 'batch_size', 1: 'sequence_length'}, 'pooled_projections': {0: 'batch_size'}, 'timestep': {0: 'step'}, 'img_ids': {0: 'packed_height_width'}, 'txt_ids': {0: 'sequence_length'}, 'guidance': {0: 'batch_size'}}
    save(folder, 'transformer', Called(lambda *values: network(*values)[0], network), inputs, ['out_hidden_states'], axes, vars(network.config))
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15, base_image_seq_len=256, max_image_seq_len=4096)
    index(folder, 'FluxPipeline', scheduler)
    pipe = FluxPipeline(scheduler=scheduler, vae=codec, text_encoder=first, tokenizer=one, text_encoder_2=second, tokenizer_2=two, transformer=network)
    # The pipeline takes the length of the first tokenizer for that of CLIP.
    pipe.tokenizer_max_length = one.model_max_length
    begun = FluxImg2ImgPipeline(scheduler=scheduler, vae=codec, text_encoder=first, tokenizer=one, text_encoder_2=second, tokenizer_2=two, transformer=network)
    begun.tokenizer_max_length = one.model_max_length
    packed = lambda latents: FluxPipeline._pack_latents(latents, 1, 4, SIDE // FACTOR, SIDE // FACTOR)
    asked = {'prompt': PROMPT, 'guidance_scale': 3.5, 'num_inference_steps': 4, 'height': SIDE, 'width': SIDE, 'max_sequence_length': 24}
    request = {'prompt': PROMPT, 'guidance': 3.5, 'steps': 4, 'width': SIDE, 'height': SIDE}
    yield unpacked(run('flux', pipe, request, 51, channels=4, packed=packed, **asked))
    yield unpacked(run('flux', begun, {**request, 'image': True, 'strength': 0.6}, 52, [1], 0, 4, strength=0.6, image=Image.fromarray(picture()), **asked))


def unpacked(case):
    side = SIDE // FACTOR
    latents = FluxPipeline._unpack_latents(torch.tensor(case['latents']).reshape(1, (side // 2) ** 2, 16), SIDE, SIDE, FACTOR)
    return case | {'latents': [round(float(value), 6) for value in latents.flatten()]}


def make():
    for name in ('sd', 'sd-fill', 'sdxl', 'lcm', 'sd3', 'flux'):
        shutil.rmtree(f'{ROOT}/{name}', ignore_errors=True)
    with torch.no_grad():
        cases = [case for family in (stable_diffusion, filling_in, large, consistency, stable_diffusion_3, flux) for case in family()]
    in_halves('sd', 'sd-fp16')
    write_json(f'{ROOT}/pipelines.json', cases, lines=True)
    write_json(f'{ROOT}/texts.json', TEXTS, lines=True)
    print(len(cases), os.path.getsize(f'{ROOT}/pipelines.json'))


if __name__ == '__main__':
    make()
