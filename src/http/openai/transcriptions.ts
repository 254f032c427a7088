import type {Warning} from '../../contract/task.ts';
import {findFfmpeg} from '../../lib/ffmpeg.ts';
import type {Spool} from '../../lib/spool.ts';
import {decodeAudio} from '../../media/decode/decode-audio.ts';
import {joinSegments, spaceBetween} from '../../media/transcript/join-segments.ts';
import {transcription, type TranscriptionEvent} from '../../tasks/transcription.ts';
import {checkSound} from '../check-sound.ts';
import {invalid} from '../envelope.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readForm} from '../read-form.ts';
import {runTask} from '../run-task.ts';
import type {Services} from '../services.ts';
import {sseComment, sseType} from '../sse.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse, withKeepAlive} from '../stream-response.ts';
import {warningList} from './choices.ts';
import {warningsField, warningsHeader} from './reply.ts';
import {sseChunks} from './sse-chunks.ts';
import {transcriptionReply, usageOf} from './transcription-reply.ts';
import {parseTranscription, type TranscriptionAsk} from './transcription-request.ts';

export function transcriptionRoutes(services: Services, settings: AppSettings): readonly Route[] {
	return [
		routeFor('/v1/audio/transcriptions', 'transcribe', services, settings),
		routeFor('/v1/audio/translations', 'translate', services, settings),
	];
}

function routeFor(path: string, task: 'transcribe' | 'translate', services: Services, settings: AppSettings): Route {
	return {
		method: 'POST',
		path,
		async handler(context) {
			const form = await readForm(context, 'file', settings.uploadLimit);
			const abort = abortWithClient(context);
			try {
				const ask = parseTranscription(form.fields, task);
				if (form.file === null) throw invalid('file', 'a sound file');
				const warnings = warningList(ask.warnings);
				const events = transcriptionEvents(services, ask, form.file, abort.signal, warnings.warn);
				return ask.stream
					? await answerEvents(context, events, warnings.all, settings, abort)
					: await answerWhole(context, ask, events, warnings.all);
			} catch (error) {
				abort.abort();
				await form[Symbol.asyncDispose]();
				throw error;
			}
		},
	};
}

/** The upload is gone when the events are. */
async function* transcriptionEvents(
	services: Services,
	ask: TranscriptionAsk,
	file: Spool,
	signal: AbortSignal,
	warn: (warning: Warning) => void,
): AsyncGenerator<TranscriptionEvent> {
	await using upload = file;
	const model = await services.modelFor(ask.model, 'transcription');
	const transcode = await findFfmpeg(process.env['PATH'] ?? '');
	await checkSound(upload.bytes(), {path: 'file', hasFfmpeg: transcode !== null});
	const onCut = (): void => warn({setting: 'file', message: 'it ends earlier than it says; this is what there was'});
	const audio = decodeAudio(upload.bytes(), {source: 'file', transcode, onCut});
	const {keepAlive} = ask;
	const run = {model, task: 'transcription' as const, request: {...ask.request, audio}, signal};
	try {
		for await (const event of runTask(services.leases, {...run, ...(keepAlive === undefined ? {} : {keepAlive})})) {
			if (event.type === 'warning') warn(event.warning);
			else if (event.type !== 'load-progress' && event.type !== 'load-end') yield event;
		}
	} finally {
		// A model that did not read to the end leaves the file open.
		await audio.return(undefined);
	}
}

async function answerWhole(
	context: AppContext,
	ask: TranscriptionAsk,
	events: AsyncIterable<TranscriptionEvent>,
	warnings: readonly Warning[],
): Promise<Response> {
	const result = await transcription.collect(events);
	const {contentType, text} = transcriptionReply(ask, result, warnings);
	if (warnings.length > 0) context.header('x-mofa-warnings', warningsHeader(warnings));
	return context.body(text, 200, {'content-type': contentType});
}

async function answerEvents(
	context: AppContext,
	events: AsyncIterable<TranscriptionEvent>,
	warnings: readonly Warning[],
	settings: AppSettings,
	abort: AbortController,
): Promise<Response> {
	const first = await started(deltas(events, warnings), settings.graceMs);
	const chunks = sseChunks(first, settings.onInternal);
	return streamResponse(context, sseType, withKeepAlive(chunks, sseComment, settings.keepAliveMs), abort);
}

/** What is certain, piece by piece: together the pieces are the text. */
async function* deltas(
	events: AsyncIterable<TranscriptionEvent>,
	warnings: readonly Warning[],
): AsyncGenerator<Record<string, unknown>> {
	const texts: Array<{readonly text: string}> = [];
	for await (const event of events) {
		if (event.type === 'segment-final' && event.segment.text !== '') {
			const delta = spaceBetween(texts.at(-1)?.text ?? '', event.segment.text) + event.segment.text;
			texts.push(event.segment);
			yield {type: 'transcript.text.delta', delta};
		} else if (event.type === 'transcription-end') {
			const usage = usageOf(event.usage.audioSeconds);
			yield {type: 'transcript.text.done', text: joinSegments(texts), usage, ...warningsField(warnings)};
			return;
		}
	}
	throw new Error('the transcription ended without its closing event');
}
