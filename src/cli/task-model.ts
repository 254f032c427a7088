import type {Client} from '../client/client.ts';
import {MofaError} from '../contract/error.ts';
import type {TaskName} from '../contract/task.ts';
import type {Invocation} from './invocation.ts';
import {isPath} from './model-name.ts';
import {ExplainedFailure} from './report-failure.ts';
import {styled} from './style.ts';
import {writeLine} from './terminal.ts';

export interface TaskModelAsk {
	readonly task: TaskName;
	/** As it was named; null: the default one. */
	readonly model: string | null;
	readonly yes: boolean;
	/** What a model is wanted for, behind "no model on this machine": `turns text into vectors`. */
	readonly does: string;
	/** A real one to fetch. */
	readonly next: string;
}

/** The model that does it: the one named, fetched where it is not here, or the default one, which says so where it is a toy. */
export async function taskModel(client: Client, ask: TaskModelAsk, invocation: Invocation): Promise<string> {
	const {task, model: wanted, yes} = ask;
	if (wanted === null) return defaultModel(client, ask, invocation);
	try {
		const {tasks} = await client.model(wanted);
		if (tasks.includes(task)) return wanted;
		throw new MofaError('task-unsupported', {model: wanted, task, supported: tasks});
	} catch (error) {
		if (!MofaError.is(error, 'model-not-found') || isPath(wanted)) throw error;
		const {store, terminal, signal} = invocation;
		const {pullMissing} = await import('./run/offer-pull.ts');
		return pullMissing(error, {store: await store(), terminal, signal, yes});
	}
}

async function defaultModel(
	client: Client,
	{task, does, next}: TaskModelAsk,
	{terminal: {stderr}}: Invocation,
): Promise<string> {
	try {
		const {model, because, toy} = await client.defaultModel(task);
		if (toy)
			await writeLine(stderr, `${styled(stderr, 'yellow', 'warning:')} ${because}; a real one comes with ${next}`);
		return model;
	} catch (error) {
		if (!MofaError.is(error, 'task-unsupported')) throw error;
		throw new ExplainedFailure({message: `no model on this machine ${does}`, next}, error);
	}
}
