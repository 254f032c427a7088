import {z} from 'zod';
import type {VoiceReport} from '../../contract/report.ts';
import type {Warning} from '../../contract/task.ts';
import {speech, type SpeechRequest} from '../../tasks/speech.ts';
import {invalid} from '../envelope.ts';
import type {JsonObject} from '../read-json.ts';
import {keepAliveOf, parseFields, unknownFields} from './generation-fields.ts';

export type SpeechFormat = 'wav' | 'pcm';

export interface SpeechAsk {
	readonly model: string;
	readonly request: SpeechRequest;
	readonly format: SpeechFormat;
	readonly stream: 'audio' | 'sse';
	readonly keepAlive?: number | undefined;
	readonly warnings: readonly Warning[];
}

const fields = z.looseObject({
	model: z.string().min(1),
	input: z.string(),
	voice: z.union([z.string(), z.object({id: z.string()})], 'the name of a voice').nullish(),
	instructions: z.string().nullish(),
	language: z.string().nullish(),
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
	const {input, voice, instructions, language, speed} = parsed;
	const warnings = [...unknownFields(body, known, harmless)];
	const format = formatOf(parsed.response_format ?? null, warnings);
	if (input.trim() === '') throw invalid('input', 'text to say, but it is empty');
	const request = speech.parse({
		text: input,
		...(voice === null || voice === undefined ? {} : {voice: typeof voice === 'string' ? voice : voice.id}),
		...(typeof instructions === 'string' && instructions !== '' ? {instructions} : {}),
		...(typeof language === 'string' ? {language} : {}),
		...(typeof speed === 'number' ? {speed} : {}),
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

/** OpenAI's own default is mp3; whoever asked for it by name is refused, whoever asked for nothing in particular is not. */
function formatOf(wanted: string | null, warnings: Warning[]): SpeechFormat {
	if (wanted === 'wav' || wanted === 'pcm') return wanted;
	if (wanted !== null) throw invalid('response_format', `wav or pcm, not ${wanted.slice(0, 100)}`);
	warnings.push({setting: 'response_format', message: 'wav, since mofa writes no mp3 yet'});
	return 'wav';
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
