import {longestDraft} from './line-editor.ts';

/** What a terminal sent, cut into meanings. A key is spelt `ctrl-a`, `alt-enter`, `up`. */
export type InputEvent =
	| {readonly type: 'key'; readonly key: string}
	| {readonly type: 'text'; readonly text: string}
	/** Between the brackets of a bracketed paste: line breaks in it never submit. */
	| {readonly type: 'paste'; readonly text: string};

export interface KeyDecoder {
	push(chunk: string): readonly InputEvent[];
	/** Waits for the rest of an escape sequence; after a moment without one it was the Escape key. */
	pending(): boolean;
	flush(): readonly InputEvent[];
}

export function createKeyDecoder(): KeyDecoder {
	let rest = '';
	let paste: string | undefined;

	const push = (chunk: string): readonly InputEvent[] => {
		const events: InputEvent[] = [];
		rest += chunk;
		for (;;) {
			if (paste !== undefined) {
				const done = takePaste();
				if (done === undefined) return events;
				events.push(done);
			}
			const step = nextEvent(rest);
			if (step === undefined) return events;
			rest = rest.slice(step.length);
			if (step.event === 'paste-start') paste = '';
			else if (step.event !== undefined) events.push(step.event);
		}
	};
	const takePaste = (): InputEvent | undefined => {
		const end = rest.indexOf(pasteEnd);
		// The end marker itself may be cut in two.
		const cut = end === -1 ? Math.max(0, rest.length - pasteEnd.length + 1) : end;
		paste = (paste ?? '') + rest.slice(0, cut);
		if (paste.length > 2 * longestDraft) paste = paste.slice(0, 2 * longestDraft);
		rest = rest.slice(end === -1 ? cut : cut + pasteEnd.length);
		if (end === -1) return undefined;
		const text = cleanPaste(paste);
		paste = undefined;
		return {type: 'paste', text};
	};
	return {
		push,
		pending: () => paste === undefined && rest !== '',
		flush() {
			if (paste !== undefined || rest === '') return [];
			const stuck = rest;
			rest = '';
			return stuck === escape
				? [{type: 'key', key: 'escape'}]
				: [{type: 'key', key: 'escape'}, ...push(stuck.slice(1))];
		},
	};
}

const escape = '\u001B';
const pasteStart = '\u001B[200~';
const pasteEnd = '\u001B[201~';

interface Step {
	readonly length: number;
	/** Undefined: nothing the chat knows, such as a report of the mouse or of focus. */
	readonly event: InputEvent | 'paste-start' | undefined;
}

/** The event at the beginning of the text; undefined when more has to come first. */
function nextEvent(text: string): Step | undefined {
	if (text === '') return undefined;
	const printable = /^\P{Cc}+/u.exec(text)?.[0];
	if (printable !== undefined) return {length: printable.length, event: {type: 'text', text: printable}};
	if (!text.startsWith(escape)) return key(1, controlKey(text.charAt(0)));
	if (text.startsWith(pasteStart)) return {length: pasteStart.length, event: 'paste-start'};
	if (text.length === 1) return undefined;
	const kind = text.charAt(1);
	if (kind === '[') return controlSequence(text);
	if (kind === 'O') return text.length < 3 ? undefined : key(3, named[text.charAt(2)]);
	if (kind === ']' || kind === 'P' || kind === '_' || kind === '^') return report(text);
	if (kind === escape) return key(1, 'escape');
	const character = String.fromCodePoint(text.codePointAt(1) ?? 0);
	const plain = controlKey(character) ?? character.toLowerCase();
	return key(1 + character.length, `alt-${plain}`);
}

function key(length: number, name: string | undefined): Step {
	return {length, event: name === undefined ? undefined : {type: 'key', key: name}};
}

/** CSI: `ESC [`, numbers, one final letter. */
function controlSequence(text: string): Step | undefined {
	const match = /^\[([<=>?]?)([0-9;:]*)([ -/]*)([@-~])/.exec(text.slice(1));
	if (match === null) {
		const unfinished = /^\[[<=>?]?[0-9;:]*[ -/]*$/.test(text.slice(1));
		return unfinished && text.length < 64 ? undefined : key(2, undefined);
	}
	const [whole, mark, numbers = '', , final = ''] = match;
	const length = 1 + whole.length;
	if (mark !== '') return key(length, undefined);
	const parameters = numbers.split(/[;:]/).map(Number);
	const [first = 0, second = 1, third = 0] = parameters;
	// The two ways terminals report keys that have no code of their own, such as Shift-Enter.
	if (final === 'u') return key(length, modified(second, codePointKey(first)));
	if (final === '~' && first === 27) return key(length, modified(second, codePointKey(third)));
	if (final === 'Z') return key(length, 'shift-tab');
	return key(length, modified(second, final === '~' ? numbered[first] : named[final]));
}

function modified(modifiers: number, name: string | undefined): string | undefined {
	if (name === undefined) return undefined;
	const bits = Math.max(0, modifiers - 1);
	return `${bits & 4 ? 'ctrl-' : ''}${bits & 2 ? 'alt-' : ''}${bits & 1 ? 'shift-' : ''}${name}`;
}

/** An answer of the terminal to a question nobody asked: ends with BEL or ESC \. */
function report(text: string): Step | undefined {
	const ends = ['\u0007', `${escape}\\`].flatMap(end => {
		const found = text.indexOf(end, 2);
		return found === -1 ? [] : [found + end.length];
	});
	if (ends.length > 0) return key(Math.min(...ends), undefined);
	return text.length < 4096 ? undefined : key(2, undefined);
}

function controlKey(character: string): string | undefined {
	const code = character.codePointAt(0) ?? 0;
	if (code === 0x7f) return 'backspace';
	if (code >= 0x20) return undefined;
	return controlNames[code] ?? `ctrl-${String.fromCodePoint(code + 0x60)}`;
}

function codePointKey(code: number): string | undefined {
	if (!Number.isInteger(code) || code <= 0 || code > 0x10_ff_ff) return undefined;
	return controlKey(String.fromCodePoint(code)) ?? (code === 32 ? 'space' : String.fromCodePoint(code).toLowerCase());
}

const controlNames: Readonly<Record<number, string>> = {
	0: 'ctrl-space',
	9: 'tab',
	10: 'ctrl-j',
	13: 'enter',
	27: 'escape',
	28: 'ctrl-\\',
	29: 'ctrl-]',
	30: 'ctrl-^',
	31: 'ctrl-_',
};

const named: Readonly<Record<string, string>> = {
	A: 'up',
	B: 'down',
	C: 'right',
	D: 'left',
	F: 'end',
	H: 'home',
	M: 'enter',
};

const numbered: Readonly<Record<number, string>> = {
	1: 'home',
	2: 'insert',
	3: 'delete',
	4: 'end',
	5: 'page-up',
	6: 'page-down',
	7: 'home',
	8: 'end',
};

function cleanPaste(text: string): string {
	const lines = text.replaceAll(/\r\n?/g, '\n').replaceAll(sequences, '');
	return lines.replaceAll(/\p{Cc}/gu, character => (character === '\n' || character === '\t' ? character : ''));
}

const sequences = new RegExp(String.raw`\u001B\[[0-9;:<=>?]*[ -/]*[@-~]`, 'g');
