"""The noise: `scheduler_config.json` in Python. x = signal * picture + noise * random, and the painter tells v = signal * random - noise * picture."""
import numpy as np
import torch

STEPS = 1000
BETA_START, BETA_END = 0.00085, 0.02  # scaled_linear; ends nearly without signal
betas = np.linspace(BETA_START ** 0.5, BETA_END ** 0.5, STEPS) ** 2
ALPHAS = np.cumprod(1 - betas)
SIGNAL, NOISE = torch.tensor(ALPHAS ** 0.5, dtype=torch.float32), torch.tensor((1 - ALPHAS) ** 0.5, dtype=torch.float32)
LOG_SIGMAS = np.log(((1 - ALPHAS) / ALPHAS) ** 0.5)


def random_times(count):
    """Mostly where shapes are decided: as much noise as picture, or a little more."""
    wanted = (torch.randn(count) * 1.5 + 0.3).clamp(LOG_SIGMAS[0], LOG_SIGMAS[-1]).numpy()
    return torch.from_numpy(np.searchsorted(LOG_SIGMAS, wanted).clip(0, STEPS - 1))


def dpm_times(steps):
    """The times DPMSolverMultistepScheduler takes (`timestep_spacing` linspace)."""
    return np.linspace(0, STEPS - 1, steps + 1).round()[::-1][:-1].astype(np.int64)


@torch.no_grad()
def paint(painter, words, nothing, steps=12, guidance=3.0, seed=0, shape=(4, 16, 16)):
    """DPM-Solver++ 2M of v-prediction with guidance: latents of a whole batch. `words` and `nothing` [batch, length, 96]."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(len(words), *shape, generator=random)
    both = torch.cat([nothing, words])
    times = dpm_times(steps)
    signal, noise = [*(SIGNAL[t].item() for t in times), 1.0], [*(NOISE[t].item() for t in times), 0.0]
    level = [np.log(a) - np.log(s) if s > 0 else np.inf for a, s in zip(signal, noise)]
    before = None
    for i, t in enumerate(times):
        without, told = painter(torch.cat([x, x]), torch.tensor([t]), both).chunk(2)
        v = without + guidance * (told - without)
        clean = signal[i] * x - noise[i] * v
        if i + 1 == len(times):
            return clean
        step = level[i + 1] - level[i]
        direction = clean
        if before is not None:
            ratio = (level[i] - level[i - 1]) / step
            direction = clean + (clean - before) / (2 * ratio)
        x = noise[i + 1] / noise[i] * x - signal[i + 1] * np.expm1(-step) * direction
        before = clean
