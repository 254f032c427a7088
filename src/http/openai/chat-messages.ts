import * as z from 'zod';
import type {Warning} from '../../contract/task.ts';
import type {ChatMessage, ContentPart, ToolCall} from '../../tasks/chat.ts';
import {picturesIn} from '../../tasks/chat/pictures-in.ts';
import {invalid} from '../envelope.ts';
import {audioOf, imageOf} from './attachments.ts';
import {listOf} from '../list-of.ts';
import {checkShape} from '../read-json.ts';
import {inClientWords} from './choices.ts';
import {droppedFields} from './dropped-fields.ts';
import {parseFields} from './generation-fields.ts';

/** Text alone is one text part; an address alone is one image. */
const asParts = (value: unknown): unknown => (typeof value === 'string' ? [{type: 'text', text: value}] : value);
const asImage = (value: unknown): unknown => (typeof value === 'string' ? {url: value} : value);

const textPart = z.object({type: z.literal('text'), text: z.string()});
const imageAddress = z.object({
	url: z.string(),
	// How closely to look is up to the model, so any other wish is as if it were not known.
	detail: z.literal('auto').optional().catch(undefined),
});
const userPart = z.discriminatedUnion('type', [
	textPart,
	z.object({type: z.literal('image_url'), image_url: z.preprocess(asImage, imageAddress)}),
	z.object({type: z.literal('input_audio'), input_audio: z.object({data: z.string(), format: z.string()})}),
]);
const parts = 'a text, or a list of parts';
const texts = z.preprocess(asParts, listOf(textPart, parts));
/** What clients send back with an answer that they were given, and what says nothing that another field does not. */
const echoed = z.unknown().optional();
const refusal = z.object({type: z.literal('refusal'), refusal: z.string()});
const toolCall = z.object({
	id: z.string(),
	type: z.literal('function').nullish(),
	function: z.object({name: z.string().min(1), arguments: z.string(), parsed_arguments: echoed}),
	index: echoed,
});

const message = z.discriminatedUnion('role', [
	z.object({role: z.enum(['system', 'developer']), content: texts}),
	z.object({role: z.literal('user'), content: z.preprocess(asParts, listOf(userPart, parts))}),
	z.object({
		role: z.literal('assistant'),
		content: z.preprocess(asParts, listOf(z.discriminatedUnion('type', [textPart, refusal]), parts).nullish()),
		refusal: z.string().nullish(),
		// Servers do not agree on the name of the thinking, so both are read.
		reasoning: z.string().nullish(),
		reasoning_content: z.string().nullish(),
		tool_calls: listOf(toolCall).nullish(),
		parsed: echoed,
		annotations: echoed,
	}),
	z.object({role: z.literal('tool'), content: texts, tool_call_id: z.string().nullish(), name: z.string().nullish()}),
]);

/**
 * The conversation as the chat task has it, and what of it could not be understood. Throws `invalid-request` with the path as the
 * client wrote it.
 */
export function parseMessages(value: unknown): {
	readonly messages: readonly ChatMessage[];
	readonly warnings: readonly Warning[];
} {
	const parsed = parseFields(
		listOf(message, 'a list of messages').refine(({length}) => length > 0, 'at least one message'),
		value,
		'messages',
	);
	const messages = parsed.map((entry, index) => chatMessage(entry, `messages.${index}`));
	checkPictures(messages);
	return {messages, warnings: droppedFields(value, parsed, 'messages')};
}

/** Whoever decodes them asks the same, but a model would have been loaded by then. */
function checkPictures(messages: readonly ChatMessage[]): void {
	try {
		picturesIn(messages);
	} catch (error) {
		throw inClientWords(error);
	}
}

function chatMessage(entry: z.infer<typeof message>, path: string): ChatMessage {
	switch (entry.role) {
		case 'system':
		case 'developer':
			return {role: 'system', content: joined(entry.content)};
		case 'user':
			return {role: 'user', content: userContent(entry.content, `${path}.content`)};
		case 'assistant':
			return {
				role: 'assistant',
				content:
					(entry.content ?? []).map(part => (part.type === 'text' ? part.text : part.refusal)).join('') ||
					(entry.refusal ?? ''),
				thinking: entry.reasoning ?? entry.reasoning_content ?? undefined,
				toolCalls: entry.tool_calls?.map((call, index) => toolCallOf(call, `${path}.tool_calls.${index}`)),
			};
		case 'tool':
			return {
				role: 'tool',
				content: joined(entry.content),
				toolCallId: entry.tool_call_id ?? undefined,
				name: entry.name ?? undefined,
			};
	}
}

/** A template is given plain text wherever there is nothing else. */
function userContent(parts: ReadonlyArray<z.infer<typeof userPart>>, path: string): string | readonly ContentPart[] {
	const converted = parts.map((part, index): ContentPart => {
		const at = `${path}.${index}`;
		if (part.type === 'image_url') return {type: 'image', image: imageOf(part.image_url.url, `${at}.image_url`)};
		if (part.type === 'input_audio')
			return {type: 'audio', audio: audioOf(part.input_audio.data, part.input_audio.format, `${at}.input_audio`)};
		return part;
	});
	const onlyText = converted.every(part => part.type === 'text');
	return onlyText ? converted.map(part => part.text).join('\n') : converted;
}

function joined(parts: ReadonlyArray<{readonly text: string}>): string {
	return parts.map(part => part.text).join('\n');
}

function toolCallOf({id, function: call}: z.infer<typeof toolCall>, path: string): ToolCall {
	return {id, name: call.name, arguments: argumentsOf(call.arguments, `${path}.function.arguments`)};
}

function argumentsOf(text: string, path: string): Readonly<Record<string, unknown>> {
	if (text.trim() === '') return {};
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
			checkShape(value);
			return value as Record<string, unknown>;
		}
	} catch {}
	throw invalid(path, 'a JSON object written as a string');
}
