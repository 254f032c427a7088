import {MofaError} from '../../contract/error.ts';
import type {Leases} from '../../contract/lease.ts';
import type {EventOf, ResultOf, TaskName, Warning} from '../../contract/task.ts';
import {merge} from '../../lib/merge.ts';
import {runTask, type TaskRun} from '../run-task.ts';

export interface ChoiceEvent<T extends TaskName> {
	/** Which of the choices it belongs to. */
	readonly index: number;
	readonly event: EventOf<T>;
}

export interface Choices<T extends TaskName> {
	readonly leases: Leases;
	/** One for each choice; every run takes a lease of its own. */
	readonly runs: ReadonlyArray<TaskRun<T>>;
	readonly warn: (warning: Warning) => void;
}

/** More at once would only wait in the model's own queue. */
const atOnce = 8;

/** The events of all choices, in the order they come. */
export function streamChoices<T extends TaskName>({leases, runs, warn}: Choices<T>): AsyncGenerator<ChoiceEvent<T>> {
	const sources = runs.map(
		(run, index) =>
			async function* (): AsyncGenerator<ChoiceEvent<T>> {
				for await (const event of taskEvents(leases, run, warn)) yield {index, event};
			},
	);
	return merge(sources, atOnce);
}

/** The one-shot answers of all choices, in the order of the runs. */
export async function collectChoices<T extends TaskName>(
	{leases, runs, warn}: Choices<T>,
	collect: (events: AsyncIterable<EventOf<T>>) => Promise<ResultOf<T>>,
): Promise<ReadonlyArray<ResultOf<T>>> {
	const results: Array<ResultOf<T>> = [];
	const sources = runs.map(
		(run, index) =>
			async function* (): AsyncGenerator<{index: number; result: ResultOf<T>}> {
				yield {index, result: await collect(taskEvents(leases, run, warn))};
			},
	);
	for await (const {index, result} of merge(sources, atOnce)) results[index] = result;
	return results;
}

/** Loading is not part of OpenAI's wire form, and warnings go elsewhere. */
async function* taskEvents<T extends TaskName>(
	leases: Leases,
	run: TaskRun<T>,
	warn: (warning: Warning) => void,
): AsyncGenerator<EventOf<T>> {
	for await (const event of runTask(leases, run)) {
		const {type} = event as {readonly type: string};
		if (type === 'warning') warn((event as {readonly warning: Warning}).warning);
		else if (type !== 'load-progress' && type !== 'load-end') yield event as EventOf<T>;
	}
}

/**
 * Each warning once, however many choices met it. `options` are those that only an engine could know: it warns of a name, and
 * the client wrote a path.
 */
export function warningList(
	given: readonly Warning[],
	options: Readonly<Record<string, unknown>> = {},
): {
	readonly all: Warning[];
	readonly warn: (warning: Warning) => void;
} {
	const all = [...given];
	return {
		all,
		warn({setting: name, message}) {
			const warning = {setting: Object.hasOwn(options, name) ? `options.${name}` : name, message};
			if (!all.some(known => known.setting === warning.setting && known.message === warning.message)) all.push(warning);
		},
	};
}

/** A client knows its own names of the parameters, so the path in an error is put back into them. */
const spelt: ReadonlyArray<readonly [RegExp, string]> = [
	[/^format\.schema/, 'response_format.json_schema.schema'],
	[/^format/, 'response_format'],
	[/^sampling\.unknown\./, 'options.'],
	[/^sampling\./, ''],
	[/^maxTokens/, 'max_tokens'],
	[/^toolChoice/, 'tool_choice'],
	[/^think/, 'reasoning_effort'],
	[/^(settings\.)?contextLength/, 'num_ctx'],
	[/^(messages\.\d+\.content\.\d+)\.image$/, '$1.image_url'],
];

export function inClientWords(error: unknown): unknown {
	if (!MofaError.is(error, 'invalid-request')) return error;
	const {path, expected} = error.data;
	const rule = spelt.find(([pattern]) => pattern.test(path));
	if (rule === undefined) return error;
	return new MofaError('invalid-request', {path: path.replace(rule[0], rule[1]), expected}, {cause: error});
}
