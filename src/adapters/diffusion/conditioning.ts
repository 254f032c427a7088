import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxModule} from '../../backends/onnx/session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {DiffusionConfiguration} from './configuration.ts';
import {joined} from './join.ts';
import {readPrompt, type HiddenLayer, type ReadText, type TextEncoder} from './text.ts';

/** A prompt as the network that draws takes it. */
export interface Conditioning {
	/** `length` vectors of `width` numbers. */
	readonly hidden: Float32Array;
	readonly length: number;
	readonly width: number;
	readonly pooled: Float32Array | null;
	/** Tokens that were read, and that there were, of the encoder that read most. */
	readonly read: number;
	readonly all: number;
}

/** How the texts of several encoders become one. */
export type TextLayout = 'single' | 'side by side' | 'stable-diffusion-3' | 'flux';

export interface PromptReader {
	readonly model: InstalledModel;
	readonly module: OnnxModule;
	readonly encoders: readonly TextEncoder[];
	readonly layout: TextLayout;
	readonly configuration: DiffusionConfiguration;
	/** Tokens of T5, which has no length of its own. */
	readonly longText: number;
}

export async function readConditioning(reader: PromptReader, text: string, signal: AbortSignal): Promise<Conditioning> {
	const {layout, encoders, model, module, longText} = reader;
	const read = async (folder: string, layer: HiddenLayer, length: number | null = null): Promise<ReadText> => {
		const encoder = encoders.find(one => one.folder === folder);
		if (encoder === undefined) throw invalidModel(model, `it has no ${folder} graph`);
		return readPrompt(encoder, text, {module, model, layer, length, signal});
	};
	if (layout === 'single') return conditioningOf([await read('text_encoder', 'last')]);
	if (layout === 'side by side') {
		const texts: ReadText[] = [];
		for (const {folder} of encoders) texts.push(await read(folder, 'last but one'));
		return {...conditioningOf(texts), ...sideBySide(model, texts), pooled: pooledOf(model, texts.slice(-1))};
	}
	if (layout === 'flux') {
		const short = await read('text_encoder', 'last');
		const long = await read('text_encoder_2', 'last', longText);
		return {...conditioningOf([long]), pooled: pooledOf(model, [short])};
	}
	const short = [await read('text_encoder', 'last but one'), await read('text_encoder_2', 'last but one')];
	const third = encoders.some(({folder}) => folder === 'text_encoder_3');
	const long = third ? await read('text_encoder_3', 'last', longText) : null;
	return {
		...conditioningOf(long === null ? short : [long]),
		...oneAfterTheOther(sideBySide(model, short), long, reader),
		pooled: pooledOf(model, short),
	};
}

/** As the network has it without a text of what not to draw, where it was trained so. */
export function zeros({hidden, pooled, length, width}: Conditioning): Conditioning {
	const nothing = pooled === null ? null : new Float32Array(pooled.length);
	return {hidden: new Float32Array(hidden.length), length, width, pooled: nothing, read: 0, all: 0};
}

function conditioningOf(texts: readonly ReadText[]): Conditioning {
	const [first] = texts;
	const most = texts.reduce((best, one) => (one.row.read > best.row.read ? one : best), first ?? missing);
	return {
		hidden: first?.hidden ?? missing.hidden,
		length: first?.length ?? 0,
		width: first?.width ?? 0,
		pooled: first?.pooled ?? null,
		read: most.row.read,
		all: most.row.all,
	};
}

const missing: ReadText = {
	hidden: new Float32Array(),
	length: 0,
	width: 0,
	pooled: null,
	row: {ids: [], read: 0, all: 0},
};

type Hidden = Pick<Conditioning, 'hidden' | 'length' | 'width'>;

function sideBySide(model: InstalledModel, texts: readonly ReadText[]): Hidden {
	const length = texts[0]?.length ?? 0;
	if (texts.some(text => text.length !== length))
		throw invalidModel(model, 'its text encoders read texts of different lengths');
	const width = texts.reduce((sum, text) => sum + text.width, 0);
	const hidden = new Float32Array(length * width);
	let start = 0;
	for (const text of texts) {
		for (let token = 0; token < length; token += 1)
			hidden.set(text.hidden.subarray(token * text.width, (token + 1) * text.width), token * width + start);
		start += text.width;
	}
	return {hidden, length, width};
}

/** The short texts are filled up with zeros to the width of the long one; where that is missing, zeros stand for it. */
function oneAfterTheOther(short: Hidden, long: ReadText | null, reader: PromptReader): Hidden {
	const width = Math.max(long?.width ?? reader.configuration.textWidth ?? 4096, short.width);
	const length = short.length + (long?.length ?? reader.longText);
	const hidden = new Float32Array(length * width);
	for (let token = 0; token < short.length; token += 1)
		hidden.set(short.hidden.subarray(token * short.width, (token + 1) * short.width), token * width);
	if (long !== null) hidden.set(long.hidden, short.length * width);
	return {hidden, length, width};
}

function pooledOf(model: InstalledModel, texts: readonly ReadText[]): Float32Array {
	const parts = texts.flatMap(({pooled}) => (pooled === null ? [] : [pooled]));
	if (parts.length < texts.length)
		throw invalidModel(model, 'its text encoder does not give one vector for the whole text');
	return joined(parts);
}
