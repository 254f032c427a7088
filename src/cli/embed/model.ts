import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {Invocation} from '../invocation.ts';
import {isPath} from '../model-name.ts';
import {ExplainedFailure} from '../report-failure.ts';
import type {EmbedOptions} from './options.ts';

/** The model that makes vectors: the one named, fetched where it is not here, or the default one. */
export async function embeddingModel(
	client: Client,
	{model: wanted, yes}: EmbedOptions,
	{store, terminal, signal}: Invocation,
): Promise<string> {
	if (wanted === null) return defaultModel(client);
	try {
		const {tasks} = await client.model(wanted);
		if (tasks.includes('embedding')) return wanted;
		throw new MofaError('task-unsupported', {model: wanted, task: 'embedding', supported: tasks});
	} catch (error) {
		if (!MofaError.is(error, 'model-not-found') || isPath(wanted)) throw error;
		const {pullMissing} = await import('../run/offer-pull.ts');
		return pullMissing(error, {store: await store(), terminal, signal, yes});
	}
}

async function defaultModel(client: Client): Promise<string> {
	try {
		return (await client.defaultModel('embedding')).model;
	} catch (error) {
		if (!MofaError.is(error, 'task-unsupported')) throw error;
		throw new ExplainedFailure(
			{message: 'no model on this machine turns text into vectors', next: 'mofa pull all-minilm'},
			error,
		);
	}
}
