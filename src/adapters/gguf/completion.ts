import type {Token} from 'node-llama-cpp';
import type {LoadedModel} from '../../backends/llama/loaded-model.ts';
import type {TokenLogprob} from '../../backends/llama/answer.ts';
import {MofaError} from '../../contract/error.ts';
import type {Handler} from '../../contract/task.ts';
import type {CompletionEvent, CompletionRequest} from '../../tasks/completion.ts';
import type {GgufOptions} from './options.ts';
import {outputFormat} from '../../tasks/output-format.ts';
import {createStopFilter} from '../../tasks/chat/stop-strings.ts';
import {usageOf, write} from './write.ts';

/** Raw text on: no template, no parsing of what comes out. */
export function completionHandler(loaded: LoadedModel, options: GgufOptions): Handler<'completion'> {
	return async function* (request, context): AsyncGenerator<CompletionEvent> {
		const format = request.format === undefined ? undefined : outputFormat(request.format);
		const tokens = promptTokens(loaded, request);
		const stops = createStopFilter(request.stop ?? []);
		const held: TokenLogprob[] = [];
		let written = '';
		let stopped = false;
		const textEvent = (text: string): CompletionEvent => {
			written += text;
			return {type: 'text-delta', text, ...(request.logprobs === undefined ? {} : {logprobs: held.splice(0)})};
		};
		const outcome = yield* write<CompletionEvent>(
			loaded,
			{
				tokens,
				generation: request,
				defaults: options.sampling,
				grammar: format?.grammar,
				kept: new Set(),
				read(text, logprobs, emit) {
					held.push(...logprobs);
					const safe = stops.push(text);
					if (safe.text !== '') emit(textEvent(safe.text));
					stopped = safe.stopped;
					return stopped ? 'enough' : 'more';
				},
			},
			context,
		);
		const rest = stopped ? '' : stops.end();
		if (rest !== '') yield textEvent(rest);
		if (outcome.reason === 'stop' && !stopped) format?.check(written);
		yield {type: 'completion-end', reason: outcome.reason, usage: usageOf(outcome)};
	};
}

function promptTokens(loaded: LoadedModel, request: CompletionRequest): readonly Token[] {
	if (typeof request.prompt !== 'string') return checkedTokens(loaded, request.prompt);
	const {bos, shouldPrependBosToken} = loaded.model.tokens;
	const start = shouldPrependBosToken && bos !== null ? [bos] : [];
	const prompt = loaded.tokenize(request.prompt);
	const tokens = request.suffix === undefined ? prompt : aroundGap(loaded, prompt, request.suffix);
	const all = tokens[0] === start[0] ? tokens : [...start, ...tokens];
	if (all.length === 0) throw new MofaError('invalid-request', {path: 'prompt', expected: 'at least one token'});
	return all;
}

function aroundGap(loaded: LoadedModel, prompt: readonly Token[], suffix: string): Token[] {
	const {prefix, suffix: after, middle} = loaded.model.tokens.infill;
	if (prefix === null || after === null || middle === null)
		throw new MofaError('invalid-request', {path: 'suffix', expected: 'a model trained to fill in the middle'});
	return [prefix, ...prompt, after, ...loaded.tokenize(suffix), middle];
}

function checkedTokens(loaded: LoadedModel, numbers: readonly number[]): readonly Token[] {
	const wrong = numbers.findIndex(number => number >= loaded.vocabularySize);
	if (numbers.length === 0 || wrong >= 0)
		throw new MofaError('invalid-request', {
			path: wrong < 0 ? 'prompt' : `prompt.${wrong}`,
			expected: `token numbers below ${loaded.vocabularySize}`,
		});
	return numbers as readonly Token[];
}
