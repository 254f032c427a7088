import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import {toPcm16} from '../../media/pcm.ts';
import {Resampler} from '../../media/resampler.ts';
import {wavHeader} from '../../media/wav-encoder.ts';
import type {SpeechEvent, SpeechUsage} from '../../tasks/speech.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import {runTask, type TaskRun} from '../run-task.ts';
import type {Services} from '../services.ts';
import {sseComment, sseType} from '../sse.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse, withKeepAlive} from '../stream-response.ts';
import {warningList} from './choices.ts';
import {warningsField, warningsHeader} from './reply.ts';
import {parseSpeech, withoutHostedVoice, type SpeechAsk, type SpeechFormat} from './speech-request.ts';
import {sseChunks} from './sse-chunks.ts';

/** What OpenAI's bare samples are, and what its clients take them for. */
const pcmRate = 24_000;
const contentTypes: Readonly<Record<SpeechFormat, string>> = {wav: 'audio/wav', pcm: 'audio/pcm'};
/** Sound has no comments that could keep a connection alive, so its status waits for the first of it: a timer's longest. */
const untilItSounds = 2 ** 31 - 1;

export function speechRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return [
		{
			method: 'POST',
			path: '/v1/audio/speech',
			async handler(context) {
				const body = await readJson(context, settings.bodyLimit);
				const abort = abortWithClient(context);
				try {
					const ask = parseSpeech(body);
					const warnings = warningList(ask.warnings);
					const run = await runOf(services, ask, abort.signal, warnings.warn);
					const sound = encoded(speechEvents(services, run, warnings.warn), ask.format);
					return ask.stream === 'sse'
						? await answerEvents(context, sound, warnings.all, settings, abort)
						: await answerSound(context, sound, ask.format, warnings.all, abort);
				} catch (error) {
					abort.abort();
					throw inClientWords(error);
				}
			},
		},
		{
			method: 'GET',
			path: '/v1/audio/voices',
			async handler(context) {
				const model = context.req.query('model');
				const named = model === undefined ? undefined : await services.modelFor(model, 'speech');
				const voices = await services.voices(named);
				return context.json({
					object: 'list',
					voices: voices.map(voice => ({id: voice.name, name: voice.name, object: 'voice', mofa: voice})),
				});
			},
		},
	];
}

async function runOf(
	services: Services,
	ask: SpeechAsk,
	signal: AbortSignal,
	warn: (warning: Warning) => void,
): Promise<TaskRun<'speech'>> {
	const model = await services.modelFor(ask.model, 'speech');
	const request =
		model === ask.model ? ask.request : withoutHostedVoice(ask.request, await services.voices(model), warn);
	const {keepAlive} = ask;
	return {model, task: 'speech', request, signal, ...(keepAlive === undefined ? {} : {keepAlive})};
}

async function* speechEvents(
	services: Services,
	run: TaskRun<'speech'>,
	warn: (warning: Warning) => void,
): AsyncGenerator<SpeechEvent> {
	for await (const event of runTask(services.leases, run)) {
		if (event.type === 'warning') warn(event.warning);
		else if (event.type !== 'load-progress' && event.type !== 'load-end') yield event;
	}
}

type Sound = AsyncGenerator<Uint8Array, SpeechUsage>;

/** Bytes as they come; how long it all is, nobody knows at the start. */
async function* encoded(events: AsyncIterable<SpeechEvent>, format: SpeechFormat): Sound {
	let resampler: Resampler | undefined;
	for await (const event of events) {
		if (event.type === 'audio-start') {
			if (format === 'wav') yield wavHeader(event, null);
			else if (event.channels === 1) resampler = new Resampler(event.sampleRate, pcmRate);
			else throw new MofaError('invalid-request', {path: 'response_format', expected: 'wav for a voice in stereo'});
		} else if (event.type === 'audio-delta') {
			yield toPcm16(resampler === undefined ? event.samples : resampler.push(event.samples));
		} else {
			if (resampler !== undefined) yield toPcm16(resampler.end());
			return event.usage;
		}
	}
	throw new Error('the speech ended without its closing event');
}

/** A failure after the first sound breaks the connection: an end in good order would say that this was all. */
async function answerSound(
	context: AppContext,
	sound: Sound,
	format: SpeechFormat,
	warnings: readonly Warning[],
	abort: AbortController,
): Promise<Response> {
	const pieces = await started(sound, untilItSounds);
	if (warnings.length > 0) context.header('x-mofa-warnings', warningsHeader(warnings));
	return streamResponse(context, contentTypes[format], pieces, abort);
}

async function answerEvents(
	context: AppContext,
	sound: Sound,
	warnings: readonly Warning[],
	settings: AppSettings,
	abort: AbortController,
): Promise<Response> {
	const events = await started(soundEvents(sound, warnings), settings.graceMs);
	const chunks = sseChunks(events, settings.onInternal);
	return streamResponse(context, sseType, withKeepAlive(chunks, sseComment, settings.keepAliveMs), abort);
}

async function* soundEvents(sound: Sound, warnings: readonly Warning[]): AsyncGenerator<Record<string, unknown>> {
	for (;;) {
		const {done, value} = await sound.next();
		if (done === true) {
			const {characters, audioSeconds} = value;
			const usage = {characters, audio_seconds: audioSeconds};
			yield {type: 'speech.audio.done', usage, ...warningsField(warnings)};
			return;
		}
		yield {type: 'speech.audio.delta', audio: Buffer.from(value).toString('base64')};
	}
}

/** OpenAI calls the text `input`. */
function inClientWords(error: unknown): unknown {
	if (!MofaError.is(error, 'invalid-request') || error.data.path !== 'text') return error;
	return new MofaError('invalid-request', {path: 'input', expected: error.data.expected}, {cause: error});
}
