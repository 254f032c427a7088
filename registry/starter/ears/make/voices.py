"""Voices from Debian's own packages: espeak-ng and flite called in this process, festival beside it.

    apt install espeak-ng flite festival festvox-kdlpc16k festvox-us-slt-hts
"""
import ctypes
import os
import subprocess
import tempfile

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

RATE = 16000
ACCENTS = ['en-us', 'en-us', 'en-us', 'en-us', 'en', 'en', 'en-gb-scotland', 'en-gb-x-rp', 'en-gb-x-gbclan', 'en-us-nyc', 'en-029']
VARIANTS = 'adam Alex Alicia Andrea Andy Annie antonio aunty belinda benjamin boris caleb david Denis Diogo ed edward edward2 Gene Gene2 gustave announcer Henrique Hugo iven iven2 iven3 iven4 Jacky john Lee marcelo Marco Mario max Michael michel miguel Nguyen pablo paul pedro quincy rob robosoft robosoft2 robosoft4 robosoft6 robosoft8 steph steph2 Storm Tweaky zac anika AnxiousAndy f1 f2 f3 f5 grandpa klatt klatt2 klatt4 klatt6 m1 m2 m3 m4 m6 m8 norbert sandro shelby travis victor whisper grandma'.split()
# Never heard in training. Each is a throat of its own: pitch, formants, breath.
HELD_OUT_VARIANTS = 'f4 m5 m7 linda robert Mike steph3 klatt3 robosoft5 kaukovalta'.split()
HELD_OUT_ACCENTS = ['en-us', 'en', 'en-gb-x-gbcwmd']
FLITE = ['slt', 'rms', 'awb', 'kal16']
FESTIVAL = {'slt_hts': 'voice_cmu_us_slt_arctic_hts', 'ked': 'voice_ked_diphone'}


class Espeak:
    def __init__(self, folder=None):
        """With the data in `folder`/espeak-ng-data, or with its own."""
        self.library = ctypes.CDLL('libespeak-ng.so.1')
        self.rate = self.library.espeak_Initialize(2, 400, folder and folder.encode(), 0)
        self.library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.pieces = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self.callback = kind(self._take)
        self.library.espeak_SetSynthCallback(self.callback)

    def _take(self, samples, count, _events):
        if samples and count > 0:
            self.pieces.append(ctypes.string_at(samples, count * 2))
        return 0

    def speak(self, text, voice, rate=175, pitch=50, spread=50):
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f'espeak-ng has no voice {voice}')
        for parameter, value in ((1, rate), (3, pitch), (4, spread)):
            self.library.espeak_SetParameter(parameter, int(value), 0)
        self.pieces.clear()
        data = text.encode()
        self.library.espeak_Synth(data, len(data) + 1, 0, 0, 0, 1, None, None)
        wave = np.frombuffer(b''.join(self.pieces), dtype=np.int16).astype(np.float32) / 32768
        return resample_poly(wave, 320, 441).astype(np.float32)

    def phonemes(self, text):
        """What is said, in American sounds without stress: the labels of the auxiliary loss."""
        self.library.espeak_SetVoiceByName(b'en-us')
        pointer = ctypes.c_char_p(text.encode())
        out = []
        while pointer.value:
            clause = self.library.espeak_TextToPhonemes(ctypes.byref(pointer), 1, (ord('_') << 8) | 2).decode()
            out += [sound.strip('ˈˌ') for sound in clause.replace(' ', '_').replace('\n', '_').split('_')]
        return [sound for sound in out if sound]


class _Wave(ctypes.Structure):
    _fields_ = [('type', ctypes.c_char_p), ('rate', ctypes.c_int), ('count', ctypes.c_int), ('channels', ctypes.c_int), ('samples', ctypes.POINTER(ctypes.c_short))]


class _Voice(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('features', ctypes.c_void_p)]


class Flite:
    def __init__(self):
        self.library = ctypes.CDLL('libflite.so.1', mode=ctypes.RTLD_GLOBAL)
        for name in ('libflite_usenglish.so.1', 'libflite_cmulex.so.1'):
            ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
        self.library.flite_init()
        self.library.flite_text_to_wave.restype = ctypes.POINTER(_Wave)
        self.library.flite_text_to_wave.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        self.library.flite_feat_set_float.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float]
        self.library.delete_wave.argtypes = [ctypes.c_void_p]
        self.voices = {}

    def speak(self, text, voice, stretch=1.0):
        if voice not in self.voices:
            register = getattr(ctypes.CDLL(f'libflite_cmu_us_{voice}.so.1'), f'register_cmu_us_{voice}')
            register.restype = ctypes.c_void_p
            register.argtypes = [ctypes.c_char_p]
            self.voices[voice] = register(None)
        pointer = self.voices[voice]
        features = ctypes.cast(pointer, ctypes.POINTER(_Voice)).contents.features
        self.library.flite_feat_set_float(features, b'duration_stretch', stretch)
        made = self.library.flite_text_to_wave(text.encode(), pointer)
        wave = np.ctypeslib.as_array(made.contents.samples, (made.contents.count,)).astype(np.float32) / 32768
        assert made.contents.rate == RATE
        self.library.delete_wave(ctypes.cast(made, ctypes.c_void_p))
        return wave


def festival(texts, voice):
    """All texts in one process, as festival is slow to start."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f'({FESTIVAL[voice]})']
        for i, text in enumerate(texts):
            assert '"' not in text and '\\' not in text
            lines.append(f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{folder}/{i}.wav" (quote riff))')
        subprocess.run(['festival', '--pipe'], input='\n'.join(lines).encode(), check=True, stdout=subprocess.DEVNULL)
        for i in range(len(texts)):
            file = os.path.join(folder, f'{i}.wav')
            if not os.path.exists(file):
                yield None
                continue
            rate, wave = wavfile.read(file)
            wave = wave.astype(np.float32) / 32768
            yield wave if rate == RATE else resample_poly(wave, RATE, rate).astype(np.float32)
