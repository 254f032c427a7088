import * as z from 'zod';
import {MofaError} from '../../contract/error.ts';
import {textValue} from '../packets.ts';
import type {Operation} from './operation.ts';
import {parseSettings} from './parse-settings.ts';

const schema = z.strictObject({
	/** What is said instead, with `{text}` where the text of the turn stands. */
	template: z.string().max(100_000).optional(),
	/** Words, as they are written, and what stands for each afterwards. */
	replace: z
		.record(z.string().min(1).max(1000), z.string().max(1000), 'texts and what stands for each, as in {"this": "that"}')
		.optional(),
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
				if (text.length > longest)
					throw new MofaError('invalid-request', {path: 'input', expected: `at most ${longest} characters in a turn`});
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

function changed(text: string, {template, replace = {}, trim = template !== undefined, ...rest}: MapSettings): string {
	let result = trim ? text.trim() : text;
	for (const [from, to] of Object.entries(replace)) result = result.split(from).join(to);
	if (rest.case !== undefined) result = rest.case === 'lower' ? result.toLowerCase() : result.toUpperCase();
	return template === undefined ? result : template.split('{text}').join(result);
}
