import type {VisionSettings} from './settings.ts';

/** What an encoder made of one picture, as far as the prompt must know. */
export interface PictureShape {
	/** Rows of features, each of which stands where one token would. */
	readonly rows: number;
	/** Pixels that the encoder looked at: height, width. */
	readonly size: readonly [number, number];
	/** Into how many rows and columns it was cut before a last look at the whole; zeros: it was not. */
	readonly tiles: readonly [number, number];
	/** Patches in time, down and across, where the encoder counts them. */
	readonly grid?: readonly [number, number, number];
}

export interface VisionFamily {
	/** What chat templates write where a picture stands; absent: the token of pictures itself. */
	readonly mark?: RegExp;
	/** Where a template knows no pictures: what stands before the text of a turn for its picture of that number, from 1. */
	readonly written?: (number: number, token: string) => string;
	/** The words for one picture: the token of pictures for each row, and what stands around and between them. */
	readonly expand?: (shape: PictureShape, token: string, settings: VisionSettings) => string;
	/** How tokens are counted: one number each, from 0 or from 1, or three where a picture has time, height and width. */
	readonly positions: 'from-zero' | 'from-one' | 'three-axes';
	/** Every token sees all of the prompt, so that it is computed at once and nothing of it serves another. */
	readonly whole?: boolean;
	/** For models without a template of their own. */
	readonly template?: string;
}

const plain: VisionFamily = {positions: 'from-zero'};
const threeAxes: VisionFamily = {positions: 'three-axes'};

/** By `model_type` of config.json. Another family is another line. */
const families: Readonly<Record<string, VisionFamily>> = {
	idefics3: {...plain, expand: inTiles},
	smolvlm: {...plain, expand: inTiles},
	qwen2_vl: threeAxes,
	qwen2_5_vl: threeAxes,
	qwen3_vl: threeAxes,
	qwen3_vl_moe: threeAxes,
	qwen3_5: threeAxes,
	qwen3_5_moe: threeAxes,
	glm_ocr: threeAxes,
	gemma3: {positions: 'from-one', mark: /<start_of_image>/g, expand: between},
	gemma3n: {...plain, expand: between},
	gemma4: {...plain, expand: between},
	llava: {...plain, template: conversation('USER: ', ' ', 'ASSISTANT:', '\n'), written: (_, token) => `${token}\n`},
	llava_onevision: plain,
	llava_qwen2: {...plain, written: (_, token) => `${token}\n`},
	moondream1: {
		...plain,
		template: conversation('Question: ', '\n\n', 'Answer:', '\n\n'),
		written: (_, token) => `${token}\n\n`,
	},
	paligemma: {positions: 'from-one', expand: alone, whole: true, template: pictureFirst()},
	mistral3: {...plain, expand: inLines},
	lighton_ocr: {...plain, expand: inLines},
	lfm2_vl: {...plain, expand: inFrames},
	phi3_v: {...plain, mark: /<\|image_\d+\|>/g, written: number => `<|image_${number}|>\n`},
};

/** Florence, which does a handful of things with a picture and has no conversation. */
export const captionFamily = 'florence2';

export const familyNames: ReadonlySet<string> = new Set([...Object.keys(families), captionFamily]);

export const familyOf = (name: string): VisionFamily => families[name] ?? plain;

/** What stands for a picture where the family has nothing of its own. */
export function alone({rows}: PictureShape, token: string): string {
	return token.repeat(rows);
}

/** SmolVLM: a line of tiles for each row, each named by its place, and the whole picture last. */
function inTiles({rows, tiles: [down, across]}: PictureShape, token: string): string {
	const fake = '<fake_token_around_image>';
	const each = rows / (down * across + 1);
	const whole = `${fake}<global-img>${token.repeat(each)}${fake}`;
	if (down === 0) return whole;
	const line = (row: number): string =>
		Array.from({length: across}, (_, column) => `${fake}<row_${row}_col_${column + 1}>${token.repeat(each)}`).join('');
	return `${Array.from({length: down}, (_, row) => `${line(row + 1)}\n`).join('')}\n${whole}`;
}

/** Gemma: words for the beginning and the end, on lines of their own. */
function between(shape: PictureShape, token: string, {words}: VisionSettings): string {
	return `\n\n${textOf(words['boi_token'])}${alone(shape, token)}${textOf(words['eoi_token'])}\n\n`;
}

/** Pixtral: every row of patches ends with a word. Models that have none of it take the rows as they are. */
function inLines(shape: PictureShape, token: string, {words}: VisionSettings): string {
	const next = textOf(words['image_break_token']);
	if (next === '') return alone(shape, token);
	const side = numberOf(words['patch_size'], 14) * numberOf(words['spatial_merge_size'], 1);
	const [down, across] = shape.size.map(pixels => Math.floor(pixels / side));
	const line = token.repeat(across ?? 0);
	return `${`${line}${next}`.repeat(Math.max(0, (down ?? 1) - 1))}${line}${textOf(words['image_end_token'])}`;
}

/** LFM2: tiles named by their place between two marks, a small picture of the whole last. */
function inFrames({rows, size, tiles: [down, across]}: PictureShape, token: string, {words}: VisionSettings): string {
	const start = textOf(words['image_start_token']) || '<|image_start|>';
	const end = textOf(words['image_end_token']) || '<|image_end|>';
	if (down * across <= 1) return `${start}${token.repeat(rows)}${end}`;
	const patches = (pixels: number): number =>
		Math.ceil(Math.floor(pixels / numberOf(words['encoder_patch_size'], 16)) / numberOf(words['downsample_factor'], 2));
	const thumbnail = words['use_thumbnail'] === false ? 0 : patches(size[0]) * patches(size[1]);
	const each = (rows - thumbnail) / (down * across);
	const tiles = Array.from(
		{length: down * across},
		(_, index) => `<|img_row_${Math.floor(index / across) + 1}_col_${(index % across) + 1}|>${token.repeat(each)}`,
	);
	const small = textOf(words['image_thumbnail']) || '<|img_thumbnail|>';
	return `${start}${tiles.join('')}${thumbnail === 0 ? '' : `${small}${token.repeat(thumbnail)}`}${end}`;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown, otherwise: number): number =>
	typeof value === 'number' && value > 0 ? value : otherwise;

function conversation(question: string, before: string, answer: string, after: string): string {
	return `{%- for message in messages -%}{%- if message.role == 'assistant' -%}{{ ${quoted(`${answer} `)} + message.content + ${quoted(after)} }}{%- elif message.role == 'system' -%}{{ message.content + ${quoted(before)} }}{%- else -%}{{ ${quoted(question)} + message.content + ${quoted(before)} }}{%- endif -%}{%- endfor -%}{{ ${quoted(answer)} }}`;
}

/** PaliGemma was trained on one picture and one line, not on conversations: the last question is what it is asked. */
function pictureFirst(): string {
	return `{%- for part in messages[-1].content -%}{%- if part.type == 'image' -%}{{ '<image>' }}{%- endif -%}{%- endfor -%}{{ bos_token }}{%- for part in messages[-1].content -%}{%- if part.type == 'text' -%}{{ part.text }}{%- endif -%}{%- endfor -%}{{ '\\n' }}`;
}

function quoted(text: string): string {
	return `'${text.replaceAll('\n', '\\n')}'`;
}
