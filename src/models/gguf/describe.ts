import type {MetadataValue} from './metadata.ts';
import type {GgufHeader} from './read-header.ts';
import {fileTypes} from './tensor-types.ts';

/** What a GGUF header says of a model, in the words of a manifest. */
export interface GgufDescription {
	readonly family: string;
	/** Empty: it is no model that answers by itself; `because` says what it is. */
	readonly tasks: readonly string[];
	readonly because: string | null;
	readonly contextLength: number | null;
	readonly parameters: number;
	readonly quantization: string | null;
	readonly license: string | null;
	/** Jinja, as the file has it. */
	readonly template: string | null;
	readonly description: string | null;
	readonly options: {readonly gguf: Readonly<Record<string, string | number | boolean>>};
}

/** Architectures that turn text into a vector and write none. */
const encoders: ReadonlySet<string> = new Set([
	'bert',
	'nomic-bert',
	'nomic-bert-moe',
	'jina-bert-v2',
	'jina-bert-v3',
	'modern-bert',
	'neo-bert',
	'gemma-embedding',
	'eurobert',
	'llama-embed',
]);
/** As llama.cpp numbers the ways: none, mean, of the first token, of the last, and a score. */
const rankPooling = 4;
const encoderDecoders: ReadonlySet<string> = new Set(['t5', 't5encoder']);

/** Pure. `name` is for nothing but the words of `because`. */
export function describeGguf(header: GgufHeader, name: string): GgufDescription {
	const {metadata} = header;
	const text = (key: string): string | null => {
		const value = metadata.get(key);
		return typeof value === 'string' && value !== '' ? value : null;
	};
	const family = text('general.architecture') ?? 'unknown';
	const contextLength = metadata.get(`${family}.context_length`);
	const fileType = metadata.get('general.file_type');
	const {tasks, because} = tasksOf(
		family,
		text('general.type'),
		text('tokenizer.chat_template') !== null,
		metadata.get(`${family}.pooling_type`),
		name,
	);
	return {
		family,
		tasks,
		because,
		contextLength: typeof contextLength === 'number' ? contextLength : null,
		parameters: header.parameters,
		quantization: (typeof fileType === 'number' ? fileTypes.get(fileType) : undefined) ?? header.dominantType,
		license: text('general.license'),
		template: text('tokenizer.chat_template'),
		description: text('general.description'),
		options: {gguf: scalarsOf(header)},
	};
}

function tasksOf(
	family: string,
	type: string | null,
	hasTemplate: boolean,
	pooling: MetadataValue | undefined,
	name: string,
): {tasks: readonly string[]; because: string | null} {
	if (type === 'adapter') return {tasks: [], because: `${name} is a LoRA adapter: it changes another model`};
	if (type === 'mmproj' || family === 'clip')
		return {tasks: [], because: `${name} is the projector of a model that sees: it belongs to another file`};
	if (encoderDecoders.has(family))
		return {tasks: [], because: `${family} models encode and decode apart, which the llama backend does not do`};
	if (pooling === rankPooling) return {tasks: ['reranking'], because: null};
	// A model that writes may have been made one that makes vectors, with its chat template left in.
	if (encoders.has(family) || (typeof pooling === 'number' && pooling > 0))
		return {tasks: ['embedding'], because: null};
	return {tasks: hasTemplate ? ['chat', 'completion'] : ['completion'], because: null};
}

function scalarsOf({metadata}: GgufHeader): Readonly<Record<string, string | number | boolean>> {
	return Object.fromEntries(
		[...metadata].filter((entry): entry is [string, string | number | boolean] => typeof entry[1] !== 'object'),
	);
}
