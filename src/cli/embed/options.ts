import {MofaError} from '../../contract/error.ts';
import {isOn, textOf, type Options} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {readOutputFormat} from '../output-format.ts';

export type VectorFormat = 'json' | 'ndjson' | 'npy';

export const vectorFormats: readonly VectorFormat[] = ['json', 'ndjson', 'npy'];

export interface EmbedOptions {
	readonly model: string | null;
	readonly purpose: 'query' | 'document' | undefined;
	readonly dimensions: number | undefined;
	/** Each line of what is read is a text of its own. */
	readonly lines: boolean;
	readonly format: VectorFormat;
	/** Null: standard output. */
	readonly output: string | null;
	readonly yes: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export function readEmbedOptions(options: Options): EmbedOptions {
	const model = textOf(options, 'model');
	const output = textOf(options, 'output');
	return {
		model: model === undefined ? null : resolveModelName(model),
		purpose: readPurpose(textOf(options, 'purpose')),
		dimensions: readDimensions(textOf(options, 'dimensions')),
		lines: isOn(options, 'lines'),
		format: readOutputFormat(options, vectorFormats) ?? formatNamed(output),
		output: output === undefined || output === '-' ? null : output,
		yes: isOn(options, 'yes'),
		daemon: isOn(options, 'daemon'),
	};
}

function readPurpose(word: string | undefined): EmbedOptions['purpose'] {
	if (word === undefined || word === 'query' || word === 'document') return word;
	throw new MofaError('invalid-request', {path: '--purpose', expected: `query or document, not "${word}"`});
}

function readDimensions(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
	if (count > 0) return count;
	throw new MofaError('invalid-request', {path: '--dimensions', expected: `a whole number, not "${text}"`});
}

/** As the file is named. */
function formatNamed(output: string | undefined): VectorFormat {
	const ending = /\.(json|ndjson|npy)$/i.exec(output ?? '')?.[1]?.toLowerCase();
	return vectorFormats.find(known => known === ending) ?? 'json';
}
