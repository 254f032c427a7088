import {pythonText} from './python-text.ts';
import type {JinjaValue} from './python-ways.ts';

/** Characters; what is longer no template means. */
const longest = 4_000_000;

/** A method of Python's strings that the interpreter lacks or has without its arguments; undefined for all others. */
export function stringMethod(
	name: string,
	text: string,
	read: () => readonly JinjaValue[],
): string | number | boolean | readonly string[] | undefined {
	switch (name) {
		case 'strip':
			return strip(text, read(), true, true);
		case 'lstrip':
			return strip(text, read(), true, false);
		case 'rstrip':
			return strip(text, read(), false, true);
		case 'format':
			return format(text, read());
		case 'join':
			return join(text, read());
		case 'removeprefix': {
			const [start = ''] = texts(read());
			return text.startsWith(start) ? text.slice(start.length) : text;
		}
		case 'removesuffix': {
			const [end = ''] = texts(read());
			return end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text;
		}
		case 'find':
			return text.indexOf(texts(read())[0] ?? '');
		case 'count':
			return text.split(texts(read())[0] ?? '').length - 1;
		case 'splitlines':
			return text.replace(/\r\n|[\n\r]$/, end => (end.length === 2 ? '\n' : '')).split(/\r\n|[\n\r]/);
		case 'isdigit':
			return /^\d+$/.test(text);
		default:
			return undefined;
	}
}

const texts = (values: readonly JinjaValue[]): readonly string[] => values.map(pythonText);

/** Without an argument white space, else any of its characters. */
function strip(text: string, [argument]: readonly JinjaValue[], before: boolean, after: boolean): string {
	const characters = typeof argument?.value === 'string' ? new Set(argument.value) : undefined;
	const goes = (at: number): boolean => {
		const character = text.charAt(at);
		return characters === undefined ? character.trim() === '' : characters.has(character);
	};
	let start = 0;
	let end = text.length;
	if (before) while (start < end && goes(start)) start += 1;
	if (after) while (end > start && goes(end - 1)) end -= 1;
	return text.slice(start, end);
}

/** `{}` and `{0}`; what else stands in braces stays. */
function format(text: string, values: readonly JinjaValue[]): string {
	const told = texts(values);
	let next = 0;
	let left = longest;
	return text.replace(/\{\{|\}\}|\{(\d{0,3})\}/g, (whole, index: string | undefined) => {
		if (index === undefined) return whole.charAt(0);
		const value = told[index === '' ? next++ : Number(index)];
		if (value === undefined) throw new Error('format() has too few arguments');
		left -= value.length;
		if (left < 0) throw new RangeError(`a text of more than ${longest} characters`);
		return value;
	});
}

function join(separator: string, [list]: readonly JinjaValue[]): string | undefined {
	if (!Array.isArray(list?.value)) return undefined;
	const items = texts(list.value as readonly JinjaValue[]);
	const length = items.reduce((total, item) => total + item.length + separator.length, 0);
	if (length > longest) throw new RangeError(`a text of more than ${longest} characters`);
	return items.join(separator);
}

/** `'ab' * 3`. */
export function repeated(text: string, times: number): string {
	if (text.length * times > longest) throw new RangeError(`a text of more than ${longest} characters`);
	return text.repeat(Math.max(0, Math.floor(times)));
}
