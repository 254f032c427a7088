"""A small autoencoder: 64 x 64 pictures become 16 x 16 latents of 4 channels, and back. Works on any size that 4 divides."""
import torch
from torch import nn
from torch.nn import functional as F

CHANNELS = 4  # of a latent
FACTOR = 4  # pixels of a latent's side
WIDTH = 64
FINE = 32
SCALING = 0.5  # what the file gives times this has a spread of about 1, as Stable Diffusion has it


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = nn.Conv2d(3 * FACTOR ** 2, WIDTH, 3, padding=1)
        self.down2 = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.latent = nn.Conv2d(WIDTH, CHANNELS, 1)
        self.spread = nn.BatchNorm2d(CHANNELS, affine=False, momentum=0.02)
        self.up1 = nn.Conv2d(CHANNELS, WIDTH, 3, padding=1)
        self.up2 = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.up3 = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.widen = nn.Conv2d(WIDTH, FINE * 4, 1)
        self.fine1 = nn.Conv2d(FINE, FINE, 3, padding=1)
        self.fine2 = nn.Conv2d(FINE, 12, 3, padding=1)

    def encode(self, pictures):
        """[batch, 3, height, width] from -1 to 1 -> latents [batch, 4, height / 4, width / 4] of mean 0 and spread 1"""
        x = F.silu(self.down1(F.pixel_unshuffle(pictures, FACTOR)))
        return self.spread(self.latent(x + F.silu(self.down2(x))))

    def decode(self, latents):
        x = self.up1(latents)
        x = x + self.up2(F.silu(x))
        x = x + self.up3(F.silu(x))
        x = F.silu(F.pixel_shuffle(self.widen(F.silu(x)), 2))
        x = x + F.silu(self.fine1(x))
        return F.pixel_shuffle(self.fine2(x), 2)
