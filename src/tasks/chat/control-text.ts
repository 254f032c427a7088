import type {ChatMessage} from '../chat.ts';

/** Noncharacters of Unicode: no text holds them by right, and no template looks for them. */
const open = '\uFDD0';
const close = '\uFDD1';
const fences = /[\uFDD0\uFDD1]/g;

/** Finds what the vocabulary reads as a control token, such as `<|im_end|>`; null for a vocabulary that has none. */
export function controlPattern(texts: readonly string[]): RegExp | null {
	const longestFirst = texts.filter(text => text.trim().length > 1).toSorted((a, b) => b.length - a.length);
	if (longestFirst.length === 0) return null;
	return new RegExp(longestFirst.map(text => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('|'), 'g');
}

/**
 * Puts a fence around control tokens that someone only wrote about: a question or a tool's result that quotes
 * `<|im_end|>` must not end the turn. What the system prompt and the model itself said is theirs to say, but for what
 * `everywhere` finds: nobody's words stand for a picture.
 */
export function fenceMessages(
	messages: readonly ChatMessage[],
	control: RegExp | null,
	everywhere: RegExp | null = null,
): readonly ChatMessage[] {
	return messages.map(message => {
		const pattern = message.role === 'user' || message.role === 'tool' ? control : everywhere;
		if (pattern === null) return message;
		const fence = (text: string): string =>
			text.replaceAll(fences, '\uFFFD').replaceAll(pattern, match => `${open}${match}${close}`);
		if (message.role === 'tool' || message.role === 'assistant') return {...message, content: fence(message.content)};
		if (typeof message.content === 'string') return {...message, content: fence(message.content)};
		const content = message.content.map(part => (part.type === 'text' ? {...part, text: fence(part.text)} : part));
		return {...message, content};
	});
}

/** The prompt in pieces: what stood inside a fence is text and no more. The first piece may be empty. */
export function splitFenced(prompt: string): ReadonlyArray<{readonly text: string; readonly isPlain: boolean}> {
	return prompt.split(open).flatMap((piece, index) => {
		if (index === 0) return [{text: piece, isPlain: false}];
		const end = piece.indexOf(close);
		const pieces = [
			{text: piece.slice(0, end), isPlain: true},
			{text: piece.slice(end + 1), isPlain: false},
		];
		return pieces.filter(({text}) => text !== '');
	});
}
