#!/usr/bin/env python3
"""A teacher for train.py: a bag of words, word pairs and pieces of words that names the intent of a question.

It is too large to ship and cannot write, but from few phrasings it learns which words decide. It is trained on the
questions of out/corpus.jsonl and then says of the mixed-up ones, which have no right answer, what they are most like:
out/soft.npz, some intents and their probabilities for each conversation. The guide learns these beside the answers.
"""
from __future__ import annotations

import argparse
import json
import re
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SLOTS, WIDTH, KEPT = 1 << 16, 128, 6


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    p.add_argument("--also", type=Path, help="another such folder, to learn from its questions too and to speak of its mixed-up ones")
    p.add_argument("--rounds", type=int, default=4)
    p.add_argument("--check", type=Path, help="a JSON list of {q, ok}: prints how many questions get one of the intents that are ok")
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    names = json.loads((a.out / "intents.json").read_text())
    number = {name: i for i, name in enumerate(names)}
    lines = [json.loads(line) for line in (a.out / "corpus.jsonl").open()]
    counts = [len(lines)]
    folders = [a.out]
    if a.also:
        if json.loads((a.also / "intents.json").read_text()) != names:
            raise SystemExit("these folders are of different knowledge: make them anew")
        lines += [json.loads(line) for line in (a.also / "corpus.jsonl").open()]
        counts.append(len(lines) - counts[0])
        folders.append(a.also)
    asked = [features(next(m["content"] for m in reversed(line["messages"]) if m["role"] == "user")) if "intent" in line else None for line in lines]
    pure = [i for i, line in enumerate(lines) if asked[i] is not None and "mixed" not in line and len(line["messages"]) == 2]
    labels = torch.tensor([number[lines[i]["intent"]] for i in pure])
    model = Bag(len(names))
    optimizer = torch.optim.Adam(model.parameters())
    size = 1024
    total = a.rounds * (len(pure) // size)
    step = 0
    for _ in range(a.rounds):
        order = torch.randperm(len(pure))
        for at in range(0, len(order) - size + 1, size):
            chosen = order[at:at + size]
            loss = F.cross_entropy(model([asked[pure[i]] for i in chosen]), labels[chosen])
            optimizer.param_groups[0]["lr"] = 0.02 * (1 - step / (total + 1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
    model.eval()
    print(f"teacher: {len(pure):,} questions, loss {loss.item():.3f}", flush=True)
    if a.check:
        rows = json.loads(a.check.read_text())
        with torch.no_grad():
            best = model([features(row["q"]) for row in rows]).argmax(1)
        print(f"{a.check}: {sum(names[b] in row['ok'] for b, row in zip(best, rows)) / len(rows):.4f}")
    intents = np.zeros((len(lines), KEPT), np.int64)
    shares = np.zeros((len(lines), KEPT), np.float32)
    known = [i for i, f in enumerate(asked) if f is not None]
    with torch.no_grad():
        for at in range(0, len(known), 4096):
            some = known[at:at + 4096]
            top = model([asked[i] for i in some]).softmax(1).topk(KEPT)
            intents[some] = top.indices.numpy()
            shares[some] = (top.values / top.values.sum(1, keepdim=True)).numpy()
    mixed = np.array(["mixed" in line for line in lines])
    at = 0
    for folder, count in zip(folders, counts):
        part = slice(at, at + count)
        np.savez(folder / "soft.npz", intents=intents[part], shares=shares[part], mixed=mixed[part])
        at += count


class Bag(nn.Module):
    def __init__(self, classes: int):
        super().__init__()
        self.bag = nn.EmbeddingBag(SLOTS, WIDTH, mode="mean")
        nn.init.normal_(self.bag.weight, std=0.1)
        self.head = nn.Linear(WIDTH, classes)

    def forward(self, texts: list[np.ndarray]) -> torch.Tensor:
        starts = np.cumsum([0, *(len(t) for t in texts[:-1])])
        return self.head(F.dropout(self.bag(torch.from_numpy(np.concatenate(texts)), torch.from_numpy(starts)), 0.3, self.training))


def features(text: str) -> np.ndarray:
    words = re.findall(r"[a-z0-9_.'/:-]*[a-z0-9]|[?+*=]", text.lower())
    found = ["w" + word for word in words] + [f"b{a} {b}" for a, b in zip(["^", *words], [*words, "$"])]
    for word in words:
        whole = f"<{word}>"
        if len(word) > 3:
            found += ["c" + whole[i:i + 4] for i in range(len(whole) - 3)]
    return np.array([zlib.crc32(f.encode()) % SLOTS for f in found] or [0], np.int64)


if __name__ == "__main__":
    main()
