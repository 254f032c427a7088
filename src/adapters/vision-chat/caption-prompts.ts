import {MofaError} from '../../contract/error.ts';
import type {RunContext} from '../../contract/task.ts';
import type {ChatMessage, ChatRequest} from '../../tasks/chat.ts';
import type {ChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import type {SeenPicture} from './picture-encoder.ts';
import type {Prompt, Prompts} from './prompt.ts';

/** What Florence was trained to be asked; `{input}` is what it is asked about. */
const questions: Readonly<Record<string, string>> = {
	'<OCR>': 'What is the text in the image?',
	'<OCR_WITH_REGION>': 'What is the text in the image, with regions?',
	'<CAPTION>': 'What does the image describe?',
	'<DETAILED_CAPTION>': 'Describe in detail what is shown in the image.',
	'<MORE_DETAILED_CAPTION>': 'Describe with a paragraph what is shown in the image.',
	'<OD>': 'Locate the objects with category name in the image.',
	'<DENSE_REGION_CAPTION>': 'Locate the objects in the image, with their descriptions.',
	'<REGION_PROPOSAL>': 'Locate the region proposals in the image.',
	'<CAPTION_TO_PHRASE_GROUNDING>': 'Locate the phrases in the caption: {input}',
	'<OPEN_VOCABULARY_DETECTION>': 'Locate {input} in the image.',
};

/** What people write, and what it asks for; the first that fits counts. What stands in brackets is what it is about. */
const wishes: ReadonlyArray<readonly [RegExp, string]> = [
	[/\b(ocr|text|read|written|words?)\b.*\b(regions?|boxes|where)\b/i, '<OCR_WITH_REGION>'],
	[/\b(ocr|transcribe|read|what (does it|is) (say|written)|text)\b/i, '<OCR>'],
	[/\b(?:find|locate|where (?:is|are))\s+(?:the |an? )?(.+?)[?.!\s]*$/i, '<OPEN_VOCABULARY_DETECTION>'],
	[/\b(detect|objects?)\b/i, '<OD>'],
	[/\b(regions?)\b/i, '<DENSE_REGION_CAPTION>'],
	[/\b(paragraph|everything|more detail(ed)?|in great detail)\b/i, '<MORE_DETAILED_CAPTION>'],
	[/\bdetail(s|ed)?\b/i, '<DETAILED_CAPTION>'],
	[/\b(caption|describe|what('s| is| do| does| are)? .*(this|that|it|see|picture|image|photo))\b|^\s*$/i, '<CAPTION>'],
];

/** What is done where the words ask for nothing that this model does. */
const otherwise = '<MORE_DETAILED_CAPTION>';

/** Florence: no chat, but a model that does a handful of things with one picture. The last message says which. */
export class CaptionPrompts implements Prompts {
	readonly template = {thinks: false, tools: false};
	readonly #tokenizer: ChatTokenizer;
	readonly #begin: number;
	readonly #end: number;

	constructor(tokenizer: ChatTokenizer) {
		this.#tokenizer = tokenizer;
		this.#begin = tokenizer.idOf('<s>') ?? 0;
		this.#end = tokenizer.idOf('</s>') ?? 2;
	}

	make(
		{messages}: Pick<ChatRequest, 'messages'>,
		pictures: readonly SeenPicture[],
		{warn}: Pick<RunContext, 'warn'>,
	): Prompt {
		const picture = pictures.at(-1);
		const at = messages.length - 1;
		const inLast = partsOf(messages[at]).filter(({type}) => type === 'image').length;
		if (picture === undefined || inLast > 1)
			throw new MofaError('invalid-request', {
				path: `messages.${at}.content`,
				expected: 'one picture: this model says what is in it, or what is written there',
			});
		const {task, about, known} = wishOf(textOf(messages[at]));
		if (!known)
			warn({
				setting: 'messages',
				message:
					'this model answers no questions, so it describes; ask it for a caption, for details, to read the text, to detect objects or to find something',
			});
		const text = (questions[task] ?? task).replace('{input}', about);
		const tokens = [this.#begin, ...this.#tokenizer.encodePlain(text), this.#end];
		return {text: '', tokens, rows: [], placed: [], pictures: [picture], written: [this.#end, this.#begin]};
	}
}

/** A task by its own name, or by what people call it. Pure. */
export function wishOf(words: string): {readonly task: string; readonly about: string; readonly known: boolean} {
	const named = /^\s*(<[A-Z_]+>)\s*(.*)$/s.exec(words);
	const [, task = '', about = ''] = named ?? [];
	if (Object.hasOwn(questions, task)) return {task, about, known: true};
	for (const [pattern, wanted] of wishes) {
		const found = pattern.exec(words);
		if (found !== null) return {task: wanted, about: found[1] ?? '', known: true};
	}
	return {task: otherwise, about: '', known: false};
}

function partsOf(message: ChatMessage | undefined): ReadonlyArray<{readonly type: string}> {
	return typeof message?.content === 'object' ? message.content : [];
}

function textOf(message: ChatMessage | undefined): string {
	const content = message?.content ?? '';
	if (typeof content === 'string') return content;
	return content.flatMap(part => (part.type === 'text' ? [part.text] : [])).join(' ');
}
