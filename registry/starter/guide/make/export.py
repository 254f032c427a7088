#!/usr/bin/env python3
"""Writes ../guide.gguf and ../manifest.json from out/checkpoint.pt. Matrices as Q8_0, norms as F32.

    python3 export.py                  # --type F32 --to FILE for the unrounded model
"""
from __future__ import annotations

import argparse
import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import torch

from model import Guide, Shape

HERE = Path(__file__).parent
U32, F32, BOOL, STR, ARR, I32 = 4, 6, 7, 8, 9, 5
TYPES = {"F32": (0, 0), "Q8_0": (8, 7)}  # ggml type, general.file_type
ALIGN = 32


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--out", type=Path, default=HERE / "out")
    p.add_argument("--to", type=Path, default=HERE.parent / "guide.gguf")
    p.add_argument("--type", choices=TYPES, default="Q8_0")
    a = p.parse_args()

    vocabulary = json.loads((HERE / "tokenizer.json").read_text())
    shape = Shape(vocab=len(vocabulary["tokens"]))
    saved = torch.load(a.out / "checkpoint.pt", weights_only=True)
    weights = saved.get("average") or saved["model"]  # the running average is the steadier one
    names = [name for name, _ in Guide(shape).named_parameters()]
    tensors = {name: weights[name].numpy() for name in names}

    data = write(tensors, metadata(shape, vocabulary, a.type), a.type)
    a.to.write_bytes(data)
    count = sum(q.size for q in tensors.values())
    if a.to.name == "guide.gguf":
        manifest(a.to, data, shape, count, a.type)
    print(f"{a.to.name}: {len(data):,} bytes, {count:,} parameters, sha256 {hashlib.sha256(data).hexdigest()}")


def metadata(s: Shape, vocabulary: dict, kind: str) -> list[bytes]:
    tokens = vocabulary["tokens"]
    control = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"}
    own = {"<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"}
    kinds = [3 if t in control else 4 if t in own else 1 for t in tokens]
    return [
        kv("general.architecture", STR, "qwen3"),
        kv("general.type", STR, "model"),
        kv("general.name", STR, "guide"),
        kv("general.description", STR, "mofa's built-in guide: a toy that knows how mofa is used"),
        kv("general.license", STR, "apache-2.0"),
        kv("general.file_type", U32, TYPES[kind][1]),
        kv("general.quantization_version", U32, 2),
        kv("qwen3.block_count", U32, s.layers),
        kv("qwen3.context_length", U32, s.context),
        kv("qwen3.embedding_length", U32, s.dim),
        kv("qwen3.feed_forward_length", U32, s.ffn),
        kv("qwen3.attention.head_count", U32, s.heads),
        kv("qwen3.attention.head_count_kv", U32, s.kv_heads),
        kv("qwen3.attention.key_length", U32, s.head_dim),
        kv("qwen3.attention.value_length", U32, s.head_dim),
        kv("qwen3.attention.layer_norm_rms_epsilon", F32, s.eps),
        kv("qwen3.rope.freq_base", F32, s.rope_base),
        kv("qwen3.rope.dimension_count", U32, s.head_dim),
        kv("qwen3.vocab_size", U32, s.vocab),
        kv("tokenizer.ggml.model", STR, "gpt2"),
        kv("tokenizer.ggml.pre", STR, "qwen2"),
        kv("tokenizer.ggml.tokens", ARR, tokens, STR),
        kv("tokenizer.ggml.token_type", ARR, kinds, I32),
        kv("tokenizer.ggml.merges", ARR, vocabulary["merges"], STR),
        kv("tokenizer.ggml.bos_token_id", U32, tokens.index("<|endoftext|>")),
        kv("tokenizer.ggml.eos_token_id", U32, tokens.index("<|im_end|>")),
        kv("tokenizer.ggml.padding_token_id", U32, tokens.index("<|endoftext|>")),
        kv("tokenizer.ggml.add_bos_token", BOOL, False),
        kv("tokenizer.chat_template", STR, (HERE / "template.jinja").read_text()),
    ]


def write(tensors: dict[str, np.ndarray], meta: list[bytes], kind: str) -> bytes:
    infos, bodies, offset = b"", [], 0
    for name, q in tensors.items():
        own = kind if q.ndim == 2 else "F32"
        body = quantise(q) if own == "Q8_0" else q.astype("<f4").tobytes()
        body += b"\0" * (-len(body) % ALIGN)
        dims = q.shape[::-1]
        infos += text(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, TYPES[own][0], offset)
        bodies.append(body)
        offset += len(body)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(meta)) + b"".join(meta) + infos
    return head + b"\0" * (-len(head) % ALIGN) + b"".join(bodies)


def quantise(q: np.ndarray) -> bytes:
    """Q8_0: blocks of 32 numbers as one float16 step and 32 signed bytes, rounded half away from zero."""
    blocks = q.astype(np.float32).reshape(-1, 32)
    step = np.abs(blocks).max(1, keepdims=True) / np.float32(127)
    scaled = np.divide(blocks, step, out=np.zeros_like(blocks), where=step > 0)
    out = np.empty((len(blocks), 34), np.uint8)
    out[:, :2] = step.astype("<f2").view(np.uint8)
    out[:, 2:] = (np.sign(scaled) * np.floor(np.abs(scaled) + np.float32(0.5))).astype(np.int8).view(np.uint8)
    return out.tobytes()


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def kv(key: str, kind: int, value, of: int | None = None) -> bytes:
    head = text(key) + struct.pack("<I", kind)
    if kind == STR:
        return head + text(value)
    if kind == ARR:
        items = b"".join(map(text, value)) if of == STR else np.asarray(value, "<i4").tobytes()
        return head + struct.pack("<IQ", of, len(value)) + items
    return head + struct.pack({U32: "<I", F32: "<f", BOOL: "<?"}[kind], value)


def manifest(path: Path, data: bytes, s: Shape, count: int, kind: str) -> None:
    content = {
        "schema": 1,
        "name": "guide",
        "family": "qwen3",
        "tasks": ["chat", "completion"],
        "license": "Apache-2.0",
        "parameters": count,
        "contextLength": s.context,
        "description": f"A toy of {count / 1e6:.1f} million parameters, built in: it knows how mofa is used, and nothing else.",
        "variants": [{
            "tag": "q8_0",
            "format": "gguf",
            "quantization": kind,
            "files": [{"role": "weights", "url": "./guide.gguf", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}],
            "options": {"sampling": {"temperature": 0}},
        }],
    }
    (path.parent / "manifest.json").write_text(json.dumps(content, indent="\t") + "\n")


if __name__ == "__main__":
    main()
