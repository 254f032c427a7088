#!/usr/bin/env python3
"""Trains the guide on out/train.bin (made by corpus.mjs). Can be stopped and started again: it goes on from out/checkpoint.pt.

    python3 train.py            # one thread; --threads N for more
"""
from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from model import Guide, Shape

sys.path.append(str(Path(__file__).parents[3] / "training"))
from muon import Muon

OUT = Path(__file__).parent / "out"


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--out", type=Path, default=OUT)
    p.add_argument("--also", type=Path, action="append", default=[], help="another such folder, to learn from as well")
    p.add_argument("--batch-tokens", type=int, default=4096)
    p.add_argument("--rate", type=float, default=0.02, help="peak step of the matrices (Muon)")
    p.add_argument("--embedding-rate", type=float, default=0.004, help="peak step of embeddings and norms (AdamW)")
    p.add_argument("--start", type=Path, help="begin with the weights of this checkpoint (another corpus, a new schedule)")
    p.add_argument("--answers-only", action="store_true", help="no loss on questions")
    p.add_argument("--dropout", type=float, default=0.0)
    p.add_argument("--hint", type=float, default=0.0, help="how much naming the intent counts, beside writing the answer")
    p.add_argument("--noise", type=float, default=0.0, help="how many of a question's tokens become others")
    p.add_argument("--compile", action="store_true", help="faster by a fifth after a minute; needs a C++ compiler")
    p.add_argument("--minutes", type=float, default=0, help="end after that long, with the schedule laid over this time")
    p.add_argument("--limit", type=int, default=0, help="stop after this many steps (the schedule ends there too)")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)

    info, tokens, weights, starts, labels, soft = corpus([a.out, *a.also])
    plan = batches(starts, len(tokens), a.batch_tokens)
    total = min(a.limit, len(plan)) if a.limit else len(plan)

    model = Guide(Shape(vocab=info["vocabulary"]), a.dropout)
    matrices = [q for n, q in model.named_parameters() if q.ndim == 2 and "embd" not in n]
    others = [q for n, q in model.named_parameters() if q.ndim != 2 or "embd" in n]
    hint = torch.nn.Linear(model.s.dim, info["intents"], bias=False)
    named = [*others, hint.weight]
    muon = Muon(matrices)
    adam = torch.optim.AdamW(named, lr=a.embedding_rate, betas=(0.9, 0.98), weight_decay=0.0)
    step, seen, spent = 0, 0, 0.0
    average = None
    checkpoint = a.out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        hint.load_state_dict(saved["hint"])
        muon.means = saved["muon"]
        adam.load_state_dict(saved["adam"])
        average = saved.get("average")
        step, seen, spent = saved["step"], saved["seen"], saved["spent"]
    elif a.start:
        saved = torch.load(a.start, weights_only=True)
        model.load_state_dict(saved.get("average") or saved["model"])
        names = {name: i for i, name in enumerate(json.loads((a.start.parent / "intents.json").read_text()))} if "hint" in saved else {}
        with torch.no_grad():
            for i, name in enumerate(json.loads((a.out / "intents.json").read_text())):
                if name in names:
                    hint.weight[i] = saved["hint"]["weight"][names[name]]
    run = torch.compile(model, dynamic=True) if a.compile else model
    noise = torch.Generator().manual_seed(2)
    print(f"{sum(q.numel() for q in model.parameters()):,} parameters, {len(starts):,} conversations, {len(tokens):,} tokens, {total} steps", flush=True)

    def save() -> None:
        part = checkpoint.with_suffix(".part")
        torch.save({"model": model.state_dict(), "hint": hint.state_dict(), "muon": muon.means, "adam": adam.state_dict(), "step": step, "seen": seen, "spent": spent, "average": average}, part)
        os.replace(part, checkpoint)

    average = {n: q.detach().clone() for n, q in model.named_parameters()} if average is None else average
    model.train()
    losses, hints, began, last_save = [], [], time.time(), time.time()
    started = time.time()
    while step < total:
        done = (time.time() - started) / 60 / a.minutes if a.minutes else step / total
        if done >= 1:
            break
        scale = schedule(step, done)
        x, y, w = collate(tokens, weights, starts, plan[step])
        place, intent, free = torch.from_numpy(labels[plan[step]]).unbind(1)
        if a.noise:
            swap = (torch.rand(x.shape, generator=noise) < a.noise) & (w.roll(1, 1) == 0.1) & (free == 1)[:, None]
            x = torch.where(swap, torch.randint(256, info["vocabulary"] - 7, x.shape, generator=noise), x)
        hidden, before = run(x)
        keep = w > (0.5 if a.answers_only else 0)
        loss_each = F.cross_entropy(model.logits(hidden[keep]), y[keep], reduction="none")
        answer = w[keep] == 1
        loss = (loss_each * w[keep]).sum() / w[keep].sum()
        known = (intent >= 0).nonzero()[:, 0]
        if a.hint and len(known):
            felt = F.rms_norm(before[known, place[known]], (model.s.dim,))
            guesses = F.log_softmax(hint(felt), 1)
            guess = -guesses.gather(1, intent[known][:, None])[:, 0]
            if soft is not None:
                chosen = plan[step][known.numpy()]
                taught = -(guesses.gather(1, torch.from_numpy(soft["intents"][chosen])) * torch.from_numpy(soft["shares"][chosen])).sum(1)
                guess = torch.where(torch.from_numpy(soft["mixed"][chosen]), taught, guess)
            guess = guess.mean()
            hints.append(guess.item())
            loss = loss + a.hint * guess
        loss.backward()
        torch.nn.utils.clip_grad_norm_(named, 1.0)
        muon.step(a.rate * scale)
        for group in adam.param_groups:
            group["lr"] = a.embedding_rate * scale
        adam.step()
        adam.zero_grad(set_to_none=True)
        with torch.no_grad():
            for n, q in model.named_parameters():
                average[n].lerp_(q, 1 - min(0.98, step / (step + 10)))
        step, seen = step + 1, seen + x.numel()
        losses.append(loss_each[answer].mean().item())
        if step % 25 == 0 or step == total:
            now = time.time()
            spent += now - began
            began = now
            print(f"step {step}/{total} answer loss {np.mean(losses[-25:]):.4f} hint {np.mean(hints[-25:] or [0]):.4f} tokens {seen:,} rate {seen / spent:,.0f}/s spent {spent:.0f}s", flush=True)
        if time.time() - last_save > 120:
            save()
            last_save = time.time()
    save()


