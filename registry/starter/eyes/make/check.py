"""Compares the files with the network they were made of: python3 check.py [--name eyes] [--folder ..] [--fixture FOLDER]

`--fixture` keeps some pictures of the test set and what torch answers about them, token by token, for the tests.
"""
import argparse
import json
import os

import numpy as np
import onnxruntime
import torch
from PIL import Image

import vocabulary
from export import load
from model import HEAD, HEADS, LAYERS, WIDTH
from score import TestSet, pixels_of

here = os.path.dirname(os.path.abspath(__file__))


class Files:
    def __init__(self, folder):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        open_ = lambda name: onnxruntime.InferenceSession(os.path.join(folder, 'onnx', f'{name}.onnx'), options, providers=['CPUExecutionProvider'])
        self.vision, self.embed, self.decoder = open_('vision_encoder'), open_('embed_tokens'), open_('decoder_model_merged')

    def features(self, pixels):
        """Of one picture; a second one of nothing but padding must not count."""
        padded = np.stack([pixels, np.zeros_like(pixels)])[None]
        mask = np.ones((1, 2, 64, 64), bool)
        mask[0, 1] = False
        return self.vision.run(None, {'pixel_values': padded, 'pixel_attention_mask': mask})[0]

    def answer(self, prompt, features, padding=0, limit=48):
        """`padding` tokens before the prompt must not count either."""
        ids = np.array([[vocabulary.PAD] * padding + prompt])
        x = self.embed.run(None, {'input_ids': ids})[0]
        if features is not None:
            x[ids == vocabulary.PICTURE] = features.reshape(-1, WIDTH)
        mask = np.array([[0] * padding + [1] * len(prompt)])
        places = np.maximum(mask.cumsum(1) - 1, 0)
        past = {f'past_key_values.{i}.{part}': np.zeros((1, HEADS, 0, HEAD), np.float32) for i in range(LAYERS) for part in ('key', 'value')}
        names = [output.name for output in self.decoder.get_outputs()]
        made = []
        while len(made) < limit:
            out = dict(zip(names, self.decoder.run(None, {'inputs_embeds': x, 'attention_mask': mask, 'position_ids': places, **past})))
            token = int(out['logits'][0, -1].argmax())
            if token == vocabulary.END:
                break
            made.append(token)
            past = {name: out[name.replace('past_key_values', 'present')] for name in past}
            x = self.embed.run(None, {'input_ids': np.array([[token]])})[0]
            mask = np.concatenate([mask, [[1]]], axis=1)
            places = places[:, -1:] + 1
        return made


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='eyes')
    arguments.add_argument('--folder', default=os.path.dirname(here))
    arguments.add_argument('--fixture')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    words = vocabulary.Words()
    model, files, test = load(options.name), Files(options.folder), TestSet(words, 80)
    worst = same = 0
    rows = test.rows[::6]
    for _, _, question, _, picture in rows:
        prompt = words.prompt(question, picture is not None)
        wanted, made = features_of(model, picture), None
        if picture is not None:
            made = files.features(pixels_of(picture[None])[0].numpy())
            worst = max(worst, float(np.abs(wanted.numpy() - made).max()))
        ids = model.answer([prompt], wanted, vocabulary.PICTURE, vocabulary.END)[0]
        same += ids == files.answer(prompt, made) == files.answer(prompt, made, padding=3)
    print(f'{same} of {len(rows)} the same token for token; features differ by at most {worst:.1e}')
    assert same == len(rows) and worst < 1e-3
    if options.fixture:
        keep(options.fixture, model, words, test)


@torch.no_grad()
def features_of(model, picture):
    return None if picture is None else model.vision(pixels_of(picture[None]))


def keep(folder, model, words, test):
    """Five pictures with three questions each, and one question without a picture."""
    os.makedirs(folder, exist_ok=True)
    kept, features = [], []
    pictures = {}
    for name, kind, question, answer, picture in test.rows:
        if picture is not None:
            pictures.setdefault(picture.tobytes(), []).append((question, answer, picture))
    some = list(pictures.values())
    for number, asked in enumerate(some[:: len(some) // 5][:5]):
        file = f'{number + 1}.png'
        Image.fromarray(asked[0][2]).save(os.path.join(folder, file), optimize=True)
        features.append(features_of(model, asked[0][2]).numpy())
        kept += [entry(model, words, file, question, answer, asked[0][2]) for question, answer, _ in asked[:3]]
    kept.append(entry(model, words, None, 'what do you see?', None, None))
    np.concatenate(features).astype('<f4').tofile(os.path.join(folder, 'features.bin'))
    with open(os.path.join(folder, 'reference.json'), 'w') as file:
        json.dump({'questions': kept}, file, indent='\t')
        file.write('\n')


def entry(model, words, file, question, right, picture):
    prompt = words.prompt(question, picture is not None)
    ids = model.answer([prompt], features_of(model, picture), vocabulary.PICTURE, vocabulary.END)[0]
    return {'picture': file, 'question': question, 'right': right, 'text': words.text(ids), 'prompt': prompt, 'tokens': ids}


main()
