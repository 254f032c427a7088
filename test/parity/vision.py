"""Tiny models that see, with random weights, as onnx-community has the real ones, and what transformers makes of them.

    python3 test/parity/vision.py [idefics3] [qwen2_vl] [llava] [florence2]      # writes test/fixtures/vision/NAME

Three graphs: pictures to rows of features, tokens to vectors, and a decoder with a memory. Where a picture is made smaller, the
reference is given what mofa makes of it (`whole.mjs`): two libraries' Lanczos differ in the last of 256 levels.
"""
import json
import os
import shutil
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (DynamicCache, EncoderDecoderCache, Florence2Config, Florence2ForConditionalGeneration, Idefics3Config, Idefics3ForConditionalGeneration, LlavaConfig, LlavaForConditionalGeneration,
                          PreTrainedTokenizerFast, Qwen2VLConfig, Qwen2VLForConditionalGeneration)
from transformers.models.qwen2_vl import modeling_qwen2_vl as qwen2_vl

from layout import export, sample, strong, write_json

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/vision')
WIDTH, HEADS, LAYERS, STEPS = 16, 2, 2, 24
CONTROL = ['<|im_start|>', '<|im_end|>', '<image>', '<fake_token_around_image>', '<global-img>', '<row_1_col_1>', '<row_1_col_2>', '<row_2_col_1>', '<row_2_col_2>',
           '<|vision_start|>', '<|vision_end|>', '<|image_pad|>']
TEXT = dict(vocab_size=256 + len(CONTROL), hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=1,
            max_position_embeddings=1024, bos_token_id=256, eos_token_id=257, pad_token_id=257, tie_word_embeddings=False, rms_norm_eps=1e-5)
CHAT = ("{%- for message in messages -%}{{ '<|im_start|>' + message['role'] + '\\n' }}{%- if message['content'] is string -%}{{ message['content'] }}{%- else -%}"
        "{%- for part in message['content'] -%}{%- if part['type'] == 'image' -%}PICTURE{%- else -%}{{ part['text'] }}{%- endif -%}{%- endfor -%}{%- endif -%}"
        "{{ '<|im_end|>\\n' }}{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}")


