import * as z from 'zod';
import {MofaError} from '../../contract/error.ts';
import type {AnyValue} from '../../contract/stage.ts';
import {weightOf} from '../packets.ts';
import type {Operation} from './operation.ts';
import {parseSettings} from './parse-settings.ts';

const word = z
	.union([z.string(), z.number(), z.boolean()], 'a text')
	.transform(String)
	.pipe(z.string().min(1).max(1000));
const schema = z.strictObject({
	/** Only values of this medium go on. */
	medium: z.string().min(1).max(50).optional(),
	/** A turn goes on when its text has this in it; capitals do not matter. */
	contains: word.optional(),
	/** A turn goes on unless its text has this in it. */
	without: word.optional(),
	/** Characters its text has at least. */
	least: z.number().min(0).optional(),
});

/** Bytes of a turn, which is held until it is known whether it goes on. */
const largest = 64 * 1024 ** 2;

/** Lets some turns through, or some media. */
export const filter: Operation = {
	accepts: 'any',
	narrow: (media, {medium}) => (medium === undefined ? media : media.filter(one => one === medium)),
	open(settings) {
		const {medium, contains, without, least} = parseSettings(schema, settings);
		const fits = (value: AnyValue): boolean => medium === undefined || value.medium === medium;
		if (contains === undefined && without === undefined && least === undefined)
			return {value: value => (fits(value) ? [value] : [])};
		let turn: AnyValue[] = [];
		let weight = 0;
		return {
			value(value) {
				if (fits(value)) turn.push(value);
				weight += weightOf(value);
				if (weight > largest)
					throw new MofaError('invalid-request', {path: 'input', expected: `a turn of at most ${largest} bytes`});
				return [];
			},
			before(kind) {
				const held = kind === 'interrupt' ? [] : turn;
				turn = [];
				weight = 0;
				const text = held
					.flatMap(value => (value.medium === 'text' ? [value.value] : []))
					.join('')
					.trim()
					.toLowerCase();
				const passes =
					(contains === undefined || text.includes(contains.toLowerCase())) &&
					(without === undefined || !text.includes(without.toLowerCase())) &&
					text.length >= (least ?? 0);
				return passes ? held : [];
			},
		};
	},
};
