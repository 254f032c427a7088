import {MofaError} from '../../contract/error.ts';
import type {ChatMessage, ContentPart, Tool, ToolCall} from '../chat.ts';

/** A message as the templates of Hugging Face models expect it. A key that is not there is not `undefined` but absent. */
export interface TemplateMessage {
	readonly role: string;
	readonly content: string | readonly TemplatePart[];
	readonly reasoning_content?: string;
	readonly tool_calls?: readonly TemplateToolCall[];
	readonly tool_call_id?: string;
	readonly name?: string;
}

/** Where a picture stands; which one it is, the order says. */
export type TemplatePart = {readonly type: 'text'; readonly text: string} | {readonly type: 'image'};

interface TemplateToolCall {
	readonly type: 'function';
	readonly id: string;
	readonly function: {readonly name: string; readonly arguments: Readonly<Record<string, unknown>> | string};
}

export interface TemplateTool {
	readonly type: 'function';
	readonly function: {
		readonly name: string;
		readonly description: string;
		readonly parameters: Readonly<Record<string, unknown>>;
	};
}

/** Text alone becomes one string. Throws `invalid-request` for a part that is neither text nor a picture. */
export function toTemplateMessages(messages: readonly ChatMessage[]): TemplateMessage[] {
	return messages.map((message, index) => toTemplateMessage(message, `messages.${index}`));
}

function toTemplateMessage(message: ChatMessage, path: string): TemplateMessage {
	switch (message.role) {
		case 'assistant':
			return {
				role: 'assistant',
				content: message.content,
				...(message.thinking ? {reasoning_content: message.thinking} : {}),
				...(message.toolCalls?.length ? {tool_calls: message.toolCalls.map(toTemplateToolCall)} : {}),
			};
		case 'tool':
			return {
				role: 'tool',
				content: message.content,
				...(message.toolCallId === undefined ? {} : {tool_call_id: message.toolCallId}),
				...(message.name === undefined ? {} : {name: message.name}),
			};
		default:
			return {role: message.role, content: contentOf(message.content, path)};
	}
}

function contentOf(content: string | readonly ContentPart[], path: string): TemplateMessage['content'] {
	if (typeof content === 'string') return content;
	const parts = content.map((part, index): TemplatePart => {
		if (part.type === 'text') return part;
		if (part.type === 'image') return {type: 'image'};
		throw new MofaError('invalid-request', {
			path: `${path}.content.${index}`,
			expected: `text or a picture: this model takes no ${part.type}`,
		});
	});
	return parts.some(({type}) => type === 'image') ? parts : parts.map(textOfPart).join('\n');
}

const textOfPart = (part: TemplatePart): string => (part.type === 'text' ? part.text : '');

const toTemplateToolCall = (call: ToolCall): TemplateToolCall => ({
	type: 'function',
	id: call.id,
	function: {name: call.name, arguments: call.arguments},
});

export function toTemplateTools(tools: readonly Tool[]): TemplateTool[] {
	return tools.map(tool => ({
		type: 'function',
		function: {
			name: tool.name,
			// Templates read these two without asking whether they are there.
			description: tool.description ?? '',
			parameters: tool.parameters ?? {type: 'object', properties: {}},
		},
	}));
}

/** Levels of a schema; deeper ones stay as they are. */
const deepestSchema = 16;

/** For templates that read of each part of a schema what it is and what it is for, without asking whether it says so. */
export function describeEverything(tools: readonly TemplateTool[]): TemplateTool[] {
	return tools.map(tool => ({
		...tool,
		function: {...tool.function, parameters: described(tool.function.parameters, 0)},
	}));
}

function described(schema: Readonly<Record<string, unknown>>, depth: number): Readonly<Record<string, unknown>> {
	const inner = (part: unknown): unknown =>
		depth < deepestSchema && typeof part === 'object' && part !== null && !Array.isArray(part)
			? described(part as Readonly<Record<string, unknown>>, depth + 1)
			: part;
	const {properties, items, additionalProperties} = schema;
	const parts = typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
	const anything = {type: 'any', description: ''};
	return {
		type: 'any',
		description: '',
		...schema,
		...(schema['type'] === 'array' && {items: inner(items ?? anything)}),
		...(schema['type'] === 'object' && {
			properties: Object.fromEntries(parts.map(([name, part]) => [name, inner(part)])),
			additionalProperties: typeof additionalProperties === 'object' ? inner(additionalProperties) : anything,
		}),
	};
}

/** Another way to tell the same conversation, for templates that refuse the first. */
export type Retelling = (messages: readonly TemplateMessage[]) => TemplateMessage[];

/** For templates that know no system role: its text opens the first user turn. */
export const foldSystem: Retelling = messages => {
	const system = messages.filter(message => message.role === 'system').map(plainText);
	const rest = messages.filter(message => message.role !== 'system');
	if (system.length === 0) return rest;
	const first = rest.findIndex(message => message.role === 'user');
	const text = system.join('\n\n');
	if (first === -1) return [{role: 'user', content: text}, ...rest];
	const opened = rest.slice(first, first + 1).map(turn => withContent(turn, joined(text, turn.content)));
	return rest.toSpliced(first, 1, ...opened);
};

/** For templates that want user and assistant to take turns. */
export const joinTurns: Retelling = messages => {
	const turns: TemplateMessage[] = [];
	for (const message of messages) {
		const last = turns.at(-1);
		const same = last?.role === message.role && message.role !== 'tool' && !last.tool_calls && !message.tool_calls;
		if (last && same) turns[turns.length - 1] = withContent(last, joined(last.content, message.content));
		else turns.push(message);
	}
	return turns;
};

/** Mistral's templates refuse tool call ids that are not nine letters or digits. */
export const shortenIds: Retelling = messages => {
	const short = new Map<string, string>();
	const shorten = (id: string): string => {
		const known = short.get(id) ?? `call${String(short.size).padStart(5, '0')}`;
		short.set(id, known);
		return known;
	};
	return messages.map(message => ({
		...message,
		...(message.tool_calls && {tool_calls: message.tool_calls.map(call => ({...call, id: shorten(call.id)}))}),
		...(message.tool_call_id !== undefined && {tool_call_id: shorten(message.tool_call_id)}),
	}));
};

/** For templates that paste the arguments of a call as text instead of turning an object into JSON. */
export const stringifyArguments: Retelling = messages =>
	messages.map(message => ({
		...message,
		...(message.tool_calls && {
			tool_calls: message.tool_calls.map(call => ({
				...call,
				function: {...call.function, arguments: JSON.stringify(call.function.arguments)},
			})),
		}),
	}));

/** For templates of models that also see, which read content only as a list of parts. */
export const typeContent: Retelling = messages =>
	messages.map(message => withContent(message, partsOf(message.content)));

function withContent(message: TemplateMessage, content: TemplateMessage['content']): TemplateMessage {
	return {...message, content};
}

const partsOf = (content: TemplateMessage['content']): readonly TemplatePart[] =>
	typeof content === 'string' ? [{type: 'text', text: content}] : content;

function plainText({content}: TemplateMessage): string {
	return typeof content === 'string' ? content : content.map(textOfPart).join('\n');
}

/** One after the other; a list where one of them is. */
function joined(first: TemplateMessage['content'], second: TemplateMessage['content']): TemplateMessage['content'] {
	if (typeof first === 'string' && typeof second === 'string') return `${first}\n\n${second}`;
	return [...partsOf(first), {type: 'text', text: '\n\n'}, ...partsOf(second)];
}
