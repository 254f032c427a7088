import {randomInt} from 'node:crypto';
import {MofaError} from '../../contract/error.ts';
import type {Handler, RunContext} from '../../contract/task.ts';
import {chance} from '../../lib/pick-token.ts';
import type {ChatEvent, ChatRequest} from '../../tasks/chat.ts';
import {AnswerReader} from '../../tasks/chat/answer-reader.ts';
import {picturesIn} from '../../tasks/chat/pictures-in.ts';
import {thinkingOf} from '../../tasks/chat/thinking.ts';
import type {TokenLogprob} from '../../tasks/generation.ts';
import type {ChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import type {Writer} from './conversation.ts';
import {logprobOf, pickingOf, pickNext} from './next-token.ts';
import type {PictureEncoder, SeenPicture} from './picture-encoder.ts';
import type {Prompt, Prompts} from './prompt.ts';
import type {VisionSettings} from './settings.ts';
import {TokenText} from './token-text.ts';
import {plainWords, type Wording} from './wording.ts';

export interface ChatParts {
	readonly name: string;
	readonly settings: VisionSettings;
	readonly tokenizer: ChatTokenizer;
	readonly prompts: Prompts;
	readonly encoder: PictureEncoder;
	readonly conversation: Writer;
	/** Tokens that end an answer. */
	readonly stops: ReadonlySet<number>;
	/** Turns what is not words into words; absent: there is none of it. */
	readonly wording?: (prompt: Prompt) => Wording;
}

export function chatHandler(parts: ChatParts): Handler<'chat'> {
	return async function* (request, context): AsyncGenerator<ChatEvent> {
		checkRequest(request, context);
		const started = performance.now();
		const pictures = await seePictures(parts.encoder, request, context);
		const prompt = parts.prompts.make(request, pictures, context);
		const room = roomFor(parts, prompt.tokens.length, request.maxTokens);
		const callable = callableTools(parts, request, context);
		const reader = new AnswerReader(
			request,
			thinkingOf(prompt.text, parts.prompts.template.thinks, request.think, context),
			callable,
		);
		const {logits, cached} = await parts.conversation.read(prompt, context.signal);
		const read = performance.now();
		const outcome = yield* write(parts, request, {logits, prompt, room, reader}, context);
		yield* reader.end();
		const calls = reader.calls > 0 && outcome.reason === 'stop';
		yield {
			type: 'chat-end',
			reason: calls ? 'tool-calls' : outcome.reason,
			usage: {
				promptTokens: prompt.tokens.length,
				cachedTokens: cached,
				completionTokens: outcome.tokens,
				promptMs: read - started,
				completionMs: performance.now() - read,
			},
		};
	};
}

function checkRequest({format, toolChoice, sampling}: ChatRequest, {warn}: RunContext): void {
	const refuse = (path: string, expected: string): never => {
		throw new MofaError('invalid-request', {path, expected});
	};
	if (format !== undefined) refuse('format', 'none: the answers of this model cannot be held to a format');
	if (toolChoice === 'required' || typeof toolChoice === 'object')
		refuse('toolChoice', 'auto or none: this model cannot be made to call a tool');
	for (const setting of Object.keys(sampling?.unknown ?? {}))
		warn({setting, message: 'this engine has no such setting; it was left out'});
}

async function seePictures(
	encoder: PictureEncoder,
	{messages}: ChatRequest,
	context: RunContext,
): Promise<readonly SeenPicture[]> {
	const seen: SeenPicture[] = [];
	for (const {image, path} of picturesIn(messages)) seen.push(await encoder.see(image, path, context));
	return seen;
}

/** Tokens that may be written. Throws `context-overflow` where the prompt leaves room for none. */
function roomFor({name, settings}: ChatParts, tokens: number, wanted: number | undefined): number {
	const limit = settings.contextLength;
	if (tokens >= limit) throw new MofaError('context-overflow', {model: name, tokens, limit});
	return Math.min(wanted ?? Infinity, limit - tokens);
}

/** Whether the answer may hold tool calls. */
function callableTools({prompts}: ChatParts, {tools, toolChoice}: ChatRequest, {warn}: RunContext): boolean {
	const wanted = (tools?.length ?? 0) > 0 && toolChoice !== 'none';
	if (wanted && !prompts.template.tools)
		warn({setting: 'tools', message: "this model's chat template has no place for tools; they were left out"});
	return wanted && prompts.template.tools;
}

interface Begun {
	readonly logits: Float32Array;
	readonly prompt: Prompt;
	readonly room: number;
	readonly reader: AnswerReader;
}

async function* write(
	{conversation, tokenizer, settings, stops, wording}: ChatParts,
	request: ChatRequest,
	{logits: first, prompt, room, reader}: Begun,
	{signal}: RunContext,
): AsyncGenerator<ChatEvent, {readonly reason: 'stop' | 'length'; readonly tokens: number}> {
	const picking = pickingOf(request.sampling ?? {}, settings.sampling, settings.neverTwice);
	const random = chance(request.sampling?.seed ?? randomInt(2 ** 32));
	const text = new TokenText(tokenizer.decode);
	const nameOf = (token: number): string => tokenizer.decode([token]);
	const words = wording?.(prompt) ?? plainWords(prompt);
	const so = [...(prompt.written ?? prompt.tokens)];
	const events: ChatEvent[] = [];
	let logprobs: TokenLogprob[] = [];
	let logits = first;
	const tell = (piece: string): boolean => {
		if (piece === '') return false;
		const enough = reader.read(piece, logprobs, event => events.push(event)) === 'enough';
		logprobs = [];
		return enough;
	};
	for (let tokens = 0; tokens < room;) {
		const reported = request.logprobs === undefined ? undefined : Float32Array.from(logits);
		const token = pickNext(logits, so, picking, random);
		tokens += 1;
		const ended = stops.has(token);
		if (!ended && reported !== undefined) logprobs.push(logprobOf(reported, token, request.logprobs ?? 0, nameOf));
		const enough = tell(ended ? words.push(text.end()) + words.end() : words.push(text.push(token)));
		yield* events.splice(0);
		if (ended || enough) return {reason: 'stop', tokens};
		so.push(token);
		if (tokens < room) logits = await conversation.write(token, signal);
	}
	tell(words.push(text.end()) + words.end());
	yield* events.splice(0);
	return {reason: 'length', tokens: room};
}
