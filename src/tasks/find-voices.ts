import type {Handler} from '../contract/task.ts';
import {FrameCutter} from '../media/frame-cutter.ts';
import {SpeechGate, type SpeechGateOptions} from '../media/speech-gate.ts';
import {heardSound} from './heard-sound.ts';
import type {VoiceActivityEvent, VoiceActivityRequest} from './voice-activity.ts';

/** What tells voices from other sound frame by frame; the rest is the same for all. */
export interface VoiceDetector {
	/** Hertz it listens at. */
	readonly sampleRate: number;
	/** Samples it judges at once. */
	readonly frameSamples: number;
	/** What holds where a request says nothing. */
	readonly defaults: Required<Pick<SpeechGateOptions, 'threshold' | 'minSpeech' | 'minSilence' | 'padding'>>;
	/** Begins a sound: the function is called with its frames in order, each once the last was answered. 0..1. */
	readonly begin: (signal: AbortSignal) => (frame: Float32Array) => Promise<number> | number;
}

/** When somebody speaks, as soon as it is sure, while the sound goes on. */
export function findVoices(detector: VoiceDetector): Handler<'voice-activity'> {
	const {sampleRate, frameSamples} = detector;
	return async function* (request, {signal}): AsyncGenerator<VoiceActivityEvent> {
		const tally = {audioSeconds: 0, computeMs: 0};
		const probability = detector.begin(signal);
		const gate = new SpeechGate({frameSamples, sampleRate, ...settings(detector, request)});
		const frames = new FrameCutter(frameSamples);
		const judge = async (frame: Float32Array): Promise<VoiceActivityEvent | undefined> => {
			const started = performance.now();
			const event = gate.push(await probability(frame));
			tally.computeMs += performance.now() - started;
			return event;
		};
		let samples = 0;
		let settled = 0;
		for await (const sound of heardSound(request.audio, {sampleRate, signal, tally})) {
			samples += sound.length;
			for (const frame of frames.push(sound)) {
				const event = await judge(frame);
				if (event !== undefined) yield event;
			}
			if (gate.settled > settled) {
				settled = gate.settled;
				yield {type: 'heard', until: settled};
			}
		}
		const rest = frames.end();
		const event = rest === undefined ? undefined : await judge(rest);
		if (event !== undefined) yield event;
		const last = gate.end(samples / sampleRate);
		if (last !== undefined) yield last;
		yield {type: 'activity-end', usage: {...tally}};
	};
}

function settings(
	{defaults}: VoiceDetector,
	{threshold, minSpeech, minSilence, padding}: VoiceActivityRequest,
): VoiceDetector['defaults'] {
	return {
		threshold: threshold ?? defaults.threshold,
		minSpeech: minSpeech ?? defaults.minSpeech,
		minSilence: minSilence ?? defaults.minSilence,
		padding: padding ?? defaults.padding,
	};
}
