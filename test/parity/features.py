"""Writes what librosa, torch and ONNX Runtime say of known sounds, for the features in src/media to be held against.

    python features.py [SHARED]        needs librosa, torch, onnxruntime; SHARED holds models/ and media/

Without SHARED the numbers of the real models stay as they are.
"""

import json
import os
import sys
import wave

import librosa
import numpy as np
import torch

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "features", "reference.json")


def signal(count):
    """A tone that rises, and noise. The same formula stands in the test."""
    seed, noise = 1, np.zeros(count)
    for at in range(count):
        seed = seed * 16807 % 2147483647
        noise[at] = seed / 2147483647 - 0.5
    time = np.arange(count) / 16000
    return (0.3 * np.sin(2 * np.pi * (200 * time + 1500 * time * time)) + 0.02 * noise).astype(np.float32)


def numbers(values):
    return [float(f"{value:.7g}") for value in np.asarray(values, dtype=np.float64).ravel()]


def power(size):
    frame = torch.tensor(signal(size), dtype=torch.float64)
    return numbers(torch.fft.rfft(frame).abs() ** 2)


def mels(size, count, low, high, htk, equal_area):
    """The energies of two spectra, which tell where each filter lies and how wide it is."""
    filters = librosa.filters.mel(
        sr=16000, n_fft=size, n_mels=count, fmin=low, fmax=high, htk=htk, norm="slaney" if equal_area else None,
        dtype=np.float64,
    )
    bins = np.arange(size // 2 + 1)
    return {
        "size": size, "mels": count, "low": low, "high": high, "scale": "htk" if htk else "slaney",
        "equalArea": equal_area, "flat": numbers(filters @ np.ones(len(bins))), "rising": numbers(filters @ bins),
    }


def picture(clip):
    """The features that SpellingCNN was trained with."""
    energies = librosa.feature.melspectrogram(
        y=clip.astype(np.float64), sr=16000, n_fft=512, hop_length=125, window="hann", center=True, pad_mode="reflect",
        power=2, n_mels=64, fmin=20, fmax=8000,
    )[:, :128]
    logs = np.log(energies + 1e-6)
    return (logs - logs.mean()) / logs.std()


def recording(path):
    with wave.open(path) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16) / np.float32(32768)


def silero(shared):
    """Probabilities of a voice, frame by frame, as Silero's own code feeds its graph."""
    import onnxruntime

    session = onnxruntime.InferenceSession(f"{shared}/models/silero-vad/silero_vad.onnx")
    samples = recording(f"{shared}/media/jfk.wav")
    state, context, found = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32), []
    for at in range(0, len(samples), 512):
        frame = np.zeros(512, np.float32)
        frame[: len(samples[at : at + 512])] = samples[at : at + 512]
        feeds = {"input": np.concatenate([context, frame])[None], "state": state, "sr": np.array(16000)}
        output, state = session.run(None, feeds)
        context = frame[-64:]
        found.append(output[0, 0])
    return [round(float(value), 5) for value in found]


def spelling(shared):
    import onnxruntime

    session = onnxruntime.InferenceSession(f"{shared}/models/spelling-cnn/spelling_cnn_mel.onnx")
    clip = recording(f"{shared}/media/spoken-words/zero/evmaki_nohash_0.wav")
    return numbers(session.run(None, {"log_mel": picture(clip)[None, None].astype(np.float32)})[0])


reference = {}
if os.path.exists(out):
    with open(out) as file:
        reference = json.load(file)
reference["power"] = {str(size): power(size) for size in (400, 480, 512)}
reference["mels"] = [
    mels(400, 80, 0, 8000, False, True),
    mels(512, 64, 20, 8000, False, True),
    mels(512, 32, 20, 8000, True, False),
]
# Every eighth column.
reference["picture"] = numbers(picture(signal(16000))[:, ::8])
if len(sys.argv) > 1:
    reference["silero"] = silero(sys.argv[1])
    reference["spelling"] = spelling(sys.argv[1])
with open(out, "w") as file:
    json.dump(reference, file)
    file.write("\n")
