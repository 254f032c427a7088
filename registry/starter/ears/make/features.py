"""Whisper's log-mel spectrogram in numpy: 80 bands, Hann window of 25 ms; here with a step of 20 ms instead of 10."""
import numpy as np

RATE = 16000
WINDOW = 400
HOP = 320
BANDS = 80
SECONDS = 8
FRAMES = SECONDS * RATE // HOP
SAMPLES = SECONDS * RATE


def _mel_of(hertz):
    hertz = np.asarray(hertz, dtype=np.float64)
    return np.where(hertz < 1000, 3 * hertz / 200, 15 + np.log(np.maximum(hertz, 1e-9) / 1000) * 27 / np.log(6.4))


def _hertz_of(mel):
    return np.where(mel < 15, 200 * mel / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


def _filters():
    """[201, 80], Slaney's scale and norm."""
    edges = _hertz_of(np.linspace(_mel_of(0), _mel_of(8000), BANDS + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return (np.maximum(0, np.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))).astype(np.float32)


FILTERS = _filters()
HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def power_mel(wave, edge='reflect'):
    """float32 samples -> [len // 320, 80] power in each band."""
    count = len(wave) // HOP
    padded = np.pad(wave.astype(np.float32), WINDOW // 2, mode=edge)
    at = np.arange(count)[:, None] * HOP + np.arange(WINDOW)
    spectrum = np.fft.rfft(padded[at] * HANN, axis=1)
    return (spectrum.real ** 2 + spectrum.imag ** 2).astype(np.float32) @ FILTERS


def normalised(log10_power):
    """log10 of power [..., frames, 80] -> what the network is given, as Whisper does it."""
    highest = log10_power.max(axis=(-1, -2), keepdims=True)
    return (np.maximum(log10_power, highest - 8) + 4) / 4


def log_mel(wave):
    """Up to 8 s of samples at 16 kHz -> [80, 400], padded with silence."""
    padded = np.zeros(SAMPLES, dtype=np.float32)
    padded[: min(len(wave), SAMPLES)] = wave[:SAMPLES]
    return normalised(np.log10(np.maximum(power_mel(padded), 1e-10))).T.astype(np.float32)
