"""Builds ONNX graphs node by node. Weights are kept as float16 and widened when the file is opened."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class Graph:
    """What every starter's graph is made of; each adds what only it has."""

    def __init__(self, name):
        self.name, self.nodes, self.weights, self.known, self.count = name, [], [], {}, 0

    def add(self, kind, *inputs, outputs=1, out=None, **attributes):
        self.count += 1
        names = [out] if out else [f'{kind}_{self.count}_{i}' for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, f'{kind}_{self.count}', **attributes))
        return names[0] if outputs == 1 else names

    def keep(self, name, array):
        """As it is, once."""
        if name not in self.known:
            self.known[name] = name
            self.weights.append(numpy_helper.from_array(np.asarray(array, order='C'), name))
        return name

    def constant(self, value, kind=np.int64):
        array = np.array(value, kind)
        name = f'constant_{kind.__name__}_{array.shape}_{array.tolist()}'
        return self.keep(name if len(name) < 80 else f'constant_{len(self.known)}', array)

    def number(self, value):
        return self.constant(value, np.float32)

    def weight(self, name, value):
        """float16 in the file, float32 in the graph."""
        if name not in self.known:
            half = value.detach().numpy().astype(np.float16)
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(half), f'{name}_half'))
            self.known[name] = self.add('Cast', f'{name}_half', out=name, to=TensorProto.FLOAT)
        return name

    def linear(self, x, name, module):
        made = self.add('MatMul', x, self.weight(f'{name}.weight', module.weight.T))
        return made if module.bias is None else self.add('Add', made, self.weight(f'{name}.bias', module.bias))

    def norm(self, x, name, module):
        width = module.normalized_shape[0]
        scale, bias = (self.weight(f'{name}.weight', module.weight), self.weight(f'{name}.bias', module.bias)) if module.elementwise_affine else (self.constant([1.0] * width, np.float32), self.constant([0.0] * width, np.float32))
        return self.add('LayerNormalization', x, scale, bias, axis=-1, epsilon=module.eps)

    def gelu(self, x):
        wide = self.add('Add', self.add('Erf', self.add('Div', x, self.number(2 ** 0.5))), self.number(1))
        return self.add('Mul', self.add('Mul', x, wide), self.number(0.5))

    def silu(self, x):
        return self.add('Mul', x, self.add('Sigmoid', x))

    def heads(self, x, count, order=(0, 2, 1, 3)):
        """[batch, length, width] -> [batch, heads, length, width of a head], or as `order` says."""
        return self.add('Transpose', self.add('Reshape', x, self.constant([0, 0, count, -1])), perm=list(order))

    def joined(self, looked, value):
        """What the heads saw -> [batch, length, width]"""
        mixed = self.add('Transpose', self.add('MatMul', looked, value), perm=[0, 2, 1, 3])
        return self.add('Reshape', mixed, self.constant([0, 0, -1]))

    def model(self, inputs, outputs):
        """Name, type and shape of each."""
        value = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
        graph = helper.make_graph(self.nodes, self.name, [value(*one) for one in inputs], [value(*one) for one in outputs], self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid('', OPSET)], ir_version=8, producer_name='mofa')
        onnx.checker.check_model(made, full_check=True)
        return made
