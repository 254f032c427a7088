import {MofaError} from '../contract/error.ts';
import {isOn, textOf, type Options} from './invocation.ts';

/**
 * The form that `--format` names; `--json` is short for `--format json`, and null: neither was typed. Throws `invalid-request`
 * for a form that is none of these, and for two that differ.
 */
export function readOutputFormat<F extends string>(options: Options, formats: readonly F[]): F | null {
	const name = textOf(options, 'format');
	const json = isOn(options, 'json');
	if (json && name !== undefined && name !== 'json')
		throw new MofaError('invalid-request', {path: '--format', expected: `json beside --json, not "${name}"`});
	const wanted = json ? 'json' : name;
	if (wanted === undefined) return null;
	const format = formats.find(known => known === wanted);
	if (format !== undefined) return format;
	throw new MofaError('invalid-request', {
		path: '--format',
		expected: `one of ${formats.join(', ')}, not "${wanted}"`,
	});
}
