import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {Invocation} from '../invocation.ts';
import {isPath} from '../model-name.ts';
import {withPackOffer} from '../run/offer-pack.ts';
import {Spinner} from '../spinner.ts';
import type {Terminal} from '../terminal.ts';
import type {TranscribeOptions} from './options.ts';
import {warn} from './transcribe.ts';

/**
 * The model that listens, loaded: the one named, fetched where it is not here, or the default one. Nothing is heard before,
 * so that what is missing can be offered and no sound is lost by it.
 */
export async function listeningModel(
	client: Client,
	options: TranscribeOptions,
	invocation: Invocation,
	signal: AbortSignal,
): Promise<string> {
	const model = await foundModel(client, options, invocation, signal);
	const {terminal} = invocation;
	await withPackOffer(() => load(client, model, terminal, signal), {client, terminal, signal, yes: options.yes});
	return model;
}

async function load(client: Client, model: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
	using spinner = new Spinner(terminal);
	spinner.show(`loading ${model}`);
	for await (const event of client.load({model, signal}))
		if (event.type === 'load-progress') spinner.show(`loading ${model} ${Math.round(event.fraction * 100)} %`);
}

async function foundModel(
	client: Client,
	{model: wanted, yes}: TranscribeOptions,
	{store, terminal}: Invocation,
	signal: AbortSignal,
): Promise<string> {
	if (wanted === null) {
		const {model, because} = await client.defaultModel('transcription');
		if (because.includes(', a toy')) await warn(terminal, `${because}; a real one comes with mofa pull whisper`);
		return model;
	}
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
