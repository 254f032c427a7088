"""python3 train-autoencoder.py [--minutes 12]    # out/autoencoder.pt; goes on where it was

The latents are given noise before they are decoded, so that the decoder forgives what the painter gets a little wrong.
"""
import argparse
import os
import time

import numpy as np
import torch

from autoencoder import Autoencoder
from scenes import held_out, random_scene, render

here = os.path.dirname(os.path.abspath(__file__))
file = os.path.join(here, 'out', 'autoencoder.pt')


def pictures(random, count):
    made = np.stack([render(scene) for scene in (random_scene(random) for _ in range(count)) if held_out(scene) != 'color'])
    return torch.from_numpy(made).permute(0, 3, 1, 2).contiguous()


def as_floats(bytes_):
    return bytes_.float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--minutes', type=float, default=12)
    arguments.add_argument('--size', type=int, default=32)
    arguments.add_argument('--rate', type=float, default=4e-3)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    random = np.random.default_rng(1)
    test, pool = as_floats(pictures(np.random.default_rng(0), 150)), pictures(random, 3000)
    model = Autoencoder().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=0.01, betas=(0.9, 0.98))
    start, step, sums, shown = time.time(), 0, 0.0, time.time()
    print(sum(value.numel() for value in model.parameters()), 'parameters', flush=True)
    while (share := (time.time() - start) / (options.minutes * 60)) < 1:
        if step % 60 == 59 and len(pool) < 12000:
            pool = torch.cat([pool, pictures(random, 600)])
        for group in optimiser.param_groups:
            group['lr'] = options.rate * min(1, (step + 1) / 50) * (1 - share) ** 1.2
        batch = as_floats(pool[torch.randint(len(pool), (options.size,))])
        latents = model.encode(batch)
        noise = torch.rand(len(batch), 1, 1, 1) * 0.35
        gap = model.decode(latents + noise * torch.randn_like(latents)) - batch
        loss = gap.abs().mean() + gap.square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        sums = sums * 0.98 + loss.item() * 0.02
        if time.time() - shown > 30:
            shown = time.time()
            measure(model, test, f'step {step} minutes {(shown - start) / 60:.1f} loss {sums:.4f}')
    measure(model, test, f'step {step} end')


def measure(model, test, words):
    model.eval()
    with torch.no_grad():
        latents = model.encode(test)
        clean, noisy = (model.decode(latents + amount * torch.randn_like(latents)).clamp(-1, 1) for amount in (0, 0.2))
    decibels = lambda made: -10 * torch.log10((made - test).div(2).square().mean()).item()
    print(f'{words} | {decibels(clean):.1f} dB, with noise {decibels(noisy):.1f} dB, latents {latents.std().item():.2f}, at most {latents.abs().max().item():.1f}', flush=True)
    model.train()
    torch.save(model.state_dict(), file)


if __name__ == '__main__':
    main()
