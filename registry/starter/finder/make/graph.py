"""The graphs of finder and ranker. Weights lie in the file as whole numbers of 8 bits with a factor for each row."""
import os
import sys

import numpy as np
import torch
from onnx import TensorProto

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'training'))
import onnx_graph


def rounded(value):
    """A matrix as the files hold it: 255 steps for each row, between what is largest in it and its negative."""
    factor = value.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
    return (value / factor).round().clamp(-127, 127), factor


def as_shipped(model):
    """Every matrix replaced by what comes out of the file again."""
    with torch.no_grad():
        for value in model.parameters():
            if value.dim() == 2:
                whole, factor = rounded(value)
                value.copy_(whole * factor)
    return model.eval()


class Graph(onnx_graph.Graph):
    def table(self, name, value, ids):
        """Rows of a matrix by their numbers; only those that are wanted are widened."""
        whole, factor = rounded(value.detach())
        row = self.add('Cast', self.add('Gather', self.keep(f'{name}.whole', whole.numpy().astype(np.int8)), ids), to=TensorProto.FLOAT)
        return self.add('Mul', row, self.add('Gather', self.keep(f'{name}.factor', factor.numpy()), ids))

    def matrix(self, name, value):
        """[out, in] as torch has it -> [in, out]; the runtime widens it once, when it opens the file."""
        whole, factor = rounded(value.detach())
        wide = self.add('Cast', self.keep(f'{name}.whole', whole.T.numpy().astype(np.int8)), to=TensorProto.FLOAT)
        return self.add('Mul', wide, self.keep(f'{name}.factor', factor.T.numpy()))

    def vector(self, name, value):
        return self.keep(name, value.detach().numpy().astype(np.float32))

    def linear(self, x, name, module):
        return self.add('Add', self.add('MatMul', x, self.matrix(f'{name}.weight', module.weight)), self.vector(f'{name}.bias', module.bias))

    def norm(self, x, name, module, out=None):
        return self.add('LayerNormalization', x, self.vector(f'{name}.weight', module.weight), self.vector(f'{name}.bias', module.bias), out=out, axis=-1, epsilon=module.eps)

    def bert(self, model, out=None):
        """input_ids, attention_mask, token_type_ids -> what BERT makes of each of them."""
        length = self.add('Gather', self.add('Shape', 'input_ids'), self.constant(1))
        places = self.add('Range', self.constant(0), length, self.constant(1))
        embeddings = model.embeddings
        x = self.add('Add', self.table('words', embeddings.word_embeddings.weight, 'input_ids'), self.table('types', embeddings.token_type_embeddings.weight, 'token_type_ids'))
        x = self.add('Add', x, self.table('positions', embeddings.position_embeddings.weight, places))
        x = self.norm(x, 'embeddings.norm', embeddings.LayerNorm)
        hidden = self.add('Unsqueeze', self.add('Cast', 'attention_mask', to=TensorProto.FLOAT), self.constant([1, 2]))
        mask = self.add('Mul', self.add('Sub', self.number(1), hidden), self.number(-1e9))
        for at, layer in enumerate(model.encoder.layer):
            name = f'layer.{at}'
            own = layer.attention.self
            heads, size = own.num_attention_heads, own.attention_head_size
            split = lambda part, order: self.add('Transpose', self.add('Reshape', self.linear(x, f'{name}.{part}', getattr(own, part)), self.constant([0, 0, heads, size])), perm=order)
            scores = self.add('MatMul', split('query', [0, 2, 1, 3]), split('key', [0, 2, 3, 1]))
            scores = self.add('Add', self.add('Mul', scores, self.number(size**-0.5)), mask)
            mixed = self.add('MatMul', self.add('Softmax', scores, axis=-1), split('value', [0, 2, 1, 3]))
            mixed = self.add('Reshape', self.add('Transpose', mixed, perm=[0, 2, 1, 3]), self.constant([0, 0, heads * size]))
            x = self.norm(self.add('Add', x, self.linear(mixed, f'{name}.mixed', layer.attention.output.dense)), f'{name}.norm1', layer.attention.output.LayerNorm)
            inner = self.gelu(self.linear(x, f'{name}.up', layer.intermediate.dense))
            last = at == len(model.encoder.layer) - 1
            x = self.norm(self.add('Add', x, self.linear(inner, f'{name}.down', layer.output.dense)), f'{name}.norm2', layer.output.LayerNorm, out=out if last else None)
        return x

    def of_texts(self, outputs):
        """The whole model: it takes what every BERT takes."""
        inputs = [(name, TensorProto.INT64, ['batch_size', 'sequence_length']) for name in ('input_ids', 'attention_mask', 'token_type_ids')]
        return self.model(inputs, [(name, TensorProto.FLOAT, shape) for name, shape in outputs])


def finder_graph(model):
    graph = Graph('finder')
    graph.bert(model, out='last_hidden_state')
    return graph.of_texts([('last_hidden_state', ['batch_size', 'sequence_length', model.config.hidden_size])])


def ranker_graph(model):
    graph = Graph('ranker')
    hidden = graph.bert(model.bert)
    first = graph.add('Gather', hidden, graph.constant(0), axis=1)
    pooled = graph.add('Tanh', graph.linear(first, 'pooler', model.bert.pooler.dense))
    graph.add('Add', graph.add('MatMul', pooled, graph.matrix('classifier.weight', model.classifier.weight)), graph.vector('classifier.bias', model.classifier.bias), out='logits')
    return graph.of_texts([('logits', ['batch_size', 1])])
