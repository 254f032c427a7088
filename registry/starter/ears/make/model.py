"""Whisper's architecture in plain torch, small, and a head for sounds beside it that only training needs."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from features import BANDS, FRAMES

WIDTH = 160
HEADS = 5
HIDDEN = 640
ENCODER_LAYERS = 4
DECODER_LAYERS = 2
SOURCE_POSITIONS = FRAMES // 2
TARGET_POSITIONS = 128
SOUNDS = 80  # labels of the auxiliary loss; 0 is the blank


def sinusoids(length, channels):
    scale = torch.exp(-math.log(10000) / (channels // 2 - 1) * torch.arange(channels // 2))
    angle = torch.arange(length)[:, None] * scale[None, :]
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(WIDTH, WIDTH)
        self.k = nn.Linear(WIDTH, WIDTH, bias=False)
        self.v = nn.Linear(WIDTH, WIDTH)
        self.o = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, source=None, causal=False, looks=None):
        source = x if source is None else source
        split = lambda y: y.view(y.shape[0], y.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)
        if looks is not None:  # where each head looks, for training
            q, k, v = split(self.q(x)), split(self.k(source)), split(self.v(source))
            looks.append((q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5).softmax(-1))
            return self.o((looks[-1] @ v).transpose(1, 2).reshape(x.shape))
        mixed = F.scaled_dot_product_attention(split(self.q(x)), split(self.k(source)), split(self.v(source)), is_causal=causal)
        return self.o(mixed.transpose(1, 2).reshape(x.shape))


class Layer(nn.Module):
    def __init__(self, crosses):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.crosses = crosses
        if crosses:
            self.norm2 = nn.LayerNorm(WIDTH)
            self.cross = Attention()
        self.norm3 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, HIDDEN)
        self.down = nn.Linear(HIDDEN, WIDTH)

    def forward(self, x, source=None, looks=None):
        x = x + self.attention(self.norm1(x), causal=self.crosses)
        if self.crosses:
            x = x + self.cross(self.norm2(x), source, looks=looks)
        return x + self.down(F.gelu(self.up(self.norm3(x))))


class Ears(nn.Module):
    def __init__(self, vocabulary, sounds):
        super().__init__()
        self.conv1 = nn.Conv1d(BANDS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.register_buffer('places', sinusoids(SOURCE_POSITIONS, WIDTH), persistent=False)
        self.encoder = nn.ModuleList(Layer(False) for _ in range(ENCODER_LAYERS))
        self.encoder_norm = nn.LayerNorm(WIDTH)
        self.embed = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Parameter(torch.randn(TARGET_POSITIONS, WIDTH) * 0.02)
        self.decoder = nn.ModuleList(Layer(True) for _ in range(DECODER_LAYERS))
        self.decoder_norm = nn.LayerNorm(WIDTH)
        self.sounds = nn.Linear(WIDTH, sounds)
        nn.init.normal_(self.embed.weight, std=WIDTH ** -0.5)

    def encode(self, mel):
        """[batch, 80, frames] -> [batch, frames / 2, width]"""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        x = x + self.places[: x.shape[1]]
        for layer in self.encoder:
            x = layer(x)
        return self.encoder_norm(x)

    def decode(self, tokens, source, looks=None):
        """[batch, length] -> logits [batch, length, vocabulary]"""
        x = self.embed(tokens) + self.positions[: tokens.shape[1]]
        for layer in self.decoder:
            x = layer(x, source, looks)
        return self.decoder_norm(x) @ self.embed.weight.T

    @torch.no_grad()
    def transcribe(self, mel, prefix, end, limit=TARGET_POSITIONS):
        """The likeliest token each time, for a whole batch: lists of ids without prefix and end."""
        source = self.encode(mel)
        tokens = torch.tensor([prefix] * len(mel))
        done = torch.zeros(len(mel), dtype=torch.bool)
        while not done.all() and tokens.shape[1] < limit:
            following = self.decode(tokens, source)[:, -1].argmax(-1)
            following[done] = end
            done |= following == end
            tokens = torch.cat([tokens, following[:, None]], dim=1)
        return [row[: row.index(end)] if end in row else row for row in tokens[:, len(prefix):].tolist()]
