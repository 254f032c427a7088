import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {RequestOf, Warning} from '../../contract/task.ts';
import {toPcm16} from '../../media/pcm.ts';
import {Spinner} from '../spinner.ts';
import {tellWarning} from '../tell-warning.ts';
import type {Terminal} from '../terminal.ts';
import {inTypedWords, type TypedNames} from '../typed-words.ts';
import type {Sink} from './sink.ts';

export interface SpeakAsk {
	readonly client: Client;
	readonly model: string;
	readonly request: RequestOf<'speech'>;
	readonly sinks: readonly Sink[];
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
}

/** What was made, in numbers; times in milliseconds from the question on. */
export interface Spoken {
	readonly sampleRate: number;
	readonly channels: 1 | 2;
	readonly characters: number;
	readonly audioSeconds: number;
	readonly computeMs: number;
	readonly firstAudioMs: number;
	readonly totalMs: number;
	readonly warnings: readonly Warning[];
}

/** Sends speech to the sinks as it is made; what came before a failure stays in them. */
export async function speak(ask: SpeakAsk): Promise<Spoken> {
	try {
		const spoken = await send(ask);
		for (const sink of ask.sinks) await sink.close('done');
		if (ask.signal.aborted) throw new MofaError('cancelled', {});
		return spoken;
	} catch (error) {
		await Promise.allSettled(ask.sinks.map(sink => sink.close('cut')));
		throw inTypedWords(naming(ask.model, error), typed);
	}
}

async function send({client, model, request, sinks, terminal, signal}: SpeakAsk): Promise<Spoken> {
	const started = performance.now();
	const since = (): number => Math.round(performance.now() - started);
	const warnings: Warning[] = [];
	let firstAudioMs = 0;
	let format: {readonly sampleRate: number; readonly channels: 1 | 2} | undefined;
	using spinner = new Spinner(terminal);
	spinner.show(`loading ${model}`);
	for await (const event of client.run({model, task: 'speech', request, signal})) {
		if (event.type === 'load-end') spinner.show(`${model} begins to speak`);
		else if (event.type === 'warning') {
			spinner.stop();
			warnings.push(event.warning);
			await tellWarning(terminal, event.warning, typed);
		} else if (event.type === 'audio-start') {
			spinner.stop();
			format = {sampleRate: event.sampleRate, channels: event.channels};
			firstAudioMs = since();
			for (const sink of sinks) await sink.open(format);
		} else if (event.type === 'audio-delta') {
			const pcm = toPcm16(event.samples);
			for (const sink of sinks) await sink.write(pcm);
		} else if (event.type === 'speech-end' && format !== undefined)
			return {...format, ...event.usage, firstAudioMs, totalMs: since(), warnings};
	}
	throw signal.aborted ? new MofaError('cancelled', {}) : new Error('the speech ended without its closing event');
}

/** Which voices and languages there are is up to the model. */
function naming(model: string, error: unknown): unknown {
	if (!MofaError.is(error, 'invalid-request')) return error;
	return new MofaError('invalid-request', {...error.data, model}, {cause: error});
}

const typed: TypedNames = {
	text: 'the text',
	voice: '--voice',
	speed: '--speed',
	language: '--language',
	steps: '--steps',
	seed: '--seed',
};
