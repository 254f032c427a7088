#!/usr/bin/env python3
"""Keeps the questions of a corpus that a trained guide is not sure of, and a share of the others, for training that goes on.

    python3 hard.py --out out/questions --start out/seven/checkpoint.pt --to out/hard

Of new ways to ask most are known already, and learning them again takes as long as learning what is not. How sure the
guide is says its head that names the intent (train.py --hint). Questions of intents it does not know are kept all.
"""
from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from model import Guide, Shape

ROOM = 8000  # tokens at once


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--out", type=Path, required=True, help="what corpus.mjs and teacher.py wrote")
    p.add_argument("--start", type=Path, required=True, help="the guide so far, intents.json beside it")
    p.add_argument("--to", type=Path, required=True)
    p.add_argument("--sure", type=float, default=0.85, help="from which probability on a question counts as known")
    p.add_argument("--keep", type=float, default=0.3, help="the share of all others that stays")
    p.add_argument("--meant", type=float, default=0.1, help="below this share of the teacher a question is too odd to learn")
    a = p.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    starts = np.fromfile(a.out / "starts.bin", np.uint32)
    tokens = np.fromfile(a.out / "train.bin", np.uint16)
    weights = np.fromfile(a.out / "weights.bin", np.uint8)
    labels = np.fromfile(a.out / "labels.bin", np.int16).reshape(-1, 3)
    soft = dict(np.load(a.out / "soft.npz"))
    pure = np.flatnonzero((labels[:, 1] >= 0) & ~soft["mixed"])
    meant = np.where(soft["intents"] == labels[:, 1][:, None], soft["shares"], 0).sum(1)
    sure = np.full(len(starts), 1.0)
    sure[pure] = sureness(a, tokens, starts, labels, pure)
    hard = (sure < a.sure) & (meant >= a.meant)
    kept = np.flatnonzero(hard | (rng.random(len(starts)) < a.keep))

    a.to.mkdir(parents=True, exist_ok=True)
    ends = np.append(starts, len(tokens))
    places = np.concatenate([np.arange(ends[i], ends[i + 1]) for i in kept])
    lengths = (ends[kept + 1] - ends[kept]).astype(np.uint32)
    tokens[places].tofile(a.to / "train.bin")
    weights[places].tofile(a.to / "weights.bin")
    (np.cumsum(lengths, dtype=np.uint32) - lengths).tofile(a.to / "starts.bin")
    labels[kept].tofile(a.to / "labels.bin")
    np.savez(a.to / "soft.npz", **{key: part[kept] for key, part in soft.items()})
    for name in ("corpus.json", "intents.json"):
        shutil.copy(a.out / name, a.to / name)
    print(f"{hard.sum():,} of {len(pure):,} questions are hard; {len(kept):,} of {len(starts):,} conversations stay, {len(places):,} tokens")


@torch.no_grad()
def sureness(a: argparse.Namespace, tokens: np.ndarray, starts: np.ndarray, labels: np.ndarray, pure: np.ndarray) -> np.ndarray:
    """For each of these questions: how probable the guide thinks what it is about."""
    info = json.loads((a.out / "corpus.json").read_text())
    saved = torch.load(a.start, weights_only=True)
    known = {name: i for i, name in enumerate(json.loads((a.start.parent / "intents.json").read_text()))}
    own = torch.tensor([known.get(name, -1) for name in json.loads((a.out / "intents.json").read_text())])
    model = Guide(Shape(vocab=info["vocabulary"]), 0.0)
    model.load_state_dict(saved.get("average") or saved["model"])
    model.eval()
    found = np.zeros(len(pure))
    order = np.argsort(labels[pure, 0], kind="stable")
    at = 0
    while at < len(order):
        count = 1
        while at + count < len(order) and (count + 1) * (labels[pure[order[at + count]], 0] + 1) <= ROOM:
            count += 1
        rows = order[at:at + count]
        ends = labels[pure[rows], 0].astype(np.int64)
        x = np.zeros((count, int(ends.max()) + 1), np.int64)
        for row, (i, end) in enumerate(zip(pure[rows], ends)):
            x[row, : end + 1] = tokens[starts[i]:starts[i] + end + 1]
        _, before = model(torch.from_numpy(x))
        felt = F.rms_norm(before[torch.arange(count), torch.from_numpy(ends)], (model.s.dim,))
        intents = own[torch.from_numpy(labels[pure[rows], 1].astype(np.int64))]
        shares = F.softmax(felt @ saved["hint"]["weight"].T, 1).gather(1, intents.clamp(min=0)[:, None])[:, 0]
        found[rows] = torch.where(intents < 0, 0.0, shares).numpy()
        at += count
    return found


if __name__ == "__main__":
    main()
