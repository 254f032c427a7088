import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {Invocation} from '../invocation.ts';
import {isPath} from '../model-name.ts';
import {withPackOffer} from '../run/offer-pack.ts';
import {Spinner} from '../spinner.ts';
import {styled} from '../style.ts';
import {writeLine} from '../terminal.ts';

export interface ModelAsk {
	readonly model: string | null;
	readonly yes: boolean;
}

/**
 * The model that draws, loaded: the one named, fetched where it is not here, or the default one. What is missing is offered
 * before anything is drawn.
 */
export async function drawingModel(client: Client, ask: ModelAsk, invocation: Invocation): Promise<string> {
	const model = ask.model === null ? await defaultModel(client, invocation) : await namedModel(client, ask, invocation);
	const {terminal, signal} = invocation;
	await withPackOffer(() => load(client, model, invocation), {client, terminal, signal, yes: ask.yes});
	return model;
}

async function defaultModel(client: Client, {terminal: {stderr}}: Invocation): Promise<string> {
	const {model, because} = await client.defaultModel('image');
	if (because.includes(', a toy'))
		await writeLine(
			stderr,
			`${styled(stderr, 'yellow', 'warning:')} ${because}; a real one comes with mofa pull sd-turbo`,
		);
	return model;
}

async function namedModel(
	client: Client,
	{model, yes}: ModelAsk,
	{store, terminal, signal}: Invocation,
): Promise<string> {
	const wanted = model ?? '';
	try {
		const {tasks} = await client.model(wanted);
		if (tasks.includes('image')) return wanted;
		throw new MofaError('task-unsupported', {model: wanted, task: 'image', supported: tasks});
	} catch (error) {
		if (!MofaError.is(error, 'model-not-found') || isPath(wanted)) throw error;
		const {pullMissing} = await import('../run/offer-pull.ts');
		return pullMissing(error, {store: await store(), terminal, signal, yes});
	}
}

async function load(client: Client, model: string, {terminal, signal}: Invocation): Promise<void> {
	using spinner = new Spinner(terminal);
	spinner.show(`loading ${model}`);
	for await (const event of client.load({model, signal}))
		if (event.type === 'load-progress') spinner.show(`loading ${model} ${Math.round(event.fraction * 100)} %`);
	if (signal.aborted) throw new MofaError('cancelled', {});
}
