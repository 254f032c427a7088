import {randomInt} from 'node:crypto';
import type {ToolCall} from '../chat.ts';
import {
	bareCallOpenings,
	silences,
	thinkingFormats,
	toolFormats,
	type Silence,
	type ThinkingFormat,
	type ToolFormat,
} from './answer-formats.ts';
import {findMark} from './marks.ts';
import {readBareJson, type WrittenCall} from './tool-call-readers.ts';

export type Piece =
	| {readonly type: 'thinking-delta'; readonly text: string}
	| {readonly type: 'text-delta'; readonly text: string}
	| {readonly type: 'tool-call'; readonly call: ToolCall};

export interface AnswerParser {
	push(text: string): Piece[];
	end(): Piece[];
}

export interface AnswerParserOptions {
	/** `optional`: the answer may open with thinking. `open`: the prompt already ends inside of it. */
	readonly thinking: 'none' | 'optional' | 'open';
	/** False: what looks like a call is text. */
	readonly toolCalls: boolean;
}

type Format = ThinkingFormat | ToolFormat | Silence;

/** Where the parser stands. In `opening` nothing has come yet but white space and what is not part of the answer. */
type Mode =
	| {readonly in: 'opening'; readonly trim: boolean}
	| {readonly in: 'text'}
	| {readonly in: 'thinking'; readonly closes: readonly string[]; begun: boolean}
	| {readonly in: 'tool'; readonly format: ToolFormat; body: string};

const bareCall: ToolFormat = {kind: 'tool', mark: '', closes: [], read: readBareJson, leads: true};

/**
 * Takes an answer apart as it streams: thinking, text, tool calls. Holds back only what could still become a mark, and
 * white space around marks, which it drops. A call that cannot be read comes out as the text it was. However the answer
 * is cut into pieces, the result is the same.
 */
export function createAnswerParser(options: AnswerParserOptions): AnswerParser {
	const formats: readonly Format[] = [
		...(options.thinking === 'none' ? [] : thinkingFormats),
		...(options.toolCalls ? toolFormats : []),
		...(options.thinking === 'none' && !options.toolCalls ? [] : silences),
	];
	const anywhere = formats.filter(format => !format.leads);
	let mode: Mode =
		options.thinking === 'open'
			? {in: 'thinking', closes: thinkingFormats.map(format => format.close), begun: false}
			: {in: 'opening', trim: false};
	let held = '';
	let wroteText = false;
	let ended = false;
	let pieces: Piece[] = [];

	const emit = (type: 'thinking-delta' | 'text-delta', text: string): void => {
		if (text === '') return;
		wroteText ||= type === 'text-delta';
		const last = pieces.at(-1);
		if (last?.type === type) pieces[pieces.length - 1] = {type, text: last.text + text};
		else pieces.push({type, text});
	};

	const enter = (format: Format): void => {
		if (format.kind === 'thinking') mode = {in: 'thinking', closes: [format.close], begun: false};
		else if (format.kind === 'tool') mode = {in: 'tool', format, body: ''};
		else mode = {in: 'opening', trim: true};
	};

	/** Each step returns whether it got on; false waits for more text. */
	const steps = {
		opening(trim: boolean): boolean {
			const start = held.length - held.trimStart().length;
			if (start === held.length) {
				if (ended && !trim) emit('text-delta', held);
				return false;
			}
			const text = held.slice(start);
			const find = findMark(text, formats, ended);
			if (find.found === undefined && find.keep === 0) return false;
			if (find.found && find.at === 0) {
				held = text.slice(find.found.mark.length);
				enter(find.found);
				return true;
			}
			const bare = options.toolCalls && !wroteText ? bareCallMatch(text, ended) : 'no';
			if (bare === 'maybe') return false;
			if (bare === 'yes') mode = {in: 'tool', format: bareCall, body: held.slice(0, start)};
			else mode = {in: 'text'};
			held = bare === 'yes' || trim ? text : held;
			return true;
		},
		text(): boolean {
			const find = findMark(held, anywhere, ended);
			const shown = held.slice(0, find.found ? find.at : find.keep);
			emit('text-delta', shown);
			held = held.slice(shown.length + (find.found?.mark.length ?? 0));
			if (find.found) enter(find.found);
			return find.found !== undefined;
		},
		thinking(at: {readonly closes: readonly string[]; begun: boolean}): boolean {
			if (!at.begun) held = held.trimStart();
			const find = findMark(held, at.closes.map(asMark), ended);
			const shown = held.slice(0, find.found ? find.at : find.keep).trimEnd();
			emit('thinking-delta', shown);
			at.begun ||= shown !== '';
			if (!find.found) {
				held = held.slice(shown.length);
				return false;
			}
			held = held.slice(find.at + find.found.mark.length);
			mode = {in: 'opening', trim: true};
			return true;
		},
		tool(at: {readonly format: ToolFormat; body: string}): boolean {
			const find = findMark(held, at.format.closes.map(asMark), ended);
			const taken = held.slice(0, find.found ? find.at : find.keep);
			at.body += taken;
			held = held.slice(taken.length + (find.found?.mark.length ?? 0));
			if (!find.found && !ended) return false;
			const calls = at.format.read(at.body);
			if (calls) pieces.push(...calls.map(call => ({type: 'tool-call', call: withId(call)}) as const));
			else emit('text-delta', at.format.mark + at.body + (find.found?.mark ?? ''));
			mode = calls ? {in: 'opening', trim: true} : {in: 'text'};
			return find.found !== undefined;
		},
	};

	const step = (): boolean => {
		if (mode.in === 'opening') return steps.opening(mode.trim);
		if (mode.in === 'text') return steps.text();
		return mode.in === 'thinking' ? steps.thinking(mode) : steps.tool(mode);
	};

	const advance = (text: string): Piece[] => {
		held += text;
		pieces = [];
		while (step());
		return pieces;
	};

	return {
		push: advance,
		end() {
			ended = true;
			return advance('');
		},
	};
}

const asMark = (mark: string): {readonly mark: string} => ({mark});

function bareCallMatch(text: string, ended: boolean): 'yes' | 'no' | 'maybe' {
	const compact = text.slice(0, 200).replaceAll(/\s+/g, '');
	if (bareCallOpenings.some(opening => compact.startsWith(opening))) return 'yes';
	const could = text.length < 200 && bareCallOpenings.some(opening => opening.startsWith(compact));
	return could && !ended ? 'maybe' : 'no';
}

/** Nine letters and digits: what the strictest template (Mistral's) accepts when the call comes back as history. */
function withId(call: WrittenCall): ToolCall {
	const id = call.id ?? Array.from({length: 9}, () => alphabet[randomInt(alphabet.length)]).join('');
	return {id, name: call.name, arguments: call.arguments};
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
