"""What the eyes' graphs have beside what all have."""
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'training'))
import onnx_graph

import numpy as np


class Graph(onnx_graph.Graph):
    def exact(self, name, value):
        """What is computed from no weights: float32 in the file too."""
        return self.keep(name, value.numpy().astype(np.float32))

    def root_norm(self, x, name, module, epsilon):
        mean = self.add('ReduceMean', self.add('Mul', x, x), axes=[-1], keepdims=1)
        scaled = self.add('Div', x, self.add('Sqrt', self.add('Add', mean, self.number(epsilon))))
        return self.add('Mul', scaled, self.weight(f'{name}.weight', module.weight))

    def mix(self, query, key, value, scale, mask=None):
        """Attention over heads -> [batch, length, width]"""
        scores = self.add('Mul', self.add('MatMul', query, self.add('Transpose', key, perm=[0, 1, 3, 2])), self.number(scale))
        looked = self.add('Softmax', self.add('Add', scores, mask) if mask else scores, axis=-1)
        return self.joined(looked, value)
