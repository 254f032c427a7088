"""Tiny Conformers with random weights, as onnx-asr has NeMo's real ones, and what the published decoding makes of them.

    python3 test/parity/nemo.py      # writes test/fixtures/asr/nemo-tdt, nemo-rnnt and nemo-ctc

Names, types and shapes of all graphs, the greedy search over pieces and durations, and the spectrogram (NeMo's
AudioToMelSpectrogramPreprocessor without dither) are those of the real repositories. Only `nemo-tdt` has a graph that makes
the features; those of the others are computed in 64 bits here.
"""
import json
import os
import shutil

import numpy as np
import onnxruntime
import torch
from torch.nn import functional

from layout import export, sample, sound, strong, write_json

fixtures = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/asr')
PIECES = [
    '<unk>', '<|en|>', '\u2581', '5', ',', '?', '\u2581the', '\u2581a', 's', 'ing', 'ken', '\u2581well', 'ed', 'e', '\u2581word', 't', 'o',
    '\u2581spo', '\u2581so', 'n', '\u2581he', 'ar', 'd', '\u2581long', 'er', 'ly', '\u2581\u00fcber', '\u2581\u0434\u0430', '.', '\u25813',
]
BLANK = len(PIECES)
WIDTH, MEMORY, LAYERS = 32, 24, 2
SIZE, WINDOW, HOP = 512, 400, 160
MOST = 10


def noisy(seconds, seed):
    """The tone of the other families and noise above it, so that no band is empty; the test makes the same."""
    wave = sound(seconds, seed).astype(np.float64)
    state, noise = seed, np.empty(len(wave))
    for index in range(len(wave)):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        noise[index] = (state >> 8) / 2**23 - 0.5
    return (wave + 0.02 * noise).astype(np.float32)


def filters(bands):
    """Slaney's mel filters with equal area: [frequencies, bands]."""
    mel = lambda hertz: hertz * 3 / 200 if hertz < 1000 else 15 + np.log(hertz / 1000) * 27 / np.log(6.4)
    hertz = lambda mel: mel * 200 / 3 if mel < 15 else 1000 * np.exp((mel - 15) * np.log(6.4) / 27)
    edges = np.array([hertz(value) for value in np.linspace(mel(0), mel(8000), bands + 2)])
    frequencies = np.arange(SIZE // 2 + 1)[:, None] * 16000 / SIZE
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])


