"""What a microphone and a room do, done to spectrograms: as power adds up, noise, echo and loudness need no sound again."""
import numpy as np
from scipy.signal import lfilter

from features import BANDS, FRAMES, normalised


def smooth_curve(random, depth):
    """A curve over the bands that wanders by about `depth` decibels."""
    knots = random.normal(0, depth, 6)
    return np.interp(np.linspace(0, 5, BANDS), np.arange(6), knots)


def noise(random, frames):
    """[frames, 80]: hiss, rumble, hum or a hall, with a mean power of 1."""
    tilt = random.choice([0, -15, -30, -40, 10]) * np.linspace(0, 1, BANDS)
    colour = 10 ** ((tilt + smooth_curve(random, 3)) / 10)
    grain = random.exponential(1, (frames, BANDS)) * 0.5 + random.exponential(1, (frames, BANDS)) * 0.5
    if random.random() < 0.15:
        hum = np.zeros(BANDS)
        hum[random.integers(0, 40, 3)] = random.exponential(20, 3)
        colour = colour + hum
        grain = grain * 0.3 + 0.7
    if random.random() < 0.2:  # comes and goes
        grain *= np.interp(np.arange(frames), np.linspace(0, frames, 8), random.exponential(1, 8))[:, None]
    made = colour * grain
    return made / max(made.mean(), 1e-9)


# Where the bands stand, in Hz: even up to 1,000, then in even ratios (Slaney's mel).
HIGHEST = 15 + np.log(8) / (np.log(6.4) / 27)
MELS = np.linspace(0, HIGHEST, BANDS + 2)[1:-1]
CENTRES = np.where(MELS < 15, MELS * 200 / 3, 1000 * np.exp((MELS - 15) * np.log(6.4) / 27))


def other_throat(random, clip):
    """The same words out of a longer or a shorter throat: everything stands higher or lower."""
    place = np.interp(CENTRES * np.exp(random.uniform(-0.16, 0.16)), CENTRES, np.arange(BANDS))
    below = np.minimum(place.astype(int), BANDS - 2)
    share = (place - below).astype(clip.dtype)
    return clip[:, below] * (1 - share) + clip[:, below + 1] * share


def tones(random, frames):
    """[frames, 80]: what sounds steadily and is nobody, whistles and motors, with a mean power of 1."""
    bands = np.full(BANDS, 1e-5)
    for _ in range(random.integers(1, 8)):
        at = random.integers(0, BANDS)
        bands[max(0, at - 1) : at + 2] += random.exponential(1) * np.array([0.2, 1, 0.2])[max(0, 1 - at) : BANDS - at + 1]
    made = bands * random.gamma(20, 1 / 20, (frames, BANDS))
    return made / made.mean()


def heard(random, clip, frames, lead, others, easy):
    """The clip's power in a frame of `frames`, `lead` steps in, as it might come from a microphone; None is nobody speaking."""
    power = np.zeros((frames, BANDS), dtype=np.float64)
    end = frames
    if clip is not None:
        clip = clip.astype(np.float64)
        speech = 10 ** (other_throat(random, clip) if random.random() < 0.6 else clip)
        if random.random() < 0.5:
            speech *= 10 ** (smooth_curve(random, 2 if easy else 4) / 10)
        if random.random() < (0.1 if easy else 0.3):
            echo = lfilter([1], [1, -random.uniform(0.3, 0.75)], speech, axis=0)
            speech = speech + random.uniform(0.02, 0.25) * echo
        power[lead : lead + len(speech)] += speech
        loudness = speech.mean()
        end = min(frames, lead + len(speech) + random.integers(0, 40))
    else:
        loudness = 10 ** random.uniform(-3, 1)
        end = random.integers(20, frames + 1)
    draw = random.random()
    if draw < (0.4 if easy else 0.7) or (clip is None and draw < 0.85):
        ratio = random.uniform(15, 40) if easy else random.uniform(5, 40)
        made = tones if clip is None and random.random() < 0.5 else noise
        power[:end] += made(random, end) * loudness * 10 ** (-ratio / 10)
    if clip is not None and not easy and random.random() < 0.08:  # somebody else, further away
        other = 10 ** others().astype(np.float64)[:frames]
        power[: len(other)] += other * loudness / other.mean() * 10 ** (-random.uniform(12, 25) / 10)
    power *= 10 ** random.uniform(-2.5, 1)
    if random.random() < 0.1:
        power[:, int(random.choice([58, 64, 70])) :] *= 1e-4  # a telephone
    return power


def batch(random, clips, leads, frames, others, easy, masks):
    """Clips (or None) -> float32 [batch, 80, frames] as the network is given them."""
    made = np.stack([heard(random, clip, frames, lead, others, easy) for clip, lead in zip(clips, leads)])
    mel = normalised(np.log10(np.maximum(made, 1e-10))).astype(np.float32)
    if masks:
        for one in mel:
            middle = one.mean()
            for _ in range(2):
                low, wide = random.integers(0, BANDS - 12), random.integers(0, 12)
                one[:, low : low + wide] = middle
                at, long = random.integers(0, frames), random.integers(0, 7)
                one[at : at + long] = middle
    return np.ascontiguousarray(mel.transpose(0, 2, 1))
