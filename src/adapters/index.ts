// Written by bin/indexes.js from the files in this folder.
import type {AnyAdapter} from '../contract/adapter.ts';
import {energyGate} from './energy-gate.ts';
import {espeak} from './espeak.ts';
import {flite} from './flite.ts';
import {gguf} from './gguf.ts';
import {kokoro} from './kokoro.ts';
import {piper} from './piper.ts';
import {sileroVad} from './silero-vad.ts';
import {spellingCnn} from './spelling-cnn.ts';
import {textToWaveform} from './text-to-waveform.ts';
import {whisper} from './whisper.ts';

/** Every built-in adapter, in the order they are asked; plugins add theirs at run time. */
export const adapters: readonly AnyAdapter[] = [energyGate, espeak, flite, gguf, kokoro, piper, sileroVad, spellingCnn, textToWaveform, whisper];
