import * as z from 'zod';
import type {VoiceReport} from '../../contract/report.ts';
import type {Warning} from '../../contract/task.ts';
import type {FfmpegFormat} from '../../lib/ffmpeg.ts';
import type {OwnFormat} from '../../media/encode/encode-sound.ts';
import {speech, type SpeechRequest} from '../../tasks/speech.ts';
import {invalid} from '../envelope.ts';
import type {JsonObject} from '../read-json.ts';
import {modelName} from '../model-name.ts';
import {keepAliveOf, parseFields, present, unknownFields} from './generation-fields.ts';

/** What is written here, and what ffmpeg writes where there is one. */
export type SpeechFormat = OwnFormat | FfmpegFormat;

const formats: readonly SpeechFormat[] = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'];

export interface SpeechAsk {
	readonly model: string;
	readonly request: SpeechRequest;
	readonly format: SpeechFormat;
	readonly stream: 'audio' | 'sse';
	readonly keepAlive?: number | undefined;
	readonly warnings: readonly Warning[];
}

const fields = z.looseObject({
	model: modelName,
	input: z.string(),
	voice: z.union([z.string(), z.object({id: z.string()})], 'the name of a voice').nullish(),
	instructions: z.string().nullish(),
	language: z.string().nullish(),
	steps: z.number().nullish(),
	seed: z.number().nullish(),
	response_format: z.string().nullish(),
	speed: z.number().nullish(),
	stream_format: z.enum(['audio', 'sse']).nullish(),
	keep_alive: z.union([z.string(), z.number()], 'a duration such as 5m, or seconds').nullish(),
});
const known: ReadonlySet<string> = new Set(Object.keys(fields.shape));
const harmless: ReadonlySet<string> = new Set(['user', 'metadata']);

/** OpenAI's request for speech as our speech task has it. Throws `invalid-request` in the client's own words. */
export function parseSpeech(body: JsonObject): SpeechAsk {
	const parsed = parseFields(fields, body);
	const {input, voice, instructions, language, speed, steps, seed} = parsed;
	const warnings = [...unknownFields(body, known, harmless)];
	const format = formatOf(parsed.response_format ?? usual);
	if (input.trim() === '') throw invalid('input', 'text to say, but it is empty');
	const request = speech.parse({
		text: input,
		...(voice === null || voice === undefined ? {} : {voice: typeof voice === 'string' ? voice : voice.id}),
		...(typeof instructions === 'string' && instructions !== '' ? {instructions} : {}),
		...(typeof language === 'string' ? {language} : {}),
		...present({speed, steps, seed}),
	});
	return {
		model: parsed.model,
		request,
		format,
		stream: parsed.stream_format ?? 'audio',
		keepAlive: keepAliveOf(parsed.keep_alive ?? undefined),
		warnings,
	};
}

/** OpenAI's own default. */
const usual = 'mp3';

function formatOf(wanted: string): SpeechFormat {
	const format = formats.find(known => known === wanted);
	if (format !== undefined) return format;
	throw invalid('response_format', `one of ${formats.join(', ')}, not ${wanted.slice(0, 100)}`);
}

/** The voices of OpenAI's models. Programs written for those send one of them, often without a way to choose. */
const hosted: ReadonlySet<string> = new Set(
	'alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse'.split(' '),
);

/**
 * The request for the model that answers for a hosted one: a voice that only the hosted one has is left to the model,
 * with a warning. Pure.
 */
export function withoutHostedVoice(
	request: SpeechRequest,
	voices: readonly VoiceReport[],
	warn: (warning: Warning) => void,
): SpeechRequest {
	const {voice, ...rest} = request;
	if (voice === undefined || !hosted.has(voice) || voices.some(({name}) => name === voice)) return request;
	const own = voices.find(({isDefault}) => isDefault)?.name ?? 'its own';
	warn({setting: 'voice', message: `${own} speaks, since ${voice} is a voice of another service`});
	return rest;
}