def corpus(folders: list[Path]) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict | None]:
    """What corpus.mjs and teacher.py wrote into these folders, one after the other; their intents must be the same."""
    read = lambda name, kind: [np.fromfile(folder / name, kind) for folder in folders]
    if len({(folder / "intents.json").read_text() for folder in folders}) > 1:
        raise SystemExit("these folders are of different knowledge: make them anew")
    tokens, starts = read("train.bin", np.uint16), read("starts.bin", np.uint32)
    begins = np.cumsum([0, *(len(t) for t in tokens[:-1])]).astype(np.uint32)
    soft = [dict(np.load(folder / "soft.npz")) for folder in folders if (folder / "soft.npz").exists()]
    if len(soft) not in (0, len(folders)):
        raise SystemExit("run teacher.py for each of these folders, or for none")
    return (
        json.loads((folders[0] / "corpus.json").read_text()),
        np.concatenate(tokens),
        np.concatenate(read("weights.bin", np.uint8)),
        np.concatenate([s + b for s, b in zip(starts, begins)]),
        np.concatenate(read("labels.bin", np.int16)).reshape(-1, 3).astype(np.int64),
        {key: np.concatenate([part[key] for part in soft]) for key in soft[0]} if soft else None,
    )


def batches(starts: np.ndarray, end: int, size: int) -> list[np.ndarray]:
    """Conversations of roughly like length together, batches in random order; the same every time."""
    rng = np.random.default_rng(1)
    lengths = np.diff(np.append(starts, end))
    order = np.argsort(lengths * (1 + 0.25 * rng.random(len(lengths))), kind="stable")
    out, at = [], 0
    while at < len(order):
        count = 1
        longest = lengths[order[at]]
        while at + count < len(order) and (count + 1) * max(longest, lengths[order[at + count]]) <= size:
            longest = max(longest, lengths[order[at + count]])
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


def schedule(step: int, done: float) -> float:
    """A short warm-up, then flat, then a straight line down over the last 60 %."""
    return min((step + 1) / 40, 1.0, max((1 - done) / 0.6, 0.01))


if __name__ == "__main__":
    main()
