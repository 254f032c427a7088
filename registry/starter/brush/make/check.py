"""Compares the files with the networks they were made of: python3 check.py [--name brush] [--folder ..] [--fixture FOLDER]

`--fixture` keeps a caption, what the reader made of it, one step of the painter, a decoded and an encoded picture, for the tests.
"""
import argparse
import json
import os
import time

import numpy as np
import onnxruntime
import torch

from autoencoder import SCALING
from export import OPTIONS, load
from scenes import random_scene, render
from schedule import paint
from vocabulary import Words

here = os.path.dirname(os.path.abspath(__file__))
CAPTION = 'a red circle above a blue square'


class Files:
    def __init__(self, folder):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        names = ('text_encoder', 'unet', 'vae_decoder', 'vae_encoder')
        self.graphs = {name: onnxruntime.InferenceSession(os.path.join(folder, name, 'model.onnx'), options, providers=['CPUExecutionProvider']) for name in names}

    def run(self, name, **inputs):
        graph = self.graphs[name]
        return dict(zip([output.name for output in graph.get_outputs()], graph.run(None, inputs)))

    def reader(self, ids):
        return torch.from_numpy(self.run('text_encoder', input_ids=ids.astype(np.int32))['last_hidden_state'])

    def painter(self, latents, times, words):
        return torch.from_numpy(self.run('unet', sample=latents.numpy(), timestep=times.numpy().astype(np.int64), encoder_hidden_states=words.numpy())['out_sample'])

    def decode(self, latents):
        return torch.from_numpy(self.run('vae_decoder', latent_sample=(latents / SCALING).numpy())['sample'])


@torch.no_grad()
def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--name', default='brush')
    arguments.add_argument('--folder', default=os.path.dirname(here))
    arguments.add_argument('--fixture')
    options = arguments.parse_args()
    torch.set_num_threads(1)
    (autoencoder, reader, painter), files, words = load(options.name), Files(options.folder), Words()
    ids = np.stack([words.ids(text) for text in (CAPTION, '', 'three green triangles on a black background, please')])
    read = reader(torch.from_numpy(ids))
    latents, times = torch.randn(3, 4, 16, 16, generator=torch.Generator().manual_seed(4)), torch.tensor([700])
    wide = torch.randn(1, 4, 24, 16, generator=torch.Generator().manual_seed(5))
    picture = torch.from_numpy(render(random_scene(np.random.default_rng(8))))[None].permute(0, 3, 1, 2).float() / 127.5 - 1
    gaps = {
        'text_encoder': files.reader(ids) - read,
        'unet': files.painter(latents, times, read) - painter(latents, times, read),
        'unet of another size': files.painter(wide, times, read[:1]) - painter(wide, times, read[:1]),
        'vae_decoder': files.decode(latents) - autoencoder.decode(latents),
        'vae_encoder': torch.from_numpy(files.run('vae_encoder', sample=picture.numpy())['latent_sample']) * SCALING - autoencoder.encode(picture),
    }
    worst = {name: gap.abs().max().item() for name, gap in gaps.items()}
    print({name: f'{gap:.1e}' for name, gap in worst.items()})
    begun = time.time()
    files.decode(paint(files.painter, read[:1], read[1:2], OPTIONS['steps'], OPTIONS['guidance']))
    print(f'a picture in {time.time() - begun:.2f} s')
    assert max(worst.values()) < 1e-3
    if options.fixture:
        keep(options.fixture, autoencoder, reader, painter, ids[:1], latents[:1], picture)


def keep(folder, autoencoder, reader, painter, ids, latents, picture):
    """Numbers as base64 of little-endian float32; latents are what the painter sees, not what the decoder's file takes."""
    import base64
    packed = lambda value: base64.b64encode(np.ascontiguousarray(value.numpy(), '<f4').tobytes()).decode()
    read = reader(torch.from_numpy(ids))
    os.makedirs(folder, exist_ok=True)
    made = {
        'caption': CAPTION, 'ids': ids[0].tolist(), 'hidden': packed(read), 'latents': packed(latents), 'time': 700, 'step': packed(painter(latents, torch.tensor([700]), read)),
        'scaling': SCALING, 'picture': packed(picture[:, :, ::2, ::2].contiguous()), 'decoded': packed(autoencoder.decode(latents[:, :, :8, :8])), 'encoded': packed(autoencoder.encode(picture[:, :, ::2, ::2].contiguous())),
    }
    with open(os.path.join(folder, 'reference.json'), 'w') as file:
        json.dump(made, file, indent='\t')
        file.write('\n')


if __name__ == '__main__':
    main()
