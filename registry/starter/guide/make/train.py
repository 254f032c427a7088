#!/usr/bin/env python3
"""Trains the guide on out/train.bin (made by corpus.mjs). Can be stopped and started again: it goes on from out/checkpoint.pt.

    python3 train.py            # one thread; --threads N for more
"""
from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from model import Guide, Shape

OUT = Path(__file__).parent / "out"


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--out", type=Path, default=OUT)
    p.add_argument("--batch-tokens", type=int, default=4096)
    p.add_argument("--rate", type=float, default=0.02, help="peak step of the matrices (Muon)")
    p.add_argument("--embedding-rate", type=float, default=0.004, help="peak step of embeddings and norms (AdamW)")
    p.add_argument("--start", type=Path, help="begin with the weights of this checkpoint (another corpus, a new schedule)")
    p.add_argument("--answers-only", action="store_true", help="no loss on questions")
    p.add_argument("--dropout", type=float, default=0.0)
    p.add_argument("--limit", type=int, default=0, help="stop after this many steps (the schedule ends there too)")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)

    info = json.loads((a.out / "corpus.json").read_text())
    tokens = np.fromfile(a.out / "train.bin", np.uint16)
    weights = np.fromfile(a.out / "weights.bin", np.uint8)
    starts = np.fromfile(a.out / "starts.bin", np.uint32)
    plan = batches(starts, len(tokens), a.batch_tokens)
    total = min(a.limit, len(plan)) if a.limit else len(plan)

    model = Guide(Shape(vocab=info["vocabulary"]), a.dropout)
    matrices = [q for n, q in model.named_parameters() if q.ndim == 2 and "embd" not in n]
    others = [q for n, q in model.named_parameters() if q.ndim != 2 or "embd" in n]
    muon = Muon(matrices)
    adam = torch.optim.AdamW(others, lr=a.embedding_rate, betas=(0.9, 0.98), weight_decay=0.0)
    step, seen, spent = 0, 0, 0.0
    average = None
    checkpoint = a.out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        muon.load(saved["muon"])
        adam.load_state_dict(saved["adam"])
        average = saved.get("average")
        step, seen, spent = saved["step"], saved["seen"], saved["spent"]
    elif a.start:
        model.load_state_dict(torch.load(a.start, weights_only=True)["model"])
    print(f"{sum(q.numel() for q in model.parameters()):,} parameters, {len(starts):,} conversations, {len(tokens):,} tokens, {total} steps", flush=True)

    def save() -> None:
        part = checkpoint.with_suffix(".part")
        torch.save({"model": model.state_dict(), "muon": muon.state(), "adam": adam.state_dict(), "step": step, "seen": seen, "spent": spent, "average": average}, part)
        os.replace(part, checkpoint)

    average = {n: q.detach().clone() for n, q in model.named_parameters()} if average is None else average
    model.train()
    losses, began, last_save = [], time.time(), time.time()
    while step < total:
        scale = schedule(step, total)
        x, y, w = collate(tokens, weights, starts, plan[step])
        hidden = model(x)
        keep = w > (0.5 if a.answers_only else 0)
        loss_each = F.cross_entropy(model.logits(hidden[keep]), y[keep], reduction="none")
        answer = w[keep] == 1
        loss = (loss_each * w[keep]).sum() / w[keep].sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        muon.step(a.rate * scale)
        for group in adam.param_groups:
            group["lr"] = a.embedding_rate * scale
        adam.step()
        for q in model.parameters():
            q.grad = None
        with torch.no_grad():
            for n, q in model.named_parameters():
                average[n].lerp_(q, 1 - min(0.98, step / (step + 10)))
        step, seen = step + 1, seen + x.numel()
        losses.append(loss_each[answer].mean().item())
        if step % 25 == 0 or step == total:
            now = time.time()
            spent += now - began
            began = now
            print(f"step {step}/{total} answer loss {np.mean(losses[-25:]):.4f} tokens {seen:,} rate {seen / spent:,.0f}/s spent {spent:.0f}s", flush=True)
        if time.time() - last_save > 120:
            save()
            last_save = time.time()
    save()


def batches(starts: np.ndarray, end: int, size: int) -> list[np.ndarray]:
    """Conversations of like length together, batches in random order; the same every time."""
    rng = np.random.default_rng(1)
    lengths = np.diff(np.append(starts, end))
    order = np.argsort(lengths + rng.random(len(lengths)), kind="stable")
    out, at = [], 0
    while at < len(order):
        count = 1
        while at + count < len(order) and (count + 1) * lengths[order[at + count]] <= size:
            count += 1
        out.append(order[at:at + count])
        at += count
    return [out[i] for i in rng.permutation(len(out))]


def collate(tokens: np.ndarray, weights: np.ndarray, starts: np.ndarray, chosen: np.ndarray) -> tuple[torch.Tensor, ...]:
    ends = np.append(starts, len(tokens))[chosen + 1]
    length = int((ends - starts[chosen]).max())
    x = np.zeros((len(chosen), length), np.int64)
    w = np.zeros((len(chosen), length), np.float32)
    for row, (a, b) in enumerate(zip(starts[chosen], ends)):
        x[row, : b - a] = tokens[a:b]
        w[row, : b - a] = weights[a:b] / 100
    x, w = torch.from_numpy(x), torch.from_numpy(w)
    return x[:, :-1], x[:, 1:], w[:, 1:]


def schedule(step: int, total: int) -> float:
    """A short warm-up, then flat, then a straight line down over the last 60 %."""
    return min((step + 1) / 40, 1.0, max((total - step) / (0.6 * total), 0.01))


class Muon:
    """Momentum whose update is orthogonalised (Newton-Schulz), one batch of matrices per shape."""

    def __init__(self, params: list[torch.nn.Parameter], momentum: float = 0.95, decay: float = 0.01):
        self.momentum, self.decay = momentum, decay
        shapes: dict[tuple[int, ...], list[torch.nn.Parameter]] = {}
        for q in params:
            shapes.setdefault(tuple(q.shape), []).append(q)
        self.groups = list(shapes.values())
        self.buffers = [torch.zeros(len(g), *g[0].shape) for g in self.groups]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for group, buffer in zip(self.groups, self.buffers):
            grad = torch.stack([q.grad for q in group])
            buffer.lerp_(grad, 1 - self.momentum)
            update = orthogonal(grad.lerp(buffer, self.momentum))
            rows, cols = group[0].shape
            scale = max(1.0, rows / cols) ** 0.5
            for q, u in zip(group, update):
                q.mul_(1 - rate * self.decay).add_(u, alpha=-rate * scale)

    def state(self) -> list[torch.Tensor]:
        return self.buffers

    def load(self, buffers: list[torch.Tensor]) -> None:
        self.buffers = buffers


def orthogonal(g: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    x = g / (g.norm(dim=(1, 2), keepdim=True) + 1e-7)
    flip = x.shape[1] > x.shape[2]
    if flip:
        x = x.mT
    for _ in range(rounds):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.mT if flip else x


if __name__ == "__main__":
    main()
