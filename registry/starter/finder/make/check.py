"""Compares the files with the networks they were made of: python3 check.py [--finder finder] [--ranker ranker] [--fixture FOLDER]

`--fixture` keeps what torch makes of some texts, for the tests. Also tells how fast the runtime is with them.
"""
import argparse
import json
import os
import time

import numpy as np
import onnxruntime
import torch

from data import filled, passages, rows, tokenizer
from export import load, starters
from measure import held_out, pair, types
from model import finder, ranker, vectors


def opened(name):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(os.path.join(starters, name, 'onnx/model.onnx'), options, providers=['CPUExecutionProvider'])


def run(session, ids, mask, kinds):
    return session.run(None, {'input_ids': ids.numpy(), 'attention_mask': mask.numpy(), 'token_type_ids': kinds.numpy()})[0]


@torch.no_grad()
def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--finder', default='finder')
    arguments.add_argument('--ranker', default='ranker')
    arguments.add_argument('--fixture')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    words = tokenizer()
    encode = lambda text: words.encode(text, add_special_tokens=False).ids
    asked = [ask for ask, _ in held_out()]
    texts = [one['text'] for one in passages()]
    model, file = load(finder, options.finder), opened('finder')
    some = asked[:24] + texts[:8]
    ids, mask = rows([encode(text) for text in some], 256)
    wanted = model(input_ids=ids, attention_mask=mask).last_hidden_state
    made = run(file, ids, mask, torch.zeros_like(ids))
    apart = (np.abs(wanted.numpy() - made) * mask[..., None].numpy()).max()
    judge, other = load(ranker, options.ranker), opened('ranker')
    pairs = [pair(encode(ask), encode(text)) for ask, text in zip(asked[:24], texts[:24])]
    tokens, seen = filled([one for one, _ in pairs])
    logits = judge(input_ids=tokens, attention_mask=seen, token_type_ids=types(pairs, tokens)).logits
    far = np.abs(logits.numpy() - run(other, tokens, seen, types(pairs, tokens))).max()
    print(f'hidden states differ by at most {apart:.1e}, logits by {far:.1e}')
    assert apart < 1e-3 and far < 1e-3
    begun = time.process_time()
    for at in range(0, 100, 25):
        ids, mask = rows([encode(text) for text in texts[at : at + 25]], 256)
        run(file, ids, mask, torch.zeros_like(ids))
    print(f'100 passages: {time.process_time() - begun:.2f} s of one core')
    if options.fixture:
        keep(options.fixture, model, judge, encode, texts)


def keep(folder, model, judge, encode, texts):
    os.makedirs(folder, exist_ok=True)
    some = ['Where do I see everything that is already downloaded?', 'speak faster', 'Unladen Ωmega tokens: naïve café, 3.14!', texts[1], 'zzyzx']
    asked = [('Tab completion in zsh', texts[0]), ('What does exit code 4 mean?', texts[1]), ('What is the weather like?', 'naïve café, 3.14!')]
    reference = {
        'texts': [{'text': text, 'tokens': encode(text), 'vector': [round(one, 6) for one in vectors(model, *rows([encode(text)], 256))[0].tolist()]} for text in some],
        'pairs': [{'query': ask, 'document': text, 'logit': round(logit(judge, encode(ask), encode(text)), 6)} for ask, text in asked],
    }
    with open(os.path.join(folder, 'reference.json'), 'w') as file:
        json.dump(reference, file, ensure_ascii=False)
        file.write('\n')


def logit(judge, question, passage):
    one = [pair(question, passage, 256)]
    tokens, seen = filled([one[0][0]])
    return judge(input_ids=tokens, attention_mask=seen, token_type_ids=types(one, tokens)).logits.item()


main()
