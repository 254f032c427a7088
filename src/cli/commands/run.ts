import type {Client} from '../../client/client.ts';
import type {NamedPicture} from '../../client/picture-names.ts';
import {MofaError} from '../../contract/error.ts';
import {sniffPicture} from '../../media/picture/sniff-picture.ts';
import {exitCodes} from '../exit-code.ts';
import {readPicture} from '../imagine/read-picture.ts';
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
	const silent = target.prompt === '' && target.pictures.length === 0;
	if (silent && terminal.stdin.isTerminal && terminal.stdout.isTerminal)
		return converse(invocation, target.model, options);
	const piped = await readPiped(invocation);
	const named = target.pictures.map(async file => ({
		file,
		image: await readPicture(file, terminal, invocation.signal),
	}));
	const pictures = [...piped.pictures, ...(await Promise.all(named))];
	const prompt = joinPrompt(piped.text, target.prompt);
	if (prompt === '' && pictures.length === 0)
		return usageFailure(
			terminal,
			'there is nothing to ask',
			'give a prompt, as in mofa run "Hello there", or pipe one in',
		);
	try {
		return await answer(invocation, target.model, {prompt, pictures}, options);
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
	question: Pick<Question, 'prompt' | 'pictures'>,
	options: RunOptions,
): Promise<number> {
	const {terminal, signal} = invocation;
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const sees = question.pictures.length > 0;
	const wanted = await modelOf(client, typed, sees ? 'image' : undefined);
	if (wanted.because !== undefined) await note(terminal, `using ${wanted.because}`);
	const {model, task} = await readyModel(client, wanted.model, invocation, options, signal);
	if (sees && !(await client.model(model)).accepts.includes('image'))
		return usageFailure(
			terminal,
			`${model} takes no pictures`,
			'name a model that sees, or none: mofa run "What is this?" photo.jpg',
		);
	if (task === 'completion') await note(terminal, completionNote(model, options));
	await withPackOffer(() => printAnswer(client, {model, task, ...question}, options, terminal, signal), {
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
	const {model: wanted, because} = await modelOf(client, typed, undefined);
	const {model, task} = await withInterrupt(signal => readyModel(client, wanted, invocation, options, signal));
	await withInterrupt(signal =>
		withPackOffer(() => load(client, model, options, terminal, signal), {client, terminal, signal, yes: options.yes}),
	);
	const {chat} = await import('../run/chat.ts');
	const sees = (await client.model(model)).accepts.includes('image');
	return chat({client, model, task, sees, because, options, terminal});
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

interface Piped {
	readonly text: string;
	readonly pictures: readonly NamedPicture[];
}

/** A text, or one picture. */
async function readPiped({terminal: {stdin}, signal}: Invocation): Promise<Piped> {
	if (stdin.isTerminal) return {text: '', pictures: []};
	const bytes = await stdin.readBytes({limit: largestInput, signal});
	const picture = sniffPicture(bytes);
	if (picture !== null)
		return {text: '', pictures: [{file: 'standard input', image: {bytes, mediaType: picture.mediaType}}]};
	return {text: Buffer.from(bytes).toString('utf8'), pictures: []};
}

/** A name as the daemon knows it, and why this model when nobody named one. */
async function modelOf(
	client: Client,
	typed: string | null,
	accepts: string | undefined,
): Promise<{model: string; because?: string}> {
	if (typed !== null) return {model: resolveModelName(typed)};
	return accepts === undefined ? client.defaultModel() : client.defaultModel('chat', accepts);
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
