import type {Token} from 'node-llama-cpp';
import type {LoadedModel} from '../../backends/llama/loaded-model.ts';
import {specialTokens} from '../../backends/llama/token-text.ts';
import {sightUnavailable} from '../../backends/llama-server/llama-server.ts';
import {MofaError} from '../../contract/error.ts';
import type {ModelManifest} from '../../contract/manifest.ts';
import type {Handler, RunContext} from '../../contract/task.ts';
import type {ChatEvent, ChatRequest} from '../../tasks/chat.ts';
import {structuralTokens} from '../../tasks/chat/answer-formats.ts';
import {AnswerReader} from '../../tasks/chat/answer-reader.ts';
import {controlPattern, fenceMessages, splitFenced} from '../../tasks/chat/control-text.ts';
import {forcedCall} from './forced-call.ts';
import type {GgufOptions} from './options.ts';
import {outputFormat} from '../../tasks/output-format.ts';
import {compileTemplate, type ChatTemplate} from '../../tasks/chat/template.ts';
import {thinkingOf} from '../../tasks/chat/thinking.ts';
import {usageOf, write} from './write.ts';

export interface ChatModel {
	readonly template: ChatTemplate;
	/** As it lies in the file. */
	readonly source: string;
	readonly kept: ReadonlySet<Token>;
	/** What would steer the model if a person wrote it. */
	readonly control: RegExp | null;
}

/** Undefined for a model without a chat template: no format is ever guessed for it. */
export function chatModel(loaded: LoadedModel, options: GgufOptions, name: string): ChatModel | undefined {
	const own = options.header['tokenizer.chat_template'] ?? loaded.model.fileInfo.metadata.tokenizer?.chat_template;
	const source = options.template ?? own;
	if (typeof source !== 'string' || source.trim() === '') return undefined;
	const {bosString, eosString} = loaded.model.tokens;
	const template = compileTemplate(source, {bos: bosString ?? '', eos: eosString ?? ''}, name);
	const kept = specialTokens(loaded.model, structuralTokens);
	return {template, source, kept, control: controlPattern(loaded.controlTexts)};
}

export function chatHandler(
	loaded: LoadedModel,
	options: GgufOptions,
	model: ChatModel | undefined,
	{name, accepts = []}: ModelManifest,
): Handler<'chat'> {
	return async function* (request, context): AsyncGenerator<ChatEvent> {
		if (model === undefined)
			throw new MofaError('task-unsupported', {model: name, task: 'chat', supported: ['completion']});
		checkParts(request, accepts.includes('image'));
		const callable = callableTools(model, request, context);
		const messages = fenceMessages(request.messages, model.control);
		const prompt = model.template.render({...request, messages});
		const thinking = thinkingOf(prompt, model.template.thinks, request.think, context);
		const format = request.format === undefined ? undefined : outputFormat(request.format);
		const reader = new AnswerReader(request, thinking, callable);
		const outcome = yield* write<ChatEvent>(
			loaded,
			{
				tokens: promptTokens(loaded, prompt),
				generation: request,
				defaults: options.sampling,
				grammar: forcedCall(model.source, request, context) ?? format?.grammar,
				grammarRules: thinking.end === undefined ? undefined : () => reader.pastThinking,
				kept: model.kept,
				read: (text, logprobs, emit) => reader.read(text, logprobs, emit),
			},
			context,
		);
		yield* reader.end();
		if (outcome.reason === 'stop' && !reader.stopped && reader.calls === 0) format?.check(reader.content);
		const reason = reader.calls > 0 && outcome.reason === 'stop' ? 'tool-calls' : outcome.reason;
		yield {type: 'chat-end', reason, usage: usageOf(outcome)};
	};
}

/** A model may see where another backend runs it. */
function checkParts({messages}: ChatRequest, sees: boolean): void {
	for (const [index, {content}] of messages.entries()) {
		const part = typeof content === 'string' ? -1 : content.findIndex(({type}) => type !== 'text');
		if (sees && typeof content !== 'string' && content[part]?.type === 'image') throw sightUnavailable();
		if (part >= 0)
			throw new MofaError('invalid-request', {
				path: `messages.${index}.content.${part}`,
				expected: 'text: this model takes no other input',
			});
	}
}

/** Whether the answer may hold tool calls. */
function callableTools({template}: ChatModel, request: ChatRequest, context: RunContext): boolean {
	const wanted = (request.tools?.length ?? 0) > 0 && request.toolChoice !== 'none';
	if (wanted && !template.tools)
		context.warn({setting: 'tools', message: "this model's chat template has no place for tools; they were left out"});
	return wanted && template.tools;
}

function promptTokens(loaded: LoadedModel, prompt: string): readonly Token[] {
	const [first, ...others] = splitFenced(prompt);
	const tokens = loaded.tokenize(first?.text ?? '');
	for (const {text, isPlain} of others) tokens.push(...loaded.tokenizeMore(text, isPlain));
	const {bos, shouldPrependBosToken} = loaded.model.tokens;
	return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
}
