import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import {findEncoder} from '../../lib/ffmpeg.ts';
import {encodeSound, ownFormats, type OwnFormat} from '../../media/encode/encode-sound.ts';
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

const contentTypes: Readonly<Record<SpeechFormat, string>> = {
	mp3: 'audio/mpeg',
	opus: 'audio/opus',
	aac: 'audio/aac',
	flac: 'audio/flac',
	wav: 'audio/wav',
	pcm: 'audio/pcm',
};
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
					const encoder = await encoderFor(ask.format);
					const run = await runOf(services, ask, abort.signal, warnings.warn);
					const sound = encoded(speechEvents(services, run, warnings.warn), ask.format, encoder);
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

/** Bytes as they come, and at the end what it took. */
async function* encoded(events: AsyncGenerator<SpeechEvent>, format: SpeechFormat, encoder: Encoder | null): Sound {
	const {value: first} = await events.next();
	if (first?.type !== 'audio-start') throw new Error('the speech began without saying what it is');
	if (format === 'pcm' && first.channels === 2)
		throw new MofaError('invalid-request', {path: 'response_format', expected: 'wav for a voice in stereo'});
	let usage: SpeechUsage | undefined;
	const samples = async function* (): AsyncGenerator<Float32Array> {
		for await (const event of events) {
			if (event.type === 'audio-delta') yield event.samples;
			else if (event.type === 'speech-end') usage = event.usage;
		}
	};
	if (isOwn(format)) yield* encodeSound(format, first, samples());
	else if (encoder !== null) yield* encoder(encodeSound('wav', first, samples()));
	if (usage === undefined) throw new Error('the speech ended without its closing event');
	return usage;
}

const isOwn = (format: SpeechFormat): format is OwnFormat => ownFormats.some(own => own === format);

type Encoder = (wav: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** Found before anything is spoken, so that a format nobody writes here is refused at once. */
async function encoderFor(format: SpeechFormat): Promise<Encoder | null> {
	if (isOwn(format)) return null;
	const encoder = await findEncoder(format, process.env['PATH'] ?? '');
	if (encoder !== null) return encoder;
	const expected = `${ownFormats.join(', ')}; for ${format} the machine needs ffmpeg, which it does not have`;
	throw new MofaError('invalid-request', {path: 'response_format', expected});
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
