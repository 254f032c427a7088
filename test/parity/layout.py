"""Writes encoder-decoder models as the Hub's ONNX repositories have them: onnx/encoder_model.onnx, onnx/decoder_model_merged.onnx."""
import json
import os
from hashlib import sha1

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from transformers.modeling_outputs import BaseModelOutput
from transformers.cache_utils import DynamicCache, DynamicLayer, EncoderDecoderCache

OPSET = 17


def add_to_cache(layer, keys, values, *_, **__):
    """As the library's own, but for joining with an empty tensor of another rank, which cannot be exported."""
    first = not layer.is_initialized
    if first:
        layer.lazy_initialization(keys, values)
    layer.keys = keys if first else torch.cat([layer.keys, keys], dim=-2)
    layer.values = values if first else torch.cat([layer.values, values], dim=-2)
    return layer.keys, layer.values


DynamicLayer.update = add_to_cache


def export(module, inputs, input_names, output_names, axes, file):
    os.makedirs(os.path.dirname(file), exist_ok=True)
    torch.onnx.export(
        module.eval(), tuple(inputs), file, input_names=input_names, output_names=output_names,
        dynamic_axes=axes, opset_version=OPSET, dynamo=False, do_constant_folding=False,
    )
    return onnx.load(file)


def heard(hidden):
    """What an encoder answers, as both families expect it."""
    output = BaseModelOutput(hidden)
    output.attention_mask = None
    return output


class FirstStep(torch.nn.Module):
    """Tokens and what the encoder said in, logits and all keys and values out."""

    def __init__(self, model, attentions):
        super().__init__()
        self.model, self.attentions = model, attentions

    def forward(self, input_ids, encoder_hidden_states):
        out = self.model(
            decoder_input_ids=input_ids, encoder_outputs=heard(encoder_hidden_states), use_cache=True,
            output_attentions=self.attentions, return_dict=True,
        )
        return (out.logits, *flat(out.past_key_values), *(out.cross_attentions if self.attentions else ()))


class NextStep(torch.nn.Module):
    """The latest token and the keys and values so far in, logits and the decoder's own keys and values out."""

    def __init__(self, model, attentions):
        super().__init__()
        self.model, self.attentions = model, attentions

    def forward(self, input_ids, encoder_hidden_states, *past):
        own, cross = DynamicCache(), DynamicCache()
        for layer in range(len(past) // 4):
            key, value, cross_key, cross_value = past[4 * layer : 4 * layer + 4]
            own.update(key, value, layer)
            cross.update(cross_key, cross_value, layer)
        out = self.model(
            decoder_input_ids=input_ids, encoder_outputs=heard(encoder_hidden_states), use_cache=True,
            past_key_values=EncoderDecoderCache(own, cross), output_attentions=self.attentions, return_dict=True,
        )
        mine = [tensor for index, tensor in enumerate(flat(out.past_key_values)) if index % 4 < 2]
        return (out.logits, *mine, *(out.cross_attentions if self.attentions else ()))


def flat(cache):
    return [
        tensor
        for own, cross in zip(cache.self_attention_cache.layers, cache.cross_attention_cache.layers)
        for tensor in (own.keys, own.values, cross.keys, cross.values)
    ]


def merged_decoder(model, folder, layers, heads, head_size, width, attentions):
    """One graph with an `If` over `use_cache_branch`; the second branch gives empty keys and values for the encoder's."""
    parts = ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value']
    names = [f'{layer}.{part}' for layer in range(layers) for part in parts]
    present = [f'present.{name}' for name in names]
    past = [f'past_key_values.{name}' for name in names]
    crosses = [f'cross_attentions.{layer}' for layer in range(layers)] if attentions else []
    tokens = torch.tensor([[1, 2, 3]])
    source = torch.randn(1, 40, width)
    file = os.path.join(folder, 'onnx/part.onnx')
    axes = {'input_ids': {0: 'batch_size', 1: 'decoder_sequence_length'}, 'encoder_hidden_states': {0: 'batch_size', 1: 'encoder_sequence_length'}}
    first = export(FirstStep(model, attentions), (tokens, source), ['input_ids', 'encoder_hidden_states'], ['logits', *present, *crosses], axes, file)
    cache = [torch.randn(1, heads, 40 if 'encoder' in name else 3, head_size) for name in names]
    axes |= {name: {0: 'batch_size', 2: 'encoder_sequence_length_out' if 'encoder' in name else 'past_decoder_sequence_length'} for name in past}
    mine = [name for name in present if '.decoder.' in name]
    following = export(NextStep(model, attentions), (tokens[:, :1], source, *cache), ['input_ids', 'encoder_hidden_states', *past], ['logits', *mine, *crosses], axes, file)
    os.remove(file)
    outputs = ['logits', *present, *crosses]
    kept, branches = [], []
    for graph, prefix in ((first.graph, 'first_'), (following.graph, 'next_')):
        kept += [tensor for tensor in renamed(graph, prefix, outputs) if tensor.name not in {known.name for known in kept}]
        made = {output.name for output in graph.output}
        nodes = list(graph.node)
        for name in outputs:
            if prefix + name in made or name in made:
                continue
            empty = helper.make_tensor(f'{prefix}{name}_value', TensorProto.FLOAT, (0, heads, 1, head_size), [])
            nodes.append(helper.make_node('Constant', [], [prefix + name], value=empty))
        branch = helper.make_graph(nodes, f'{prefix}step', [], [helper.make_tensor_value_info(prefix + name, TensorProto.FLOAT, [f'{prefix}{name}_{index}' for index in range(3 if name == 'logits' else 4)]) for name in outputs])
        branches.append(branch)
    shaped = lambda name: ['batch_size', heads, 'encoder_sequence_length_out' if '.encoder.' in name else 'past_decoder_sequence_length', head_size]
    graph = helper.make_graph(
        [helper.make_node('If', ['use_cache_branch'], outputs, then_branch=branches[1], else_branch=branches[0])],
        'merged',
        [
            helper.make_tensor_value_info('input_ids', TensorProto.INT64, ['batch_size', 'decoder_sequence_length']),
            helper.make_tensor_value_info('encoder_hidden_states', TensorProto.FLOAT, ['batch_size', 'encoder_sequence_length', width]),
            *[helper.make_tensor_value_info(name, TensorProto.FLOAT, shaped(name)) for name in past],
            helper.make_tensor_value_info('use_cache_branch', TensorProto.BOOL, [1]),
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ['batch_size', heads, 'decoder_sequence_length', 'encoder_sequence_length'] if name in crosses else ['batch_size', 'decoder_sequence_length', 'vocabulary'] if name == 'logits' else shaped(name)) for name in outputs],
        initializer=kept,
    )
    merged = helper.make_model(graph, opset_imports=[helper.make_opsetid('', OPSET)], ir_version=8, producer_name='')
    onnx.checker.check_model(merged)
    onnx.save(merged, os.path.join(folder, 'onnx/decoder_model_merged.onnx'))


