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

    def exact(self, name, value):
        """What is computed from no weights: float32 in the file too."""
        if name not in self.known:
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value.numpy().astype(np.float32)), name))
            self.known[name] = name
        return name

    def constant(self, value, kind=np.int64):
        array = np.array(value, kind)
        name = f'constant_{kind.__name__}_{array.shape}_{array.tolist()}'
        if name not in self.known:
            self.known[name] = name
            self.weights.append(numpy_helper.from_array(array, name))
        return name

    def linear(self, x, name, module):
        made = self.add('MatMul', x, self.weight(f'{name}.weight', module.weight.T))
        return made if module.bias is None else self.add('Add', made, self.weight(f'{name}.bias', module.bias))

    def norm(self, x, name, module):
        return self.add('LayerNormalization', x, self.weight(f'{name}.weight', module.weight), self.weight(f'{name}.bias', module.bias), axis=-1, epsilon=module.eps)

    def root_norm(self, x, name, module, epsilon):
        mean = self.add('ReduceMean', self.add('Mul', x, x), axes=[-1], keepdims=1)
        scaled = self.add('Div', x, self.add('Sqrt', self.add('Add', mean, self.constant(epsilon, np.float32))))
        return self.add('Mul', scaled, self.weight(f'{name}.weight', module.weight))

    def gelu(self, x):
        wide = self.add('Add', self.add('Erf', self.add('Div', x, self.constant(2 ** 0.5, np.float32))), self.constant(1, np.float32))
        return self.add('Mul', self.add('Mul', x, wide), self.constant(0.5, np.float32))

    def heads(self, x, count):
        """[batch, length, width] -> [batch, heads, length, width of a head]"""
        return self.add('Transpose', self.add('Reshape', x, self.constant([0, 0, count, -1])), perm=[0, 2, 1, 3])

    def mix(self, query, key, value, scale, mask=None):
        """Attention over heads -> [batch, length, width]"""
        scores = self.add('Mul', self.add('MatMul', query, self.add('Transpose', key, perm=[0, 1, 3, 2])), self.constant(scale, np.float32))
        looked = self.add('Softmax', self.add('Add', scores, mask) if mask else scores, axis=-1)
        mixed = self.add('Transpose', self.add('MatMul', looked, value), perm=[0, 2, 1, 3])
        return self.add('Reshape', mixed, self.constant([0, 0, -1]))

    def model(self, inputs, outputs):
        value = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
        graph = helper.make_graph(self.nodes, self.name, [value(*one) for one in inputs], [value(*one) for one in outputs], self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid('', OPSET)], ir_version=8, producer_name='mofa')
        onnx.checker.check_model(made, full_check=True)
        return made
