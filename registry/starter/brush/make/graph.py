"""What the brush's graphs have beside what all have."""
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'training'))
import onnx_graph


class Graph(onnx_graph.Graph):
    def conv(self, x, name, module):
        side = module.kernel_size[0]
        return self.add('Conv', x, self.weight(f'{name}.weight', module.weight), self.weight(f'{name}.bias', module.bias), kernel_shape=[side, side], pads=[side // 2] * 4, group=module.groups)

    def feed(self, x, name, module):
        return self.linear(self.silu(self.linear(x, f'{name}.0', module[0])), f'{name}.2', module[2])

    def attention(self, x, name, module, heads, words=None, mask=None):
        width = module.q.out_features
        sources = ([self.linear(x, f'{name}.kv', module.kv)] if module.kv is not None else []) + ([self.linear(words, f'{name}.words', module.words)] if words else [])
        both = self.add('Concat', *sources, axis=1) if len(sources) > 1 else sources[0]
        key, value = self.add('Split', both, self.constant([width, width]), outputs=2, axis=2)
        query = self.add('Mul', self.linear(x, f'{name}.q', module.q), self.number((width / heads) ** -0.5))
        scores = self.add('MatMul', self.heads(query, heads), self.add('Transpose', self.heads(key, heads), perm=[0, 1, 3, 2]))
        looked = self.add('Softmax', self.add('Add', scores, mask) if mask else scores, axis=-1)
        return self.linear(self.joined(looked, self.heads(value, heads)), f'{name}.o', module.o)

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