def picture(width, height, seed):
    """Whole numbers only, so that the test makes the very same one."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing='ij')
    return ((x * x * 3 + y * 5 * seed + x * y * 7 + c * 40 + seed * 11) % 256).astype(np.uint8)


def write_tokenizer(folder, template):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in CONTROL])
    os.makedirs(folder, exist_ok=True)
    tokenizer.save(f'{folder}/tokenizer.json', pretty=False)
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'PreTrainedTokenizerFast', 'bos_token': '<|im_start|>', 'eos_token': '<|im_end|>', 'pad_token': '<|im_end|>', 'chat_template': template})
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token='<|im_start|>', eos_token='<|im_end|>', pad_token='<|im_end|>')


class Words(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.table = model.get_input_embeddings()

    def forward(self, input_ids):
        return self.table(input_ids)


class Decoder(torch.nn.Module):
    """Its mask is built here: what the library builds it with cannot be traced for every length."""

    def __init__(self, model):
        super().__init__()
        self.text, self.head = model.model.language_model if hasattr(model.model, 'language_model') else model.model.text_model, model.lm_head

    def forward(self, inputs_embeds, attention_mask, position_ids, *past):
        cache = DynamicCache()
        for layer in range(LAYERS):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        before, count = past[0].shape[2], inputs_embeds.shape[1]
        own = torch.arange(before, before + count)[:, None]
        hidden = (torch.arange(before + count)[None, :] > own)[None, None] | (attention_mask[:, None, None, :] == 0)
        mask = hidden.float() * -1e9
        out = self.text(inputs_embeds=inputs_embeds, attention_mask=mask, position_ids=position_ids, past_key_values=cache, use_cache=True, return_dict=True)
        layers = out.past_key_values.layers
        return (self.head(out.last_hidden_state), *[part for layer in layers for part in (layer.keys, layer.values)])


def write_text_graphs(folder, model, axes):
    ids = torch.tensor([[3, 5, 7]])
    export(Words(model), (ids,), ['input_ids'], ['inputs_embeds'], {'input_ids': {0: 'batch_size', 1: 'sequence_length'}, 'inputs_embeds': {0: 'batch_size', 1: 'sequence_length'}}, f'{folder}/onnx/embed_tokens.onnx')
    size = WIDTH // HEADS
    past = [torch.randn(1, 1, 2, size) for _ in range(2 * LAYERS)]
    names = [f'{layer}.{part}' for layer in range(LAYERS) for part in ('key', 'value')]
    places = torch.arange(2, 5)[None] if axes == 1 else torch.arange(2, 5)[None, None].expand(3, 1, 3).contiguous()
    export(
        Decoder(model), (model.get_input_embeddings()(ids), torch.ones(1, 5, dtype=torch.long), places, *past),
        ['inputs_embeds', 'attention_mask', 'position_ids', *[f'past_key_values.{name}' for name in names]], ['logits', *[f'present.{name}' for name in names]],
        {'inputs_embeds': {0: 'batch_size', 1: 'sequence_length'}, 'attention_mask': {0: 'batch_size', 1: 'total_sequence_length'},
         'position_ids': {0: 'batch_size', 1: 'sequence_length'} if axes == 1 else {1: 'batch_size', 2: 'sequence_length'},
         **{f'past_key_values.{name}': {0: 'batch_size', 2: 'past_sequence_length'} for name in names},
         'logits': {0: 'batch_size', 1: 'sequence_length'}, **{f'present.{name}': {0: 'batch_size', 2: 'total_sequence_length'} for name in names}},
        f'{folder}/onnx/decoder_model_merged.onnx',
    )


def normalized(pixels, mean=0.5, std=0.5):
    """Channels first."""
    return (torch.tensor(pixels).permute(2, 0, 1).float() / 255 - mean) / std


def greedy(model, tokens, **inputs):
    """All at once for each token: no memory that could hide a mistake. Also how far the second best was away at its closest."""
    written, closest = [], np.inf
    for _ in range(STEPS):
        with torch.no_grad():
            ids = torch.tensor([tokens + written])
            logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), **(inputs | token_types(model, ids))).logits[0, -1]
        best = torch.topk(logits, 2).values
        closest = min(closest, float(best[0] - best[1]))
        written.append(int(logits.argmax()))
        if written[-1] == 257:
            break
    return written, closest


def token_types(model, ids):
    if not isinstance(model, Qwen2VLForConditionalGeneration):
        return {}
    return {'mm_token_type_ids': (ids == model.config.image_token_id).long()}


def conversation(folder, tokenizer, template, token, turns, expand):
    """`turns` are lists of texts and numbers of pictures, the user's and the model's in turn; `expand(number)` says what a picture becomes."""
    messages = [
        {'role': 'assistant' if index % 2 else 'user', 'content': [{'type': 'image'} if isinstance(part, int) else {'type': 'text', 'text': part} for part in turn]}
        for index, turn in enumerate(turns)
    ]
    text = tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False, add_generation_prompt=True)
    for part in [part for turn in turns for part in turn if isinstance(part, int)]:
        text = text.replace(token, expand(part).replace(token, '\0'), 1)
    return tokenizer(text.replace('\0', token), add_special_tokens=False).input_ids


def case(name, model, tokens, turns, **inputs):
    written, closest = greedy(model, tokens, **inputs)
    print(name, 'prompt', len(tokens), 'closest', closest, 'wrote', written[:8])
    assert closest > 1e-3, closest
    return {'name': name, 'turns': turns, 'tokens': tokens, 'written': written, 'closest': closest}


QUESTIONS = [
    ('one picture', [[0, 'What is this?']]),
    ('two pictures among words', [['A ', 0, ' and a ', 1, ': which is larger, größer?']]),
    ('a second question', [[0, 'What is this?'], ['A cat.'], ['Is it a cat, or ', 1, '?']]),
    ('words alone', [['Who are you?']]),
]


def make_idefics3():
    folder, side, rows = f'{root}/idefics3', 32, 4
    config = Idefics3Config(
        image_token_id=258, scale_factor=2, tie_word_embeddings=False, pad_token_id=257,
        vision_config=dict(hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=side, patch_size=8),
        text_config=dict(model_type='llama', **TEXT),
    )
    model = start(Idefics3ForConditionalGeneration, config, folder, 17)
    template = CHAT.replace('PICTURE', '<image>')
    tokenizer = write_tokenizer(folder, template)
    write_json(f'{folder}/preprocessor_config.json', {'image_processor_type': 'Idefics3ImageProcessor', 'do_convert_rgb': True, 'do_image_splitting': True, 'do_normalize': True, 'do_pad': True, 'do_rescale': True, 'do_resize': True, 'image_mean': [0.5] * 3, 'image_std': [0.5] * 3, 'max_image_size': {'longest_edge': side}, 'size': {'longest_edge': 2 * side}, 'resample': 1, 'rescale_factor': 1 / 255})
    write_json(f'{folder}/processor_config.json', {'image_seq_len': rows, 'processor_class': 'Idefics3Processor'})

    class Vision(torch.nn.Module):
        """Pictures that are padding only, marked so, have no features."""

        def __init__(self):
            super().__init__()
            self.vision, self.connector = model.model.vision_model, model.model.connector

        def forward(self, pixel_values, pixel_attention_mask):
            real = pixel_attention_mask.flatten(0, 1).flatten(1).any(-1)
            pixels = pixel_values.flatten(0, 1)[real]
            embeddings = self.vision.embeddings
            hidden = embeddings.patch_embedding(pixels).flatten(2).transpose(1, 2) + embeddings.position_embedding.weight[None]
            for layer in self.vision.encoder.layers:
                hidden = layer(hidden, None)
                hidden = hidden[0] if isinstance(hidden, tuple) else hidden
            return self.connector(self.vision.post_layernorm(hidden))

    seen = torch.zeros(1, 2, 3, side, side), torch.ones(1, 2, side, side, dtype=torch.bool)
    export(Vision(), seen, ['pixel_values', 'pixel_attention_mask'], ['image_features'], {'pixel_values': {0: 'batch_size', 1: 'num_images'}, 'pixel_attention_mask': {0: 'batch_size', 1: 'num_images'}, 'image_features': {0: 'num_features'}}, f'{folder}/onnx/vision_encoder.onnx')
    write_text_graphs(folder, model, 1)
    sizes = [(64, 64, 1), (64, 32, 2)]
    wholes = np.fromfile(f'{root}/whole.bin', np.uint8).reshape(len(sizes), side, side, 3)
    pixels = []
    for size in sizes:
        whole = normalized(picture(*size))
        tiles = [whole[:, top : top + side, left : left + side] for top in range(0, size[1], side) for left in range(0, size[0], side)]
        small = normalized(wholes[len(pixels)])
        pixels.append(torch.stack([*tiles, small]))
    with torch.no_grad():
        features = [model.model.get_image_features(one[None]).pooler_output for one in pixels]
    session = onnxruntime.InferenceSession(f'{folder}/onnx/vision_encoder.onnx')
    for one, own in zip(pixels, features):
        given = session.run(None, {'pixel_values': one[None].numpy(), 'pixel_attention_mask': np.ones((1, len(one), side, side), bool)})[0]
        assert np.abs(given - own.numpy()).max() < 1e-4

    def expand(number):
        down, across = sizes[number][1] // side, sizes[number][0] // side
        fake, run = '<fake_token_around_image>', '<image>' * rows
        lines = ''.join(''.join(f'{fake}<row_{row + 1}_col_{column + 1}>{run}' for column in range(across)) + '\n' for row in range(down))
        return f'{lines}\n{fake}<global-img>{run}{fake}'

    cases = []
    for name, turns in QUESTIONS:
        order = [part for turn in turns for part in turn if isinstance(part, int)]
        inputs = {}
        if order:
            # All pictures of a text are one row of tiles.
            inputs = {'pixel_values': torch.cat([pixels[number] for number in order])[None]}
        tokens = conversation(folder, tokenizer, template, '<image>', turns, expand)
        cases.append(case(name, model, tokens, turns, **inputs))
    finish(folder, sizes, features, pixels, cases)


def make_llava():
    folder, side = f'{root}/llava', 32
    config = LlavaConfig(
        image_token_index=258, image_token_id=258, vision_feature_layer=-2, vision_feature_select_strategy='default', tie_word_embeddings=False,
        vision_config=dict(model_type='clip_vision_model', hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=side, patch_size=8, projection_dim=WIDTH),
        text_config=dict(model_type='llama', **TEXT),
    )
    model = start(LlavaForConditionalGeneration, config, folder, 9)
    template = CHAT.replace('PICTURE', '<image>')
    tokenizer = write_tokenizer(folder, template)
    write_json(f'{folder}/preprocessor_config.json', {'image_processor_type': 'CLIPImageProcessor', 'do_center_crop': True, 'crop_size': {'height': side, 'width': side}, 'do_convert_rgb': True, 'do_normalize': True, 'do_rescale': True, 'do_resize': True, 'image_mean': [0.5] * 3, 'image_std': [0.25] * 3, 'resample': 3, 'rescale_factor': 1 / 255, 'size': {'shortest_edge': side}})

    class Vision(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model.model

        def forward(self, pixel_values):
            embedded = self.model.vision_tower.embeddings if hasattr(self.model.vision_tower, 'embeddings') else self.model.vision_tower.vision_model.embeddings
            tower = self.model.vision_tower if hasattr(self.model.vision_tower, 'encoder') else self.model.vision_tower.vision_model
            hidden = tower.pre_layrnorm(embedded(pixel_values))
            for layer in tower.encoder.layers[:-1]:
                hidden = layer(hidden, None)
                hidden = hidden[0] if isinstance(hidden, tuple) else hidden
            return self.model.multi_modal_projector(hidden[:, 1:])

    export(Vision(), (torch.zeros(1, 3, side, side),), ['pixel_values'], ['image_features'], {'pixel_values': {0: 'batch_size'}, 'image_features': {0: 'batch_size'}}, f'{folder}/onnx/vision_encoder.onnx')
    write_text_graphs(folder, model, 1)
    sizes = [(side, side, 1), (side, side, 2)]
    pixels = [normalized(picture(*size), 0.5, 0.25)[None] for size in sizes]
    with torch.no_grad():
        features = [model.model.get_image_features(one).pooler_output for one in pixels]
        features = [one[0] if isinstance(one, (list, tuple)) else one for one in features]
    session = onnxruntime.InferenceSession(f'{folder}/onnx/vision_encoder.onnx')
    for one, own in zip(pixels, features):
        assert np.abs(session.run(None, {'pixel_values': one.numpy()})[0] - own.numpy()).max() < 1e-4
    cases = []
    for name, turns in QUESTIONS:
        order = [part for turn in turns for part in turn if isinstance(part, int)]
        inputs = {'pixel_values': torch.cat([pixels[number] for number in order])} if order else {}
        tokens = conversation(folder, tokenizer, template, '<image>', turns, lambda number: '<image>' * 16)
        cases.append(case(name, model, tokens, turns, **inputs))
    finish(folder, sizes, features, pixels, cases)


def make_qwen2_vl():
    folder, patch, merge = f'{root}/qwen2_vl', 8, 2
    config = Qwen2VLConfig(
        image_token_id=267, video_token_id=9, vision_start_token_id=265, vision_end_token_id=266, tie_word_embeddings=False,
        vision_config=dict(depth=1, embed_dim=WIDTH, hidden_size=WIDTH, num_heads=2, mlp_ratio=2, patch_size=patch, spatial_merge_size=merge, temporal_patch_size=2),
        text_config=dict(**TEXT, use_sliding_window=False, rope_parameters={'rope_type': 'default', 'rope_theta': 10000.0, 'mrope_section': [1, 1, 2]}),
    )
    model = start(Qwen2VLForConditionalGeneration, config, folder, 11)
    template = CHAT.replace('PICTURE', '<|vision_start|><|image_pad|><|vision_end|>')
    tokenizer = write_tokenizer(folder, template)
    write_json(f'{folder}/preprocessor_config.json', {'image_processor_type': 'Qwen2VLImageProcessor', 'do_convert_rgb': True, 'do_normalize': True, 'do_rescale': True, 'do_resize': True, 'image_mean': [0.5] * 3, 'image_std': [0.5] * 3, 'min_pixels': 256, 'max_pixels': 65536, 'patch_size': patch, 'merge_size': merge, 'temporal_patch_size': 2, 'resample': 3, 'rescale_factor': 1 / 255, 'size': {'min_pixels': 256, 'max_pixels': 65536}})

    class Vision(torch.nn.Module):
        """One picture; its places are counted from the grid by operators, not by loops."""

        def __init__(self):
            super().__init__()
            self.vision = model.model.visual

        def forward(self, pixel_values, grid_thw):
            vision = self.vision
            down, across = grid_thw[0, 1], grid_thw[0, 2]
            order = lambda places: places.reshape(down // merge, merge, across // merge, merge).permute(0, 2, 1, 3).flatten()
            rows = order(torch.arange(down)[:, None].expand(down, across))
            columns = order(torch.arange(across)[None].expand(down, across))
            hidden = vision.patch_embed(pixel_values)
            places = vision.rotary_pos_emb(hidden, torch.stack([rows, columns], -1))
            for block in vision.blocks:
                normed = block.norm1(hidden)
                q, k, v = block.attn.qkv(normed).reshape(-1, 3, 2, WIDTH // 2).permute(1, 0, 2, 3).unbind(0)
                q, k = qwen2_vl.apply_rotary_pos_emb_vision(q, k, *places)
                weights = torch.softmax(q.transpose(0, 1) @ k.permute(1, 2, 0) * (WIDTH // 2) ** -0.5, -1)
                hidden = hidden + block.attn.proj((weights @ v.transpose(0, 1)).transpose(0, 1).reshape(-1, WIDTH))
                hidden = hidden + block.mlp(block.norm2(hidden))
            return vision.merger(hidden)

    sizes = [(32, 32, 1), (48, 32, 2)]
    grids = [torch.tensor([[1, size[1] // patch, size[0] // patch]]) for size in sizes]
    pixels = []
    for size, grid in zip(sizes, grids):
        _, down, across = grid[0].tolist()
        whole = normalized(picture(*size))[None].expand(2, 3, size[1], size[0])
        parts = whole.reshape(1, 2, 3, down // merge, merge, patch, across // merge, merge, patch).permute(0, 3, 6, 4, 7, 2, 1, 5, 8)
        pixels.append(parts.reshape(down * across, 3 * 2 * patch * patch))
    export(Vision(), (pixels[0], grids[0]), ['pixel_values', 'grid_thw'], ['image_features'], {'pixel_values': {0: 'num_patches'}, 'image_features': {0: 'num_features'}}, f'{folder}/onnx/vision_encoder.onnx')
    write_text_graphs(folder, model, 3)
    with torch.no_grad():
        features = [model.model.get_image_features(one, grid).pooler_output for one, grid in zip(pixels, grids)]
        features = [one[0] if isinstance(one, (list, tuple)) else one for one in features]
    session = onnxruntime.InferenceSession(f'{folder}/onnx/vision_encoder.onnx')
    for one, grid, own in zip(pixels, grids, features):
        assert np.abs(session.run(None, {'pixel_values': one.numpy(), 'grid_thw': grid.numpy()})[0] - own.numpy()).max() < 1e-4
    cases = []
    for name, turns in QUESTIONS:
        order = [part for turn in turns for part in turn if isinstance(part, int)]
        inputs = {'pixel_values': torch.cat([pixels[number] for number in order]), 'image_grid_thw': torch.cat([grids[number] for number in order])} if order else {}
        tokens = conversation(folder, tokenizer, template, '<|image_pad|>', turns, lambda number: '<|image_pad|>' * len(features[number]))
        cases.append(case(name, model, tokens, turns, **inputs))
    finish(folder, sizes, features, pixels, cases)


def shorten(file):
    """What is always the same, and names of what lies between, are half of a small file."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = file
    onnxruntime.InferenceSession(onnx.load(file).SerializeToString(), options)
    model = onnx.load(file)
    graph = model.graph
    kept = {value.name for value in [*graph.input, *graph.output]}
    names = {}
    for node in graph.node:
        node.name, node.doc_string = '', ''
    del graph.value_info[:]
    short = lambda name: name if name == '' or name in kept else names.setdefault(name, f't{len(names)}')
    for node in graph.node:
        for tensors in (node.input, node.output):
            for index, name in enumerate(tensors):
                tensors[index] = short(name)
    for weight in graph.initializer:
        weight.name = short(weight.name)
    onnx.save(model, file)


