"""What the ears' graphs have beside what all have."""
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'training'))
import onnx_graph


class Graph(onnx_graph.Graph):
    def feed(self, x, name, layer):
        inner = self.gelu(self.linear(self.norm(x, f'{name}.norm3', layer.norm3), f'{name}.up', layer.up))
        return self.add('Add', x, self.linear(inner, f'{name}.down', layer.down))

    def mix(self, query, key, value, mask=None):
        """Attention over heads -> [batch, length, width] and how much each looked where."""
        scores = self.add('MatMul', query, self.add('Transpose', key, perm=[0, 1, 3, 2]))
        looked = self.add('Softmax', self.add('Add', scores, mask) if mask else scores, axis=-1)
        return self.joined(looked, value), looked
