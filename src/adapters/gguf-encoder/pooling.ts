import {numberOf, type Header} from '../../backends/llama/memory.ts';
import {knownLine} from '../../tasks/embedding/known-lines.ts';
import {invalidFile} from './invalid-file.ts';
import type {GgufEncoderOptions} from './options.ts';
import type {EncoderOptions, Pooling} from '../../tasks/embedding/encoder-options.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** As llama.cpp numbers the ways. */
const numbers: Readonly<Partial<Record<Pooling, number>>> = {mean: 1, cls: 2, last: 3};
const rank = 4;

/** Whether the file scores texts and makes no vectors. Pure. */
export const ranks = ({header}: Pick<GgufEncoderOptions, 'header'>): boolean =>
	numberOf(header, 'pooling_type') === rank;

export interface PoolingChoice {
	/** What to put in the place of the header's word, by architecture; absent where the header stands. */
	readonly overrides?: Readonly<Record<string, {readonly pooling_type: number}>>;
	/** Nothing says it. */
	readonly isGuessed: boolean;
}

/** 1. What the header says, 2. what a manifest or the line of the model says, 3. the mean. Throws `model-invalid`. Pure. */
export function poolingOf(model: InstalledModel, options: GgufEncoderOptions): PoolingChoice {
	// 1.
	if ((numberOf(options.header, 'pooling_type') ?? 0) > 0) return {isGuessed: false};
	// 2.
	const said = options.pooling ?? lineOf(model, options.header).pooling;
	const number = numbers[said ?? 'mean'];
	if (number === undefined) throw invalidFile(model, `it pools by ${said}, which llama.cpp does not do`);
	// 3.
	const architecture = String(options.header['general.architecture']);
	return {overrides: {[architecture]: {pooling_type: number}}, isGuessed: said === undefined};
}

/** What is known of the line that a file is of, by the names in its header and its own. Pure. */
export function lineOf({manifest}: Pick<InstalledModel, 'manifest'>, header: Header): EncoderOptions {
	const {'general.name': name, 'general.basename': base, 'general.size_label': size} = header;
	const said = [name, base, `${String(base)}-${String(size)}`].filter(text => typeof text === 'string');
	return knownLine([...said.map(text => text.trim().replaceAll(/\s+/g, '-')), plainName(manifest.name)]);
}

/** `…/bge-small-en-v1.5-Q8_0.gguf` and `…/bge-small-en-v1.5-gguf:Q8_0` without what says how they are packed. */
const plainName = (name: string): string =>
	name
		.replace(/:[^/:]*$/, '')
		.replace(/\.gguf$/i, '')
		.replace(/[-._](i?q\d\w*|f16|f32|fp16|fp32|bf16)$/i, '')
		.replace(/[-._]gguf$/i, '')
		.replace(/[-._](i?q\d\w*)$/i, '');
