import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {Invocation} from '../invocation.ts';
import {withPackOffer} from '../run/offer-pack.ts';
import {Spinner} from '../spinner.ts';
import {taskModel} from '../task-model.ts';

export interface ModelAsk {
	/** As it was named; null: the default one. */
	readonly model: string | null;
	readonly yes: boolean;
}

/** The model that draws, loaded: what is missing is offered before anything is drawn. */
export async function drawingModel(
	client: Client,
	{model: wanted, yes}: ModelAsk,
	invocation: Invocation,
): Promise<string> {
	const ask = {task: 'image', model: wanted, yes, does: 'draws pictures', next: 'mofa pull sd-turbo'} as const;
	const model = await taskModel(client, ask, invocation);
	const {terminal, signal} = invocation;
	await withPackOffer(() => load(client, model, invocation), {client, terminal, signal, yes});
	return model;
}

async function load(client: Client, model: string, {terminal, signal}: Invocation): Promise<void> {
	using spinner = new Spinner(terminal);
	spinner.show(`loading ${model}`);
	for await (const event of client.load({model, signal}))
		if (event.type === 'load-progress') spinner.show(`loading ${model} ${Math.round(event.fraction * 100)} %`);
	if (signal.aborted) throw new MofaError('cancelled', {});
}
