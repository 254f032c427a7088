"""Builds ONNX graphs node by node. Weights are kept as float16 and widened when the file is opened."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class Graph:
    def __init__(self, name):
        self.name, self.nodes, self.weights, self.known, self.count = name, [], [], {}, 0

    def add(self, kind, *inputs, outputs=1, out=None, **attributes):
        self.count += 1
        names = [out] if out else [f'{kind}_{self.count}_{i}' for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, f'{kind}_{self.count}', **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, name, value):
        """float16 in the file, float32 in the graph."""
        if name not in self.known:
            half = value.detach().numpy().astype(np.float16)
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(half), f'{name}_half'))
            self.known[name] = self.add('Cast', f'{name}_half', out=name, to=TensorProto.FLOAT)
        return name

    def constant(self, value, kind=np.int64):
        array = np.array(value, kind)
        name = f'constant_{kind.__name__}_{array.shape}_{array.tolist()}'
        name = name if len(name) < 80 else f'constant_{len(self.known)}'
        if name not in self.known:
            self.known[name] = name
            self.weights.append(numpy_helper.from_array(array, name))
        return name

    def number(self, value):
        return self.constant(value, np.float32)

    def linear(self, x, name, module):
        made = self.add('MatMul', x, self.weight(f'{name}.weight', module.weight.T))
        return self.add('Add', made, self.weight(f'{name}.bias', module.bias))

    def conv(self, x, name, module):
        side = module.kernel_size[0]
        return self.add('Conv', x, self.weight(f'{name}.weight', module.weight), self.weight(f'{name}.bias', module.bias), kernel_shape=[side, side], pads=[side // 2] * 4, group=module.groups)

    def norm(self, x, name, module):
        width = module.normalized_shape[0]
        scale, bias = (self.weight(f'{name}.weight', module.weight), self.weight(f'{name}.bias', module.bias)) if module.elementwise_affine else (self.constant([1.0] * width, np.float32), self.constant([0.0] * width, np.float32))
        return self.add('LayerNormalization', x, scale, bias, axis=-1, epsilon=module.eps)

    def silu(self, x):
        return self.add('Mul', x, self.add('Sigmoid', x))

    def feed(self, x, name, module):
        return self.linear(self.silu(self.linear(x, f'{name}.0', module[0])), f'{name}.2', module[2])

    def heads(self, x, count):
        """[batch, length, width] -> [batch, heads, length, width of a head]"""
        return self.add('Transpose', self.add('Reshape', x, self.constant([0, 0, count, -1])), perm=[0, 2, 1, 3])

    def attention(self, x, name, module, heads, words=None, mask=None):
        width = module.q.out_features
        sources = ([self.linear(x, f'{name}.kv', module.kv)] if module.kv is not None else []) + ([self.linear(words, f'{name}.words', module.words)] if words else [])
        both = self.add('Concat', *sources, axis=1) if len(sources) > 1 else sources[0]
        key, value = self.add('Split', both, self.constant([width, width]), outputs=2, axis=2)
        query = self.add('Mul', self.linear(x, f'{name}.q', module.q), self.number((width / heads) ** -0.5))
        scores = self.add('MatMul', self.heads(query, heads), self.add('Transpose', self.heads(key, heads), perm=[0, 1, 3, 2]))
        looked = self.add('Softmax', self.add('Add', scores, mask) if mask else scores, axis=-1)
        mixed = self.add('Transpose', self.add('MatMul', looked, self.heads(value, heads)), perm=[0, 2, 1, 3])
        return self.linear(self.add('Reshape', mixed, self.constant([0, 0, -1])), f'{name}.o', module.o)

    def unshuffle(self, x, factor, channels):
        """As torch's pixel_unshuffle: [batch, c, h, w] -> [batch, c * factor², h / factor, w / factor]"""
        shape = self.add('Shape', x)
        side = lambda axis: self.add('Div', self.add('Gather', shape, self.constant([axis])), self.constant([factor]))
        parts, one, many = self.constant([factor]), self.constant([-1]), self.constant([channels * factor ** 2])
        high, wide = side(2), side(3)
        split = self.add('Reshape', x, self.add('Concat', one, self.constant([channels]), high, parts, wide, parts, axis=0))
        return self.add('Reshape', self.add('Transpose', split, perm=[0, 1, 3, 5, 2, 4]), self.add('Concat', one, many, high, wide, axis=0))

    def shuffle(self, x, factor):
        return self.add('DepthToSpace', x, blocksize=factor, mode='CRD')

    def model(self, inputs, outputs):
        value = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
        graph = helper.make_graph(self.nodes, self.name, [value(*one) for one in inputs], [value(*one) for one in outputs], self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid('', OPSET)], ir_version=8, producer_name='mofa')
        onnx.checker.check_model(made, full_check=True)
        return made
