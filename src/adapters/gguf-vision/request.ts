import {openPictures} from '../../backends/pictures/open-pictures.ts';
import {MofaError} from '../../contract/error.ts';
import type {Image} from '../../contract/media.ts';
import type {RunContext} from '../../contract/task.ts';
import {encodePng} from '../../media/picture/png.ts';
import type {ChatMessage, ChatRequest, ContentPart} from '../../tasks/chat.ts';
import {picturesIn} from '../../tasks/chat/pictures-in.ts';
import type {OutputFormat} from '../../tasks/output-format.ts';

/** Pixels; the projectors of today look at less. */
const longestSide = 4096;

/**
 * The request as the server has it. Pictures are decoded here and sent as pixels: it never sees a stranger's file. Text needs no codecs,
 * so those are opened with a picture; throws `backend-unavailable` then where they are not there.
 */
export async function serverRequest(
	request: ChatRequest,
	format: OutputFormat | undefined,
	context: RunContext,
): Promise<Readonly<Record<string, unknown>>> {
	const {sampling = {}, maxTokens, stop, think, tools = [], toolChoice, logprobs} = request;
	const {unknown = {}, ...samplers} = sampling;
	for (const setting of Object.keys(unknown))
		context.warn({setting, message: 'this engine has no such setting; it was left out'});
	return {
		messages: await messagesOf(request.messages, context),
		...present(samplers),
		...(maxTokens === undefined ? {} : {max_tokens: maxTokens}),
		...(stop === undefined ? {} : {stop}),
		...(format === undefined ? {} : {grammar: format.grammar}),
		...(tools.length === 0 || toolChoice === 'none'
			? {}
			: {tools: tools.map(toolOf), tool_choice: choiceOf(toolChoice)}),
		...(think === undefined ? {} : {chat_template_kwargs: {enable_thinking: think !== false}}),
		...(logprobs === undefined ? {} : {logprobs: true, top_logprobs: logprobs}),
		stream: true,
		stream_options: {include_usage: true},
		cache_prompt: true,
	};
}

const present = (fields: object): object =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const toolOf = ({name, description, parameters}: NonNullable<ChatRequest['tools']>[number]): object => ({
	type: 'function',
	function: {name, description: description ?? '', parameters: parameters ?? {type: 'object', properties: {}}},
});

function choiceOf(choice: ChatRequest['toolChoice']): unknown {
	return typeof choice === 'object' ? {type: 'function', function: choice} : (choice ?? 'auto');
}

async function messagesOf(messages: readonly ChatMessage[], context: RunContext): Promise<readonly object[]> {
	const seen = await seePictures(messages, context);
	return messages.map((message, index) => {
		if (message.role === 'assistant') return assistantOf(message);
		const {role, content} = message;
		if (role === 'tool') return {role, content, tool_call_id: message.toolCallId ?? '', name: message.name};
		if (typeof content === 'string') return {role, content};
		return {role, content: content.map((part, at) => partOf(part, `messages.${index}.content.${at}`, seen))};
	});
}

/** Each as an address that holds its pixels. */
async function seePictures(messages: readonly ChatMessage[], {warn}: RunContext): Promise<ReadonlyMap<Image, string>> {
	const seen = new Map<Image, string>();
	for (const {image, path} of picturesIn(messages)) {
		const pictures = await openPictures();
		const {pixels, warnings} = await pictures.decode(image, {path, longestSide});
		for (const warning of warnings) warn(warning);
		seen.set(image, `data:image/png;base64,${Buffer.from(encodePng(pixels)).toString('base64')}`);
	}
	return seen;
}

function assistantOf(message: Extract<ChatMessage, {readonly role: 'assistant'}>): object {
	const {content, thinking, toolCalls = []} = message;
	return {
		role: 'assistant',
		content,
		...(thinking === undefined ? {} : {reasoning_content: thinking}),
		...(toolCalls.length === 0
			? {}
			: {
					tool_calls: toolCalls.map(({id, name, arguments: given}) => ({
						type: 'function',
						id,
						function: {name, arguments: JSON.stringify(given)},
					})),
				}),
	};
}

function partOf(part: ContentPart, path: string, seen: ReadonlyMap<Image, string>): object {
	if (part.type === 'text') return part;
	if (part.type === 'image') return {type: 'image_url', image_url: {url: seen.get(part.image)}};
	throw new MofaError('invalid-request', {path, expected: 'text or a picture: this model takes no sound'});
}
