import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import {exitCodes} from '../exit-code.ts';
import {withInterrupt} from '../interrupt.ts';
import type {Invocation} from '../invocation.ts';
import {isFile, isPath, resolveModelName} from '../model-name.ts';
import {sayFailure, usageFailure} from '../report-failure.ts';
import {loadingText, printAnswer, type Question} from '../run/answer.ts';
import {withPackOffer} from '../run/offer-pack.ts';
import {readRunOptions, type RunOptions} from '../run/options.ts';
import {joinPrompt, targetOf} from '../run/target.ts';
import {Spinner} from '../spinner.ts';
import {styled} from '../style.ts';
import {writeLine, type Terminal} from '../terminal.ts';

/** More than any model can read at once, little enough to hold. */
const largestInput = 64_000_000;

/** One answer when there is something to ask or no person to talk to; a chat otherwise. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal, words} = invocation;
	const options = await readRunOptions(invocation.options);
	const target = targetOf(words, isFile);
	if (target.prompt === '' && terminal.stdin.isTerminal && terminal.stdout.isTerminal)
		return converse(invocation, target.model, options);
	const prompt = joinPrompt(await readPiped(invocation), target.prompt);
	if (prompt === '')
		return usageFailure(
			terminal,
			'there is nothing to ask',
			'give a prompt, as in mofa run "Hello there", or pipe one in',
		);
	try {
		return await answer(invocation, target.model, prompt, options);
	} catch (error) {
		const rescue = unquotedQuestion(error, words);
		if (rescue === null) throw error;
		await sayFailure(terminal, rescue);
		return exitCodes.notFound;
	}
}

async function answer(
	invocation: Invocation,
	typed: string | null,
	prompt: string,
	options: RunOptions,
): Promise<number> {
	const {terminal, signal} = invocation;
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const wanted = await modelOf(client, typed);
	if (wanted.because !== undefined) await note(terminal, `using ${wanted.because}`);
	const {model, task} = await readyModel(client, wanted.model, invocation, options, signal);
	if (task === 'completion') await note(terminal, completionNote(model, options));
	await withPackOffer(() => printAnswer(client, {model, task, prompt}, options, terminal, signal), {
		client,
		terminal,
		signal,
		yes: options.yes,
	});
	return exitCodes.ok;
}

/**
 * The model is loaded before the chat opens: what is wrong with it is then said in the shell, with an exit code,
 * and a missing backend can be offered.
 */
async function converse(invocation: Invocation, typed: string | null, options: RunOptions): Promise<number> {
	const {terminal} = invocation;
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const {model: wanted, because} = await modelOf(client, typed);
	const {model, task} = await withInterrupt(signal => readyModel(client, wanted, invocation, options, signal));
	await withInterrupt(signal =>
		withPackOffer(() => load(client, model, options, terminal, signal), {client, terminal, signal, yes: options.yes}),
	);
	const {chat} = await import('../run/chat.ts');
	return chat({client, model, task, because, options, terminal});
}

async function load(
	client: Client,
	model: string,
	{settings, keepAlive}: RunOptions,
	terminal: Terminal,
	signal: AbortSignal,
): Promise<void> {
	using spinner = new Spinner(terminal);
	spinner.show(`loading ${model}`);
	for await (const event of client.load({model, settings: settings.load, keepAlive, signal}))
		if (event.type === 'load-progress') spinner.show(loadingText(event));
}

async function readPiped({terminal, signal}: Invocation): Promise<string> {
	if (terminal.stdin.isTerminal) return '';
	return terminal.stdin.readAll({limit: largestInput, signal});
}

/** A name as the daemon knows it, and why this model when nobody named one. */
async function modelOf(client: Client, typed: string | null): Promise<{model: string; because?: string}> {
	return typed === null ? client.defaultModel() : {model: resolveModelName(typed)};
}

/** One that is not here is fetched first, if it can be. */
async function readyModel(
	client: Client,
	wanted: string,
	{store, terminal}: Invocation,
	{yes}: RunOptions,
	signal: AbortSignal,
): Promise<{readonly model: string; readonly task: Question['task']}> {
	try {
		return {model: wanted, task: await taskOf(client, wanted)};
	} catch (error) {
		if (!MofaError.is(error, 'model-not-found') || isPath(wanted)) throw error;
		const {pullMissing} = await import('../run/offer-pull.ts');
		const model = await pullMissing(error, {store: await store(), terminal, signal, yes});
		return {model, task: await taskOf(client, model)};
	}
}

/** A model without a chat template continues text instead. */
async function taskOf(client: Client, model: string): Promise<Question['task']> {
	const {tasks} = await client.model(model);
	if (tasks.includes('chat')) return 'chat';
	if (tasks.includes('completion')) return 'completion';
	throw new MofaError('task-unsupported', {model, task: 'chat', supported: tasks});
}

function completionNote(model: string, {system, think}: RunOptions): string {
	const unused = [system !== undefined && '--system', think !== undefined && '--think'].filter(Boolean);
	const leftOut = unused.length > 0 ? `; ${unused.join(' and ')} cannot be used` : '';
	return `${model} has no chat template, so it continues the text${leftOut}`;
}

async function note({stderr}: Terminal, text: string): Promise<void> {
	await writeLine(stderr, styled(stderr, 'dim', text));
}

/** `mofa run how do I list models`: the question without quotes was taken for a model's name. */
function unquotedQuestion(error: unknown, words: readonly string[]): {message: string; next: string} | null {
	const [first = '', ...others] = words;
	if (!MofaError.is(error, 'model-not-found') || error.data.similar.length > 0) return null;
	if (others.length === 0 || !/^[\p{L}',]+$/u.test(first)) return null;
	return {
		message: `no model called "${first}" is on this machine`,
		next: `to ask the default model, put the question in quotes: mofa run "${words.join(' ')}"`,
	};
}
