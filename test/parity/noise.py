"""The noise of src/lib/gaussian-noise.ts, which is the same on every machine."""
import numpy as np


def philox(block, stream, seed):
    mask = 0xFFFFFFFF
    x0, x1, x2, x3 = block, 0, stream, 0
    k0, k1 = seed, 0
    for _ in range(10):
        a, b = 0xD2511F53 * x0, 0xCD9E8D57 * x2
        x0, x1, x2, x3 = (b >> 32) ^ x1 ^ k0, b & mask, (a >> 32) ^ x3 ^ k1, a & mask
        k0, k1 = (k0 + 0x9E3779B9) & mask, (k1 + 0xBB67AE85) & mask
    return x0, x1, x2, x3


def gaussian(seed, stream, shape):
    count, values = int(np.prod(shape)), []
    for block in range((count + 3) // 4):
        bits = philox(block, stream, seed)
        for a, b in (bits[:2], bits[2:]):
            radius, angle = np.sqrt(-2 * np.log((a + 0.5) / 2**32)), 2 * np.pi * b / 2**32
            values += [radius * np.cos(angle), radius * np.sin(angle)]
    return np.array(values[:count], dtype=np.float32).reshape(shape)
