import type {Client} from '../../client/client.ts';
import type {Invocation} from '../invocation.ts';
import {withPackOffer} from '../run/offer-pack.ts';
import {Spinner} from '../spinner.ts';
import {taskModel} from '../task-model.ts';
import type {Terminal} from '../terminal.ts';
import type {TranscribeOptions} from './options.ts';

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
	const {model: wanted, yes} = options;
	const ask = {
		task: 'transcription',
		model: wanted,
		yes,
		does: 'turns speech into text',
		next: 'mofa pull whisper',
	} as const;
	const model = await taskModel(client, ask, invocation);
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