def make_florence2():
    """Not a chat: an encoder of picture and question, and a decoder of its own. Without the two branches that real exports have."""
    folder, side, words = f'{root}/florence2', 64, 256
    names = ['<s>', '<pad>', '</s>', *[f'<loc_{index}>' for index in range(20)]]
    tokens = {name: words + index for index, name in enumerate(names)}
    config = Florence2Config(
        image_token_id=words + len(names), tie_word_embeddings=True,
        vision_config=dict(depths=[1, 1, 1, 1], embed_dim=[4, 4, 8, 8], num_heads=[1, 1, 2, 2], num_groups=[1, 1, 2, 2], window_size=2, projection_dim=WIDTH, max_temporal_embeddings=4, max_position_embeddings=8),
        text_config=dict(model_type='bart', vocab_size=words + len(names) + 1, d_model=WIDTH, encoder_layers=1, decoder_layers=LAYERS, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32,
                         max_position_embeddings=96, bos_token_id=tokens['<s>'], pad_token_id=tokens['<pad>'], eos_token_id=tokens['</s>'], decoder_start_token_id=tokens['</s>'], forced_eos_token_id=tokens['</s>'], is_encoder_decoder=True),
    )
    model = start(Florence2ForConditionalGeneration, config, folder, 23)
    write_json(f'{folder}/generation_config.json', {'eos_token_id': tokens['</s>'], 'no_repeat_ngram_size': 3})
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in names])
    tokenizer.save(f'{folder}/tokenizer.json', pretty=False)
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'BartTokenizer', 'bos_token': '<s>', 'eos_token': '</s>', 'pad_token': '<pad>'})
    write_json(f'{folder}/preprocessor_config.json', {'image_processor_type': 'CLIPImageProcessor', 'do_center_crop': False, 'do_convert_rgb': True, 'do_normalize': True, 'do_rescale': True, 'do_resize': True, 'image_mean': [0.5] * 3, 'image_std': [0.5] * 3, 'resample': 3, 'rescale_factor': 1 / 255, 'size': {'height': side, 'width': side}})
    text = model.model.language_model

    class Vision(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model.model

        def forward(self, pixel_values):
            return self.model.get_image_features(pixel_values).pooler_output

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = text.encoder

        def forward(self, inputs_embeds):
            return self.encoder(inputs_embeds=inputs_embeds, attention_mask=None).last_hidden_state

    class Speaker(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.decoder, self.head = text.decoder, model.lm_head

        def forward(self, inputs_embeds, encoder_hidden_states, *past):
            own = DynamicCache()
            for layer in range(LAYERS):
                own.update(past[2 * layer], past[2 * layer + 1], layer)
            before, count = past[0].shape[2], inputs_embeds.shape[1]
            mask = (torch.arange(before + count)[None, :] > torch.arange(before, before + count)[:, None])[None, None].float() * -1e9
            cache = EncoderDecoderCache(own, DynamicCache())
            out = self.decoder(inputs_embeds=inputs_embeds, attention_mask=mask, encoder_hidden_states=encoder_hidden_states, past_key_values=cache, use_cache=True, return_dict=True)
            layers = zip(out.past_key_values.self_attention_cache.layers, out.past_key_values.cross_attention_cache.layers)
            return (self.head(out.last_hidden_state), *[part for mine, source in layers for part in (mine.keys, mine.values, source.keys, source.values)])

    pixels = [normalized(picture(side, side, 1))[None]]
    with torch.no_grad():
        features = [model.model.get_image_features(pixels[0]).pooler_output]
    export(Vision(), (pixels[0],), ['pixel_values'], ['image_features'], {'pixel_values': {0: 'batch_size'}}, f'{folder}/onnx/vision_encoder.onnx')
    ids = torch.tensor([[3, 5, 7]])
    export(Words(model), (ids,), ['input_ids'], ['inputs_embeds'], {'input_ids': {1: 'sequence_length'}, 'inputs_embeds': {1: 'sequence_length'}}, f'{folder}/onnx/embed_tokens.onnx')
    embedded = model.get_input_embeddings()(ids)
    export(Encoder(), (embedded,), ['inputs_embeds'], ['last_hidden_state'], {'inputs_embeds': {1: 'encoder_sequence_length'}, 'last_hidden_state': {1: 'encoder_sequence_length'}}, f'{folder}/onnx/encoder_model.onnx')
    kinds = [f'{layer}.{part}' for layer in range(LAYERS) for part in ('decoder.key', 'decoder.value')]
    given = [f'{layer}.{part}' for layer in range(LAYERS) for part in ('decoder.key', 'decoder.value', 'encoder.key', 'encoder.value')]
    export(
        Speaker(), (embedded, torch.randn(1, 9, WIDTH), *[torch.randn(1, 2, 2, WIDTH // 2) for _ in kinds]),
        ['inputs_embeds', 'encoder_hidden_states', *[f'past_key_values.{name}' for name in kinds]], ['logits', *[f'present.{name}' for name in given]],
        {'inputs_embeds': {1: 'decoder_sequence_length'}, 'encoder_hidden_states': {1: 'encoder_sequence_length'}, **{f'past_key_values.{name}': {2: 'past_decoder_sequence_length'} for name in kinds}},
        f'{folder}/onnx/decoder_model_merged.onnx',
    )
    cases = []
    for name, words_of, question in (('a caption', 'What is this?', 'What does the image describe?'), ('its text', 'read it', 'What is the text in the image?'), ('things', 'find the cat', 'Locate cat in the image.')):
        prompt = [tokens['<s>'], *tokenizer.encode(question, add_special_tokens=False).ids, tokens['</s>']]
        input_ids = torch.tensor([[config.image_token_id] * features[0].shape[1] + prompt])
        written, closest = [tokens['</s>'], tokens['<s>']], np.inf
        for _ in range(STEPS):
            with torch.no_grad():
                logits = model(input_ids=input_ids, pixel_values=pixels[0], attention_mask=torch.ones_like(input_ids), decoder_input_ids=torch.tensor([written])).logits[0, -1]
            for at in range(len(written) - 2):
                if written[at : at + 2] == written[-2:]:
                    logits[written[at + 2]] = -np.inf
            best = torch.topk(logits, 2).values
            closest = min(closest, float(best[0] - best[1]))
            written.append(int(logits.argmax()))
            if written[-1] == tokens['</s>']:
                break
        print(name, 'closest', closest, written)
        assert closest > 1e-3, closest
        cases.append({'name': name, 'turns': [[0, words_of]], 'tokens': prompt, 'written': written[2:], 'closest': closest})
    finish(folder, [(side, side, 1)], features, pixels, cases)


def start(kind, config, folder, seed):
    shutil.rmtree(folder, ignore_errors=True)
    config.architectures = [kind.__name__]
    config._attn_implementation = 'eager'
    model = strong(kind._from_config(config, attn_implementation='eager'), seed, 1.3)
    settings = json.loads(config.to_json_string())
    write_json(f'{folder}/config.json', settings)
    write_json(f'{folder}/generation_config.json', {'bos_token_id': 256, 'eos_token_id': 257, 'pad_token_id': 257})
    return model


def finish(folder, sizes, features, pixels, cases):
    for file in os.listdir(f'{folder}/onnx'):
        shorten(f'{folder}/onnx/{file}')
    pictures = [{'size': size, 'features': sample(own), 'pixels': sample(given)} for size, own, given in zip(sizes, features, pixels)]
    write_json(f'{folder}/reference.json', {'pictures': pictures, 'cases': cases}, lines=True)
    print(folder, sum(os.path.getsize(os.path.join(place, file)) for place, _, files in os.walk(folder) for file in files))


if __name__ == '__main__':
    for name in sys.argv[1:] or ['idefics3', 'qwen2_vl', 'llava', 'florence2']:
        {'idefics3': make_idefics3, 'qwen2_vl': make_qwen2_vl, 'llava': make_llava, 'florence2': make_florence2}[name]()