def features(wave, bands):
    """[bands, columns], and how many columns tell of the sound."""
    wave = wave.astype(np.float64)
    wave = np.concatenate([wave[:1], wave[1:] - 0.97 * wave[:-1]])
    padded = np.pad(wave, SIZE // 2)
    window = np.pad(np.hanning(WINDOW), (SIZE - WINDOW) // 2)
    rows = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP] * window
    power = np.abs(np.fft.rfft(rows)) ** 2
    logs = np.log(power @ filters(bands) + 2**-24).T
    heard = len(wave) // HOP
    told = logs[:, :heard]
    logs = (logs - told.mean(1, keepdims=True)) / (told.std(1, ddof=1, keepdims=True) + 1e-5)
    logs[:, heard:] = 0
    return logs, heard


class Features(torch.nn.Module):
    """nemo128.onnx: the same in 32 bits, for a batch of sounds of different lengths."""

    def __init__(self, bands):
        super().__init__()
        self.register_buffer('filters', torch.tensor(filters(bands), dtype=torch.float32))
        self.register_buffer('window', torch.tensor(np.pad(np.hanning(WINDOW), (SIZE - WINDOW) // 2), dtype=torch.float32))

    def forward(self, waveforms, waveforms_lens):
        times = torch.arange(waveforms.shape[1])
        waves = torch.cat([waveforms[:, :1], waveforms[:, 1:] - 0.97 * waveforms[:, :-1]], 1)
        waves = torch.where(times[None] < waveforms_lens[:, None], waves, 0.0)
        waves = functional.pad(waves, (SIZE // 2, SIZE // 2))
        image = torch.stft(waves, SIZE, HOP, SIZE, self.window, center=False, return_complex=False)
        power = image.pow(2).sum(-1)
        logs = torch.log(torch.matmul(power.transpose(1, 2), self.filters) + 2**-24).transpose(1, 2)
        lengths = waveforms_lens // HOP
        told = torch.arange(logs.shape[2])[None, None] < lengths[:, None, None]
        count = lengths[:, None, None].to(logs.dtype)
        mean = torch.where(told, logs, 0.0).sum(2, keepdim=True) / count
        variance = torch.where(told, logs - mean, 0.0).pow(2).sum(2, keepdim=True) / (count - 1)
        return torch.where(told, (logs - mean) / (variance.sqrt() + 1e-5), 0.0), lengths


class Encoder(torch.nn.Module):
    """Eight columns become a frame; frames look at each other; what lies beyond the length is nought."""

    def __init__(self, bands):
        super().__init__()
        self.bands = bands
        self.steps = torch.nn.ModuleList([torch.nn.Conv1d(bands if step == 0 else WIDTH, WIDTH, 3, 2, 1) for step in range(3)])
        self.query, self.key, self.value = (torch.nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, audio_signal, length):
        hidden = audio_signal
        for step in self.steps:
            hidden = torch.where(torch.arange(hidden.shape[2])[None, None] < length[:, None, None], hidden, 0.0)
            hidden = torch.tanh(step(hidden))
            length = (length - 1) // 2 + 1
        told = torch.arange(hidden.shape[2])[None, None] < length[:, None, None]
        rows = hidden.transpose(1, 2)
        scores = torch.matmul(self.query(rows), self.key(rows).transpose(1, 2)) / WIDTH**0.5
        looks = torch.softmax(torch.where(told, scores, -1e4), -1)
        hidden = (rows + 0.3 * torch.matmul(looks, self.value(rows))).transpose(1, 2)
        return torch.where(told, hidden, 0.0), length


class Ctc(torch.nn.Module):
    def __init__(self, bands):
        super().__init__()
        self.encoder = Encoder(bands)
        self.head = torch.nn.Linear(WIDTH, BLANK + 1)

    def forward(self, audio_signal, length):
        hidden, _ = self.encoder(audio_signal, length)
        return torch.log_softmax(self.head(hidden.transpose(1, 2)), -1)


class Joint(torch.nn.Module):
    """The prediction network and the joint network in one graph, without a sign for the beginning, as NeMo exports them."""

    def __init__(self, durations):
        super().__init__()
        self.durations = durations
        self.embed = torch.nn.Embedding(BLANK + 1, MEMORY, padding_idx=BLANK)
        self.lstm = torch.nn.LSTM(MEMORY, MEMORY, LAYERS)
        self.heard, self.written = torch.nn.Linear(WIDTH, WIDTH), torch.nn.Linear(MEMORY, WIDTH)
        self.head = torch.nn.Linear(WIDTH, BLANK + 1 + durations)

    def forward(self, encoder_outputs, targets, target_length, input_states_1, input_states_2):
        written, (one, two) = self.lstm(self.embed(targets).transpose(0, 1), (input_states_1, input_states_2))
        both = self.heard(encoder_outputs.transpose(1, 2)).unsqueeze(2) + self.written(written.transpose(0, 1)).unsqueeze(1)
        return torch.log_softmax(self.head(torch.relu(both)), -1), target_length, one, two


def save(module, inputs, names, outputs, axes, file):
    # Only the weights of a graph count: names of what lies between are the exporter's.
    export(module, inputs, names, outputs, axes, file)
    return onnxruntime.InferenceSession(file)


def begin(name, kind, bands):
    folder = f'{fixtures}/{name}'
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(f'{folder}/config.json', 'w') as out:
        json.dump({'model_type': f'nemo-conformer-{kind}', 'features_size': bands, 'subsampling_factor': 8}, out, indent=4)
    with open(f'{folder}/vocab.txt', 'w', encoding='utf-8') as out:
        out.writelines(f'{piece} {number}\n' for number, piece in enumerate([*PIECES, '<blk>']))
    return folder


heard_axes = {'audio_signal': {0: 'batch', 2: 'columns'}, 'length': {0: 'batch'}}


def encoder_graph(bands, seed, file):
    encoder = strong(Encoder(bands), seed, 1.6)
    example = torch.randn(1, bands, 50), torch.tensor([45])
    axes = heard_axes | {'outputs': {0: 'batch', 2: 'frames'}, 'encoded_lengths': {0: 'batch'}}
    return encoder, save(encoder, example, ['audio_signal', 'length'], ['outputs', 'encoded_lengths'], axes, file)


def joint_graph(durations, seed, quiet, file):
    joint = strong(Joint(durations), seed, 1.6)
    with torch.no_grad():
        joint.embed.weight[BLANK] = 0
        joint.head.bias[BLANK] += quiet
    example = torch.randn(1, WIDTH, 1), torch.tensor([[BLANK]], dtype=torch.int32), torch.tensor([1], dtype=torch.int32), *torch.zeros(2, LAYERS, 1, MEMORY)
    names = ['encoder_outputs', 'targets', 'target_length', 'input_states_1', 'input_states_2']
    outputs = ['outputs', 'prednet_lengths', 'output_states_1', 'output_states_2']
    axes = {
        'encoder_outputs': {0: 'batch', 2: 'frames'}, 'targets': {0: 'batch', 1: 'pieces'}, 'target_length': {0: 'batch'},
        'outputs': {0: 'batch', 1: 'frames', 2: 'pieces', 3: 'numbers'}, 'prednet_lengths': {0: 'batch'},
        **{name: {1: 'batch'} for name in (*names[3:], *outputs[2:])},
    }
    return joint, save(joint, example, names, outputs, axes, file)


def greedy(encode, step, picture, heard):
    """Piece, frame and count of frames of all that is said; the smallest lead of what was chosen."""
    frames, length = encode(picture, heard)
    said, closest, frame, in_frame = [], np.inf, 0, 0
    state = np.zeros((2, LAYERS, 1, MEMORY), np.float32)
    while frame < length:
        numbers, following = step(frames[:, frame], said[-1]['piece'] if said else BLANK, state)
        pieces, durations = numbers[: BLANK + 1], numbers[BLANK + 1 :]
        closest = min(closest, *(np.subtract(*np.sort(each)[::-1][:2]) for each in (pieces, durations) if len(each)))
        piece, jump = int(pieces.argmax()), int(durations.argmax()) if len(durations) else 0
        if piece != BLANK:
            said.append({'piece': piece, 'frame': frame, 'jump': jump, 'logProbability': float(pieces[piece] - np.log(np.exp(pieces).sum()))})
            state, in_frame = following, in_frame + 1
        if jump > 0:
            frame, in_frame = frame + jump, 0
        elif piece == BLANK or in_frame == MOST:
            frame, in_frame = frame + 1, 0
    return said, float(closest)


def transducer(name, kind, bands, durations, seeds, quiet, type):
    folder = begin(name, kind, bands)
    ending = '' if type is None else f'.{type}'
    encoder, encoder_session = encoder_graph(bands, seeds[0], f'{folder}/encoder-model{ending}.onnx')
    joint, joint_session = joint_graph(durations, seeds[1], quiet, f'{folder}/decoder_joint-model{ending}.onnx')
    maker = None
    if type is not None:
        axes = {'waveforms': {0: 'batch', 1: 'samples'}, 'waveforms_lens': {0: 'batch'}, 'features': {0: 'batch', 2: 'columns'}, 'features_lens': {0: 'batch'}}
        maker = save(Features(bands), (torch.tensor(noisy(1, 1))[None], torch.tensor([16000])), ['waveforms', 'waveforms_lens'], ['features', 'features_lens'], axes, f'{folder}/nemo{bands}.onnx')

    def encode(picture, heard):
        with torch.no_grad():
            outputs, lengths = encoder(torch.tensor(picture, dtype=torch.float32)[None], torch.tensor([heard]))
        other = encoder_session.run(None, {'audio_signal': picture.astype(np.float32)[None], 'length': np.array([heard])})
        assert np.abs(other[0] - outputs.numpy()).max() < 1e-4 and other[1][0] == lengths[0]
        return outputs[0].numpy(), int(lengths[0])

    def step(frame, last, state):
        feeds = {'encoder_outputs': frame[None, :, None], 'targets': np.array([[last]], np.int32), 'target_length': np.array([1], np.int32), 'input_states_1': state[0], 'input_states_2': state[1]}
        with torch.no_grad():
            numbers, _, *following = joint(*(torch.tensor(value) for value in feeds.values()))
        other = joint_session.run(None, feeds)
        assert np.abs(other[0] - numbers.numpy()).max() < 1e-4
        return numbers.numpy().ravel(), np.stack([each.numpy() for each in following])

    cases = []
    for seconds, seed in ((1.5, 1), (3.3, 2), (6.01, 3)):
        wave = noisy(seconds, seed)
        picture, heard = features(wave, bands)
        if maker is not None:
            made, length = maker.run(None, {'waveforms': wave[None], 'waveforms_lens': np.array([len(wave)])})
            assert np.abs(made[0] - picture).max() < 2e-3 and length[0] == heard, np.abs(made[0] - picture).max()
        said, closest = greedy(encode, step, picture, heard)
        cases.append({'seconds': seconds, 'seed': seed, 'features': sample(torch.tensor(picture)), 'heard': heard, 'closest': closest, 'said': said})
    done(folder, cases)


def ctc(name, bands, seed, quiet):
    folder = begin(name, 'ctc', bands)
    model = strong(Ctc(bands), seed, 1.6)
    with torch.no_grad():
        model.head.bias[BLANK] += quiet
    axes = heard_axes | {'logprobs': {0: 'batch', 1: 'frames'}}
    session = save(model, (torch.randn(1, bands, 50), torch.tensor([45])), ['audio_signal', 'length'], ['logprobs'], axes, f'{folder}/model.onnx')
    cases = []
    for seconds, at in ((1.5, 1), (3.3, 2), (6.01, 3)):
        picture, heard = features(noisy(seconds, at), bands)
        with torch.no_grad():
            numbers = model(torch.tensor(picture, dtype=torch.float32)[None], torch.tensor([heard]))[0].numpy()
        other = session.run(None, {'audio_signal': picture.astype(np.float32)[None], 'length': np.array([heard])})[0][0]
        assert np.abs(other - numbers).max() < 1e-4
        numbers = numbers[: (heard - 1) // 8 + 1]
        best = numbers.argmax(1)
        said = []
        for frame, piece in enumerate(best.tolist()):
            if frame > 0 and best[frame - 1] == piece:
                if piece != BLANK:
                    said[-1]['jump'] += 1
            elif piece != BLANK:
                said.append({'piece': piece, 'frame': frame, 'jump': 1, 'logProbability': float(numbers[frame, piece])})
        ordered = np.sort(numbers, 1)
        cases.append({'seconds': seconds, 'seed': at, 'features': sample(torch.tensor(picture)), 'heard': heard, 'closest': float((ordered[:, -1] - ordered[:, -2]).min()), 'said': said})
    done(folder, cases)


def done(folder, cases):
    write_json(f'{folder}/reference.json', {'cases': cases}, lines=True)
    for case in cases:
        said = case['said']
        print(os.path.basename(folder), case['seconds'], 'closest', round(case['closest'], 4), 'jumps', [each['jump'] for each in said][:20], ''.join(PIECES[each['piece']] for each in said)[:70])
    print({name: os.path.getsize(f'{folder}/{name}') for name in sorted(os.listdir(folder))})


if __name__ == '__main__':
    transducer('nemo-tdt', 'tdt', 128, 5, (4, 14), 2, 'int8')
    transducer('nemo-rnnt', 'rnnt', 80, 0, (5, 4), 2.8, None)
    ctc('nemo-ctc', 80, 5, 1.2)
