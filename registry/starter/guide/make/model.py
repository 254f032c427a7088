"""The guide's network: Qwen3's architecture (RMS norms, rotary positions, grouped queries, q/k norms, SwiGLU), small."""
from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass(frozen=True)
class Shape:
    vocab: int
    layers: int = 4
    dim: int = 256
    ffn: int = 640
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    context: int = 2048
    rope_base: float = 10_000.0
    eps: float = 1e-6


class Layer(nn.Module):
    def __init__(self, s: Shape, dropout: float):
        super().__init__()
        self.s, self.dropout = s, dropout
        self.attn_norm = nn.RMSNorm(s.dim, eps=s.eps)
        self.attn_q = nn.Linear(s.dim, s.heads * s.head_dim, bias=False)
        self.attn_k = nn.Linear(s.dim, s.kv_heads * s.head_dim, bias=False)
        self.attn_v = nn.Linear(s.dim, s.kv_heads * s.head_dim, bias=False)
        self.attn_q_norm = nn.RMSNorm(s.head_dim, eps=s.eps)
        self.attn_k_norm = nn.RMSNorm(s.head_dim, eps=s.eps)
        self.attn_output = nn.Linear(s.heads * s.head_dim, s.dim, bias=False)
        self.ffn_norm = nn.RMSNorm(s.dim, eps=s.eps)
        self.ffn_gate = nn.Linear(s.dim, s.ffn, bias=False)
        self.ffn_up = nn.Linear(s.dim, s.ffn, bias=False)
        self.ffn_down = nn.Linear(s.ffn, s.dim, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        s, (batch, length, _) = self.s, x.shape
        h = self.attn_norm(x)
        q = self.attn_q(h).view(batch, length, s.heads, s.head_dim)
        k = self.attn_k(h).view(batch, length, s.kv_heads, s.head_dim)
        v = self.attn_v(h).view(batch, length, s.kv_heads, s.head_dim)
        q, k = rotate(self.attn_q_norm(q), cos, sin), rotate(self.attn_k_norm(k), cos, sin)
        groups = s.heads // s.kv_heads
        k, v = k.repeat_interleave(groups, 2), v.repeat_interleave(groups, 2)
        mixed = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=True)
        x = x + self.drop(self.attn_output(mixed.transpose(1, 2).reshape(batch, length, -1)))
        h = self.ffn_norm(x)
        return x + self.drop(self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h)))

    def drop(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, self.dropout, self.training) if self.dropout else x


class Guide(nn.Module):
    """Tokens (batch, length) to hidden states, the last and those before the last layer; `logits` turns the last into scores over the vocabulary."""

    def __init__(self, s: Shape, dropout: float = 0.0):
        super().__init__()
        self.s = s
        self.token_embd = nn.Embedding(s.vocab, s.dim)
        self.blk = nn.ModuleList(Layer(s, dropout) for _ in range(s.layers))
        self.output_norm = nn.RMSNorm(s.dim, eps=s.eps)
        for name, p in self.named_parameters():
            if p.ndim == 2:
                residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(p, std=0.02 / (2 * s.layers) ** 0.5 if residual else 0.02 if "embd" in name else p.shape[1] ** -0.5)
        angles = torch.outer(torch.arange(s.context).float(), s.rope_base ** (-torch.arange(0, s.head_dim, 2).float() / s.head_dim))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        length = tokens.shape[1]
        cos, sin = self.cos[:length, None, :], self.sin[:length, None, :]
        x = self.token_embd(tokens)
        for layer in self.blk:
            before = x
            x = layer(x, cos, sin)
        return self.output_norm(x), before

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return F.linear(hidden, self.token_embd.weight)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions over halves, as Qwen3 and GPT-NeoX have them."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)
