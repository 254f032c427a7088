"""Pictures into a file, many on one sheet."""
import struct
import zlib

import numpy as np


def write_png(file, pixels):
    """uint8 [height, width, 3]"""
    height, width, _ = pixels.shape
    part = lambda kind, data: struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], 1)
    with open(file, 'wb') as out:
        out.write(b'\x89PNG\r\n\x1a\n' + part(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) + part(b'IDAT', zlib.compress(rows.tobytes(), 6)) + part(b'IEND', b''))


def as_bytes(pictures):
    """float [batch, 3, height, width] from -1 to 1 -> uint8 [batch, height, width, 3]"""
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def sheet(pictures, across, scale=1, gap=2):
    rows = []
    size = pictures.shape[1] * scale + gap
    for at in range(0, len(pictures), across):
        row = np.full((size, size * across, 3), 128, np.uint8)
        for i, one in enumerate(pictures[at : at + across]):
            row[gap:, i * size + gap : (i + 1) * size] = one.repeat(scale, 0).repeat(scale, 1)
        rows.append(row)
    return np.concatenate(rows)
