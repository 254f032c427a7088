import * as z from 'zod';
import {MofaError} from '../../contract/error.ts';
import {textValue} from '../packets.ts';
import type {Operation} from './operation.ts';
import {parseSettings} from './parse-settings.ts';

const howToReplace = 'a text and what stands for it, as in hot:cold; in a file {"hot": "cold"}';
const [from, to] = [z.string().min(1).max(1000), z.string().max(1000)];
const table = z.record(from, to).transform((texts): ReadonlyArray<readonly [string, string]> => Object.entries(texts));
/** Up to the first colon. */
const pair = z
	.string()
	.regex(/^[^:]{1,1000}:[^]{0,1000}$/, howToReplace)
	.transform((text): readonly [string, string] => {
		const colon = text.indexOf(':');
		return [text.slice(0, colon), text.slice(colon + 1)];
	});
const schema = z.strictObject({
	/** What is said instead, with `{text}` where the text of the turn stands. */
	template: z.string().max(100_000).optional(),
	/** Texts and what stands for each afterwards, one after the other. In a word of a shell `from:to`, as often as wanted. */
	replace: z.union([table, pair.transform(one => [one]), z.array(pair).min(1).max(1000)], howToReplace).optional(),
	case: z.enum(['lower', 'upper'], 'lower or upper').optional(),
	trim: z.boolean().optional(),
});
type MapSettings = z.infer<typeof schema>;

/** Characters of a turn. */
const longest = 1_000_000;

/** Changes the text of each turn. No patterns: one that never ends would keep everybody else waiting. */
export const map: Operation = {
	accepts: ['text'],
	open(settings) {
		const change = parseSettings(schema, settings);
		let text = '';
		return {
			value(value) {
				text += value.medium === 'text' ? value.value : '';
				if (text.length > longest) throw tooLong();
				return [];
			},
			before(kind) {
				const turn = text;
				text = '';
				return kind === 'interrupt' || turn === '' ? [] : [textValue(changed(turn, change))];
			},
		};
	},
};

function changed(text: string, {template, replace = [], trim = template !== undefined, ...rest}: MapSettings): string {
	let result = trim ? text.trim() : text;
	for (const [from, to] of replace) result = replaced(result, from, to);
	if (rest.case !== undefined) result = rest.case === 'lower' ? result.toLowerCase() : result.toUpperCase();
	return template === undefined ? result : replaced(template, '{text}', result);
}

/** Counted before it is made: a short text can become one that no memory holds. */
function replaced(text: string, from: string, to: string): string {
	const parts = text.split(from);
	if (text.length + (parts.length - 1) * (to.length - from.length) > longest) throw tooLong();
	return parts.join(to);
}

const tooLong = (): MofaError =>
	new MofaError('invalid-request', {path: 'input', expected: `at most ${longest} characters in a turn`});
