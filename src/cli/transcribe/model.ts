import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {Invocation} from '../invocation.ts';
import {isPath} from '../model-name.ts';
import type {TranscribeOptions} from './options.ts';

/** The model that listens: the one named, fetched where it is not here, or the default one. */
export async function listeningModel(
	client: Client,
	{model: wanted, yes}: TranscribeOptions,
	{store, terminal}: Invocation,
	signal: AbortSignal,
): Promise<string> {
	if (wanted === null) return (await client.defaultModel('transcription')).model;
	try {
		const {tasks} = await client.model(wanted);
		if (tasks.includes('transcription')) return wanted;
		throw new MofaError('task-unsupported', {model: wanted, task: 'transcription', supported: tasks});
	} catch (error) {
		if (!MofaError.is(error, 'model-not-found') || isPath(wanted)) throw error;
		const {pullMissing} = await import('../run/offer-pull.ts');
		return pullMissing(error, {store: await store(), terminal, signal, yes});
	}
}
