"""Writes test/fixtures/gguf/projector.gguf: a LLaVA projector of random weights for a language model of width 64.

    python3 test/parity/gguf_projector.py        # pip install gguf numpy

A picture of 28 × 28 becomes four patches, and four tokens of the language model. The weights are large enough that the
picture decides what is written.
"""
import os

import numpy as np
from gguf import GGUFWriter

WIDTH, INNER, PATCH, SIDE, LANGUAGE = 16, 32, 14, 28, 64
out = os.path.join(os.path.dirname(__file__), '..', 'fixtures', 'gguf', 'projector.gguf')
random = np.random.default_rng(7)


def weights(*shape, scale=0.3):
    return (random.standard_normal(shape) * scale).astype(np.float32)


writer = GGUFWriter(out, 'clip')
writer.add_bool('clip.has_vision_encoder', True)
writer.add_string('clip.projector_type', 'mlp')
writer.add_bool('clip.use_gelu', False)
for key, value in {
    'image_size': SIDE,
    'patch_size': PATCH,
    'embedding_length': WIDTH,
    'feed_forward_length': INNER,
    'projection_dim': LANGUAGE,
    'attention.head_count': 2,
    'block_count': 2,
}.items():
    writer.add_uint32(f'clip.vision.{key}', value)
writer.add_float32('clip.vision.attention.layer_norm_epsilon', 1e-5)
writer.add_array('clip.vision.image_mean', [0.5, 0.5, 0.5])
writer.add_array('clip.vision.image_std', [0.25, 0.25, 0.25])
writer.add_tensor('v.patch_embd.weight', weights(WIDTH, 3, PATCH, PATCH, scale=0.1))
writer.add_tensor('v.class_embd', weights(WIDTH))
writer.add_tensor('v.position_embd.weight', weights((SIDE // PATCH) ** 2 + 1, WIDTH))
for name in ('pre_ln',):
    writer.add_tensor(f'v.{name}.weight', np.ones(WIDTH, np.float32))
    writer.add_tensor(f'v.{name}.bias', np.zeros(WIDTH, np.float32))
for block in range(2):
    for name in ('attn_q', 'attn_k', 'attn_v', 'attn_out'):
        writer.add_tensor(f'v.blk.{block}.{name}.weight', weights(WIDTH, WIDTH))
        writer.add_tensor(f'v.blk.{block}.{name}.bias', np.zeros(WIDTH, np.float32))
    for name in ('ln1', 'ln2'):
        writer.add_tensor(f'v.blk.{block}.{name}.weight', np.ones(WIDTH, np.float32))
        writer.add_tensor(f'v.blk.{block}.{name}.bias', np.zeros(WIDTH, np.float32))
    writer.add_tensor(f'v.blk.{block}.ffn_up.weight', weights(INNER, WIDTH))
    writer.add_tensor(f'v.blk.{block}.ffn_up.bias', np.zeros(INNER, np.float32))
    writer.add_tensor(f'v.blk.{block}.ffn_down.weight', weights(WIDTH, INNER))
    writer.add_tensor(f'v.blk.{block}.ffn_down.bias', np.zeros(WIDTH, np.float32))
writer.add_tensor('mm.0.weight', weights(LANGUAGE, WIDTH))
writer.add_tensor('mm.0.bias', np.zeros(LANGUAGE, np.float32))
writer.add_tensor('mm.2.weight', weights(LANGUAGE, LANGUAGE))
writer.add_tensor('mm.2.bias', np.zeros(LANGUAGE, np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
