"""Makes a GGUF file that costs what a model of its shape costs and says one text, whatever it is asked.

How fast a model writes depends on its shape alone, but when the first clause of an answer is there depends on its words, and
what random weights write has none. Here the layers add nothing to what they are given (they are computed all the same), and
each token's row of the output is the embedding of the token before it. The text is made of tokens of about a word.

    python3 talking_model.py <make_gguf.py> <preset> <type> <text> <file>
"""
import dataclasses
import importlib.util
import mmap
import os
import re
import sys

maker_file, preset, kind, text, file = sys.argv[1:6]
spec = importlib.util.spec_from_file_location("make_gguf", maker_file)
maker = importlib.util.module_from_spec(spec)
sys.modules["make_gguf"] = maker
spec.loader.exec_module(maker)

# A word that came before is joined to the next, because each token leads to one other only.
words, joined = [], ""
for word in re.findall(r" ?\S+", text):
    joined += word
    if joined not in words:
        words.append(joined)
        joined = ""
if joined:
    words.append(joined)

shape = dataclasses.replace(maker.PRESETS[preset], tied=False)
first_word = shape.vocab - len(maker.SPECIAL) - len(words)
made_of_letters = maker.vocabulary


def vocabulary(size):
    tokens, merges, kinds = made_of_letters(size)
    spelled = [word.replace(" ", "\u0120") for word in words]
    tokens = [f"<{index}>" if token in spelled else token for index, token in enumerate(tokens)]
    tokens[first_word : first_word + len(words)] = spelled
    known = set(tokens)
    merges = [merge for merge in merges if {*merge.split(" "), merge.replace(" ", "")} <= known]
    return tokens, merges, kinds


maker.vocabulary = vocabulary
embedding_kind = "Q8_0" if kind == "Q4_0" else kind
maker.write(file + ".part", shape, f"talking-{preset}", kind, embedding_kind, 0, None, quiet=True)

places, offset = {}, 0
for name, columns, rows in maker.tensors(shape):
    stored = embedding_kind if name in ("token_embd.weight", "output.weight") else kind
    size = maker.tensor_bytes("F32" if rows == 0 else stored, columns, rows)
    places[name] = (offset, size, size // max(1, rows))
    offset += -(-size // 32) * 32

with open(file + ".part", "r+b") as opened:
    data = mmap.mmap(opened.fileno(), 0)
    begin = len(data) - offset

    def row(name, index):
        at, _, length = places[name]
        return slice(begin + at + index * length, begin + at + (index + 1) * length)

    # The template ends in a line feed, whose own row is zero, as is that of the token which ends an answer.
    line_feed, end = 10, shape.vocab - 1
    data[row("token_embd.weight", line_feed)] = data[row("token_embd.weight", 1000)]
    path = [line_feed, *range(first_word, first_word + len(words)), end]
    for before, after in zip(path, path[1:]):
        data[row("output.weight", after)] = data[row("token_embd.weight", before)]
    for name, (at, size, _) in places.items():
        if name.endswith(("attn_output.weight", "ffn_down.weight")):
            data[begin + at : begin + at + size] = bytes(size)
    data.flush()
    data.close()
os.replace(file + ".part", file)
