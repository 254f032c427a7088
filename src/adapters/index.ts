// Written by bin/indexes.js from the files in this folder.
import type {AnyAdapter} from '../contract/adapter.ts';
import {crossEncoder} from './cross-encoder.ts';
import {ctc} from './ctc.ts';
import {diffusion} from './diffusion.ts';
import {energyGate} from './energy-gate.ts';
import {espeak} from './espeak.ts';
import {flite} from './flite.ts';
import {gguf} from './gguf.ts';
import {ggufEncoder} from './gguf-encoder.ts';
import {ggufVision} from './gguf-vision.ts';
import {kitten} from './kitten.ts';
import {kokoro} from './kokoro.ts';
import {model2vec} from './model2vec.ts';
import {moonshine} from './moonshine.ts';
import {nemoConformer} from './nemo-conformer.ts';
import {piper} from './piper.ts';
import {sentenceEncoder} from './sentence-encoder.ts';
import {sherpa} from './sherpa.ts';
import {sherpaStreaming} from './sherpa-streaming.ts';
import {sileroVad} from './silero-vad.ts';
import {speechLanguage} from './speech-language.ts';
import {speechToText} from './speech-to-text.ts';
import {spellingCnn} from './spelling-cnn.ts';
import {supertonic} from './supertonic.ts';
import {textToWaveform} from './text-to-waveform.ts';
import {visionChat} from './vision-chat.ts';
import {whisper} from './whisper.ts';

/** Every built-in adapter, in the order they are asked; plugins add theirs at run time. */
export const adapters: readonly AnyAdapter[] = [
	crossEncoder,
	ctc,
	diffusion,
	energyGate,
	espeak,
	flite,
	gguf,
	ggufEncoder,
	ggufVision,
	kitten,
	kokoro,
	model2vec,
	moonshine,
	nemoConformer,
	piper,
	sentenceEncoder,
	sherpa,
	sherpaStreaming,
	sileroVad,
	speechLanguage,
	speechToText,
	spellingCnn,
	supertonic,
	textToWaveform,
	visionChat,
	whisper,
];
