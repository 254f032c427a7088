import * as z from 'zod';
import type {Image} from '../../contract/media.ts';
import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import type {FfmpegPicture} from '../../lib/ffmpeg.ts';
import {image, schedulerNames, type ImageRequest} from '../../tasks/image.ts';
import {invalid} from '../envelope.ts';
import type {JsonObject} from '../read-json.ts';
import {modelName} from '../model-name.ts';
import {keepAliveOf, parseFields, unknownFields} from './generation-fields.ts';

/** What is written here, and what ffmpeg writes where there is one. */
export type PictureFormat = 'png' | FfmpegPicture;

/** Which of the three endpoints it is; their fields differ little. */
export type ImageVerb = 'generate' | 'edit' | 'vary';

export interface ImageAsk {
	readonly model: string;
	readonly request: ImageRequest;
	readonly format: 'b64_json' | 'url';
	readonly output: PictureFormat;
	readonly stream: boolean;
	/** Unfinished pictures to send before each finished one, where it streams. */
	readonly partials: number;
	readonly keepAlive?: number | undefined;
	readonly warnings: readonly Warning[];
	/** The task's name of a field, as this client has it. */
	readonly clientName: ClientName;
}

export type ClientName = (field: string) => string;

/** A picture that came in a form. */
export interface ImageInput {
	readonly image: Image;
	readonly mask: Image | null;
}

/** OpenAI's own name for "whatever draws", for programs that name no model. */
const unnamed = 'dall-e-2';
const whole = z.int('a whole number');
const fields = z.looseObject({
	prompt: z.string('a text').nullish(),
	model: modelName.nullish(),
	n: whole.min(1, 'at least 1').max(10, 'at most 10').nullish(),
	size: z.string('a size such as 512x512, or auto').nullish(),
	response_format: z.enum(['b64_json', 'url'], 'b64_json or url').nullish(),
	output_format: z.string().nullish(),
	background: z.enum(['auto', 'opaque', 'transparent'], 'auto, opaque or transparent').nullish(),
	quality: z.string().nullish(),
	output_compression: z.number('a number').nullish(),
	stream: z.boolean('true or false').nullish(),
	partial_images: whole.min(0, 'at least 0').max(3, 'at most 3').nullish(),
	// Not OpenAI's own: what local servers call what their models can do besides. Several have two spellings.
	negative_prompt: z.string('a text').nullish(),
	num_inference_steps: z.number('a number').nullish(),
	steps: z.number('a number').nullish(),
	guidance_scale: z.number('a number').nullish(),
	cfg_scale: z.number('a number').nullish(),
	seed: whole.nullish(),
	scheduler: z.string('a text').nullish(),
	sampler: z.string('a text').nullish(),
	strength: z.number('a number').nullish(),
	keep_alive: z.union([z.string(), z.number()], 'a duration such as 5m, or seconds').nullish(),
});
type Fields = z.infer<typeof fields>;
const known: ReadonlySet<string> = new Set(Object.keys(fields.shape));
/** They ask for nothing that could be missed. */
const harmless: ReadonlySet<string> = new Set(['user', 'metadata', 'moderation']);
/** What asks for the usual. */
const usualQuality: ReadonlySet<string> = new Set(['auto', 'standard', 'medium']);

/** OpenAI's request for pictures as our image task has it. Throws `invalid-request` in the client's own words. */
export function parseImages(body: JsonObject, verb: ImageVerb, input: ImageInput | null = null): ImageAsk {
	const parsed = parseFields(fields, body);
	const clientName = clientNames(parsed);
	if (verb !== 'vary' && (parsed.prompt ?? '').trim() === '') throw invalid('prompt', 'what to draw, but it is empty');
	const output = outputOf(parsed.output_format ?? 'png');
	const stream = parsed.stream ?? false;
	if (stream && parsed.response_format === 'url') throw invalid('response_format', 'b64_json for a stream');
	const partials = stream ? (parsed.partial_images ?? 0) : 0;
	try {
		return {
			model: parsed.model ?? unnamed,
			request: image.parse({...requestOf(parsed, input), ...(partials === 0 ? {} : {previewEvery: 1})}),
			format: parsed.response_format ?? 'b64_json',
			output,
			stream,
			partials,
			keepAlive: keepAliveOf(parsed.keep_alive ?? undefined),
			warnings: [...unknownFields(body, known, harmless), ...unheeded(parsed, verb)],
			clientName,
		};
	} catch (error) {
		throw inClientWords(error, clientName);
	}
}

