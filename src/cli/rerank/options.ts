import {MofaError} from '../../contract/error.ts';
import {isOn, textOf, type Options} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {readOutputFormat} from '../output-format.ts';

export type RankFormat = 'text' | 'json' | 'ndjson';

export const rankFormats: readonly RankFormat[] = ['text', 'json', 'ndjson'];

export interface RerankOptions {
	readonly model: string | null;
	/** So many of the best; null: all. */
	readonly top: number | null;
	readonly raw: boolean;
	/** Each line of a file is a text of its own. */
	readonly lines: boolean;
	readonly format: RankFormat;
	readonly yes: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export function readRerankOptions(options: Options): RerankOptions {
	const model = textOf(options, 'model');
	return {
		model: model === undefined ? null : resolveModelName(model),
		top: readTop(textOf(options, 'top')),
		raw: isOn(options, 'raw'),
		lines: isOn(options, 'lines'),
		format: readOutputFormat(options, rankFormats) ?? 'text',
		yes: isOn(options, 'yes'),
		daemon: isOn(options, 'daemon'),
	};
}

function readTop(text: string | undefined): number | null {
	if (text === undefined) return null;
	const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
	if (count > 0) return count;
	throw new MofaError('invalid-request', {path: '--top', expected: `a whole number, not "${text}"`});
}