def renamed(graph, prefix, outputs):
    """Gives every value inside a branch a name of its own; weights go by their content, so that both branches share them."""
    names, kept = {}, []
    for tensor in graph.initializer:
        name = 'weight_' + sha1(f'{tensor.data_type} {tuple(tensor.dims)}'.encode() + onnx.numpy_helper.to_array(tensor).tobytes()).hexdigest()[:12]
        names[tensor.name] = name
        tensor.name = name
        kept.append(tensor)
    inputs = {value.name for value in graph.input}
    for node in graph.node:
        node.ClearField('name')
        node.ClearField('doc_string')
        for index, name in enumerate(node.input):
            if name and name not in inputs:
                node.input[index] = names.get(name, prefix + name)
        for index, name in enumerate(node.output):
            node.output[index] = prefix + name
    given = set()
    for value in graph.output:
        source = names.get(value.name)
        if source is not None or value.name in inputs:
            graph.node.append(helper.make_node('Identity', [source or value.name], [prefix + value.name]))
        value.name = prefix + value.name
        given.add(value.name)
    return kept


def strong(model, seed, scale):
    """Random weights that tell tokens apart: what a framework begins with makes all of them nearly alike."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if 'layer_norm' in name or 'layernorm' in name or name.endswith('norm.weight') or 'embed_positions' in name:
                continue
            fan = parameter[0].numel() if parameter.dim() > 1 else 16
            parameter.normal_(0, scale / np.sqrt(fan))
    return model.eval()


def write_json(file, value, lines=False):
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, 'w') as out:
        json.dump(value, out, indent=None if lines else '\t', separators=(',', ':') if lines else None, ensure_ascii=False)
        out.write('\n')


def sound(seconds, seed, rate=16000):
    """Something between tone and noise that the test makes again by the same rule: sums of sines only, so that it is exact."""
    count = round(seconds * rate)
    seconds = count / rate
    time = np.arange(count, dtype=np.float64) / rate
    wave = sum(np.sin(2 * np.pi * (110 * (number + 1) + 37 * seed) * time * (1 + 0.05 * number * time / seconds) + number) / (number + 1) for number in range(12))
    envelope = 0.55 + 0.45 * np.sin(2 * np.pi * 2.3 * time + seed)
    return (0.1 * wave * envelope).astype(np.float32)


def sample(tensor):
    """Its shape, its sum and some of its numbers: enough to see that two are alike."""
    flat = tensor.double().flatten()
    step = max(1, len(flat) // 400)
    return {'shape': list(tensor.shape), 'mean': float(flat.mean()), 'absolute': float(flat.abs().mean()), 'step': step, 'values': [round(float(value), 6) for value in flat[::step]]}