function requestOf(parsed: Fields, input: ImageInput | null): ImageRequest {
	const {width, height} = sizeOf(parsed.size ?? 'auto');
	// A seed below zero is how some programs ask for any.
	const seed = (parsed.seed ?? -1) < 0 ? undefined : parsed.seed;
	return {
		prompt: parsed.prompt ?? '',
		...defined({
			negativePrompt: parsed.negative_prompt,
			width,
			height,
			steps: parsed.num_inference_steps ?? parsed.steps,
			guidance: parsed.guidance_scale ?? parsed.cfg_scale,
			seed,
			count: parsed.n,
			scheduler: schedulerOf(parsed.scheduler ?? parsed.sampler),
			strength: input === null ? undefined : parsed.strength,
			image: input?.image,
			mask: input?.mask,
		}),
	};
}

function defined<T extends object>(values: T): {[K in keyof T]?: Exclude<T[K], null | undefined>} {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null)) as {
		[K in keyof T]?: Exclude<T[K], null | undefined>;
	};
}

function sizeOf(size: string): {readonly width?: number; readonly height?: number} {
	if (size === 'auto' || size === '') return {};
	const [, width, height] = /^(\d{1,5})x(\d{1,5})$/i.exec(size) ?? [];
	if (width === undefined || height === undefined)
		throw invalid('size', `width and height as in 512x512, or auto, not ${size.slice(0, 100)}`);
	return {width: Number(width), height: Number(height)};
}

/** Programs for pictures write the same names in many ways: `DPM++ 2M`, `dpmpp_2m`, `euler_a`. */
function schedulerOf(name: string | null | undefined): ImageRequest['scheduler'] {
	if (name === null || name === undefined || name === '') return undefined;
	const plain = name
		.toLowerCase()
		.replaceAll(/[\s_]+/g, '-')
		.replace(/^k-/, '')
		.replace('dpmpp', 'dpm++')
		.replace(/^euler-a$/, 'euler-ancestral')
		.replace(/^flow-?match-euler$/, 'flow-euler');
	const scheduler = schedulerNames.find(known => known === plain);
	if (scheduler !== undefined) return scheduler;
	throw invalid('scheduler', `one of ${schedulerNames.join(', ')}, not ${name.slice(0, 100)}`);
}

const outputs: readonly PictureFormat[] = ['png', 'jpeg', 'webp'];

function outputOf(format: string): PictureFormat {
	const output = outputs.find(known => known === format);
	if (output !== undefined) return output;
	throw invalid('output_format', `one of ${outputs.join(', ')}, not ${format.slice(0, 100)}`);
}

/** What a picture will not be, although it was asked for. */
function unheeded(
	{quality, background, strength, output_compression, output_format}: Fields,
	verb: ImageVerb,
): readonly Warning[] {
	const warnings: Warning[] = [];
	if (typeof quality === 'string' && !usualQuality.has(quality))
		warnings.push({setting: 'quality', message: 'num_inference_steps says how much work a picture is; ignored'});
	if (typeof output_compression === 'number' && output_format !== 'png' && typeof output_format === 'string')
		warnings.push({setting: 'output_compression', message: 'pictures are packed near to what was drawn; ignored'});
	if (background === 'transparent') warnings.push({setting: 'background', message: 'pictures are opaque; ignored'});
	if (verb === 'generate' && typeof strength === 'number')
		warnings.push({setting: 'strength', message: 'there is no picture to begin from; ignored'});
	return warnings;
}

/** Of two spellings, the one that the client used. */
function clientNames(parsed: Fields): ClientName {
	const names: Readonly<Record<string, string>> = {
		width: 'size',
		height: 'size',
		count: 'n',
		negativePrompt: 'negative_prompt',
		steps: typeof parsed.steps === 'number' ? 'steps' : 'num_inference_steps',
		guidance: typeof parsed.cfg_scale === 'number' ? 'cfg_scale' : 'guidance_scale',
		scheduler: typeof parsed.sampler === 'string' ? 'sampler' : 'scheduler',
	};
	return field => names[field] ?? field;
}

/** A failure of the request's own fields names them as the client does. */
export function inClientWords(error: unknown, clientName: ClientName): unknown {
	if (!MofaError.is(error, 'invalid-request')) return error;
	const path = clientName(error.data.path);
	if (path === error.data.path) return error;
	return new MofaError('invalid-request', {path, expected: error.data.expected}, {cause: error});
}
