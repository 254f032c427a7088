import * as z from 'zod';
import {MofaError} from '../../contract/error.ts';
import type {AnyValue, StageSettings, StageTalk, TaskStage} from '../../contract/stage.ts';
import type {ChatEvent, ChatMessage, ChatRequest, ContentPart} from '../chat.ts';
import {formatSchema} from '../generation-fields.ts';
import {parseWith} from '../parse.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const effort = z.union([z.boolean(), z.enum(['low', 'medium', 'high'])]);
const settingsSchema = z.looseObject({
	/** Instructions the model follows throughout. */
	system: text.optional(),
	think: effort.optional(),
	maxTokens: z.int().min(0).optional(),
	stop: z.union([text.transform(one => [one]), z.array(z.string())]).optional(),
	format: formatSchema.optional(),
	/** Turns that are remembered; 0: each question stands alone. */
	remember: z.int().min(0).max(1000).default(16),
});

const samplers: ReadonlySet<string> = new Set([
	'temperature',
	'top_p',
	'top_k',
	'min_p',
	'seed',
	'repeat_penalty',
	'repeat_last_n',
	'frequency_penalty',
	'presence_penalty',
]);

/** Each turn is a question; the model's answer goes on as it is written, and both are remembered. */
export const chatStage: TaskStage<ChatRequest, ChatEvent> = {
	takes: 'turn',
	open: settings => new Conversation(settings),
};

class Conversation implements StageTalk<ChatRequest, ChatEvent> {
	readonly #frame: Omit<ChatRequest, 'messages'>;
	readonly #system: readonly ChatMessage[];
	readonly #remember: number;
	#turns: Array<readonly [ChatMessage, ChatMessage]> = [];
	#question: ChatMessage | undefined;
	#unanswered: ChatMessage | undefined;
	#answer = '';

	constructor(settings: StageSettings) {
		const {system, think, maxTokens, stop, format, remember, ...others} = parseWith(settingsSchema, settings);
		this.#remember = remember;
		this.#system = system === undefined ? [] : [{role: 'system', content: system}];
		this.#frame = {
			...(think === undefined ? {} : {think}),
			...(maxTokens === undefined ? {} : {maxTokens}),
			...(stop === undefined ? {} : {stop}),
			...(format === undefined ? {} : {format}),
			...(Object.keys(others).length === 0 ? {} : {sampling: sampling(others)}),
		};
	}

	request(values: readonly AnyValue[]): ChatRequest | null {
		const content = contentOf(values);
		if (content === null) return null;
		this.#question = {role: 'user', content: after(this.#unanswered, content)};
		this.#unanswered = undefined;
		this.#answer = '';
		return {...this.#frame, messages: [...this.#system, ...this.#turns.flat(), this.#question]};
	}

	*packets(event: ChatEvent): Generator<AnyValue> {
		if (event.type !== 'text-delta') return;
		this.#answer += event.text;
		yield {type: 'value', medium: 'text', value: event.text};
	}

	over({how, heard}: Parameters<NonNullable<StageTalk<ChatRequest, ChatEvent>['over']>>[0]): void {
		const question = this.#question;
		this.#question = undefined;
		if (question !== undefined && how !== 'failed')
			this.#turns.push([question, {role: 'assistant', content: this.#answer}]);
		if (how === 'interrupted' && heard !== null) this.#forgetBeyond(heard);
		const unanswered = this.#turns.at(-1);
		if (unanswered?.[1].content === '') {
			// Nothing was said yet: what comes next is of the same question.
			this.#turns.pop();
			this.#unanswered = how === 'interrupted' ? unanswered[0] : undefined;
		}
		this.#turns = this.#remember === 0 ? [] : this.#turns.slice(-this.#remember);
	}

	/** The model shall not believe that it has said what nobody heard. */
	#forgetBeyond(heard: string): void {
		const last = this.#turns.pop();
		if (last === undefined) return;
		const [question, {content}] = last;
		const shorter = typeof content === 'string' && heard.length < content.trim().length;
		this.#turns.push(shorter ? [question, {role: 'assistant', content: heard}] : last);
	}
}

/** A name that is no sampler is told of by the model, as everywhere; one that is neither text nor number is a mistake. */
export function sampling(others: Readonly<Record<string, unknown>>): NonNullable<ChatRequest['sampling']> {
	const known = Object.entries(others).filter(([name]) => samplers.has(name));
	const unknown = Object.entries(others).filter(([name]) => !samplers.has(name));
	for (const [name, value] of known)
		if (typeof value !== 'number') throw new MofaError('invalid-request', {path: name, expected: 'a number'});
	return {...Object.fromEntries(known), ...(unknown.length === 0 ? {} : {unknown: Object.fromEntries(unknown)})};
}

/** A question that goes on after a pause. */
function after(
	before: ChatMessage | undefined,
	content: string | readonly ContentPart[],
): string | readonly ContentPart[] {
	if (typeof before?.content !== 'string' || typeof content !== 'string') return content;
	return `${before.content} ${content}`;
}

/** Null: nothing was said. */
function contentOf(values: readonly AnyValue[]): string | readonly ContentPart[] | null {
	const said = values
		.flatMap(value => (value.medium === 'text' ? [value.value] : []))
		.join('')
		.trim();
	const parts = values.flatMap((value): readonly ContentPart[] => {
		if (value.medium === 'image') return [{type: 'image', image: value.value}];
		return value.medium === 'audio' ? [{type: 'audio', audio: value.value}] : [];
	});
	if (parts.length === 0) return said === '' ? null : said;
	return [...parts, ...(said === '' ? [] : [{type: 'text', text: said} as const])];
}
