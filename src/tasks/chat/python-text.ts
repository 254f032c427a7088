import type {JinjaValue} from './python-ways.ts';

/** Characters; what is longer no template means. */
const longest = 4_000_000;

/** What Python's `str()` makes of a value; nothing of what is undefined. Throws a `RangeError` beyond 4 million characters. */
export function pythonText(value: JinjaValue): string {
	if (typeof value.value === 'string') return value.value;
	if (value.type === 'UndefinedValue') return '';
	const pieces: string[] = [];
	let left = longest;
	write(value, piece => {
		left -= piece.length;
		if (left < 0) throw new RangeError(`a value of more than ${longest} characters`);
		pieces.push(piece);
	});
	return pieces.join('');
}

/** As `repr()`. */
function write({type, value}: JinjaValue, put: (piece: string) => void): void {
	if (type === 'NullValue') put('None');
	else if (typeof value === 'boolean') put(value ? 'True' : 'False');
	else if (typeof value === 'string') put(quoted(value));
	else if (typeof value === 'number') put(type === 'FloatValue' && Number.isInteger(value) ? `${value}.0` : `${value}`);
	else if (Array.isArray(value)) writeList(value, put);
	else if (value instanceof Map) writeMap(value, put);
	else put(type === 'UndefinedValue' ? 'Undefined' : '<function>');
}

function writeList(items: readonly JinjaValue[], put: (piece: string) => void): void {
	put('[');
	for (const [at, item] of items.entries()) {
		if (at > 0) put(', ');
		write(item, put);
	}
	put(']');
}

function writeMap(entries: ReadonlyMap<string, JinjaValue>, put: (piece: string) => void): void {
	put('{');
	let first = true;
	for (const [key, item] of entries) {
		put(`${first ? '' : ', '}${quoted(key)}: `);
		first = false;
		write(item, put);
	}
	put('}');
}

function quoted(text: string): string {
	const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
	const escaped = text.replace(/[\\\n\r\t\p{Cc}]/gu, escape).replaceAll(quote, `\\${quote}`);
	return quote + escaped + quote;
}

const names: Readonly<Record<string, string>> = {'\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t'};

function escape(character: string): string {
	return names[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
