import type {Token} from 'node-llama-cpp';
import type {Outcome, TokenLogprob} from '../../backends/llama/answer.ts';
import type {LoadedModel} from '../../backends/llama/loaded-model.ts';
import {resolveSampling, type SamplingOptions} from '../../backends/llama/sampling.ts';
import type {RunContext} from '../../contract/task.ts';
import {Channel} from '../../lib/channel.ts';
import type {Generation, Sampling, Usage} from '../../tasks/generation.ts';

export interface WritePlan<Event> {
	readonly tokens: readonly Token[];
	readonly generation: Generation;
	/** The model's own sampling defaults. */
	readonly defaults: SamplingOptions;
	readonly grammar?: string | undefined;
	readonly grammarRules?: (() => boolean) | undefined;
	readonly kept: ReadonlySet<Token>;
	/** Turns whole text into events; `enough` ends the answer. */
	readonly read: (text: string, logprobs: readonly TokenLogprob[], emit: (event: Event) => void) => 'more' | 'enough';
}

/** Writes one answer and yields its events as they come; returns how it ended. Leaving early cancels it. */
export async function* write<Event>(
	loaded: LoadedModel,
	plan: WritePlan<Event>,
	context: RunContext,
): AsyncGenerator<Event, Outcome> {
	const {generation} = plan;
	warnUnknown(generation.sampling, context);
	const grammar = plan.grammar === undefined ? undefined : await loaded.grammar(plan.grammar);
	const leaving = new AbortController();
	const events = new Channel<Event>(() => leaving.abort());
	const outcome = loaded.answer(
		{
			tokens: plan.tokens,
			maxTokens: generation.maxTokens,
			sampling: resolveSampling(generation.sampling ?? {}, plan.defaults),
			grammar,
			grammarRules: plan.grammarRules,
			logprobs: generation.logprobs,
			kept: plan.kept,
			endsByText: (generation.stop ?? []).length > 0,
			take: (text, logprobs) => plan.read(text, logprobs, event => events.push(event)),
		},
		AbortSignal.any([context.signal, leaving.signal]),
	);
	outcome.then(
		() => events.end(),
		(error: unknown) => events.fail(error),
	);
	yield* events;
	return outcome;
}

export function usageOf(outcome: Outcome): Usage {
	const {promptTokens, cachedTokens, completionTokens, promptMs, completionMs} = outcome;
	return {promptTokens, cachedTokens, completionTokens, promptMs, completionMs};
}

function warnUnknown(sampling: Sampling | undefined, context: RunContext): void {
	for (const setting of Object.keys(sampling?.unknown ?? {}))
		context.warn({setting, message: 'this engine has no such setting; it was left out'});
}
