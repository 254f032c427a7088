import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {isFile, resolveModelName} from '../model-name.ts';
import {sayFailure, usageFailure} from '../report-failure.ts';
import {printAnswer, type Question} from '../run/answer.ts';
import {withPackOffer} from '../run/offer-pack.ts';
import {readRunOptions, type RunOptions} from '../run/options.ts';
import {joinPrompt, targetOf} from '../run/target.ts';
import {styled} from '../style.ts';
import {writeLine, type Terminal} from '../terminal.ts';

/** More than any model can read at once, little enough to hold. */
const largestInput = 64_000_000;

/** One answer when there is something to ask or no person to talk to; a chat otherwise. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal, words} = invocation;
	const options = await readRunOptions(invocation.options);
	const target = targetOf(words, isFile);
	if (target.prompt === '' && terminal.stdin.isTerminal && terminal.stdout.isTerminal) return chat(invocation, options);
	const prompt = joinPrompt(await readPiped(invocation), target.prompt);
	if (prompt === '')
		return usageFailure(terminal, 'there is nothing to ask', 'give a prompt, as in mofa run "Hello there", or pipe one in');
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const model = await modelOf(client, target.model, terminal);
	const {signal} = invocation;
	try {
		await withPackOffer(
			async () => {
				const question = {model, prompt, task: await taskOf(client, model, options, terminal)};
				await printAnswer(client, question, options, terminal, signal);
			},
			{client, terminal, signal, yes: options.yes},
		);
	} catch (error) {
		const rescue = unquotedQuestion(error, words);
		if (rescue === null) throw error;
		await sayFailure(terminal, rescue);
		return exitCodes.notFound;
	}
	return exitCodes.ok;
}

async function chat(invocation: Invocation, options: RunOptions): Promise<number> {
	const {terminal, words} = invocation;
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const model = await modelOf(client, targetOf(words, isFile).model, terminal);
	const {startChat} = await import('../run/chat.ts');
	return startChat({client, model, options, terminal});
}

async function readPiped({terminal, signal}: Invocation): Promise<string> {
	if (terminal.stdin.isTerminal) return '';
	return terminal.stdin.readAll({limit: largestInput, signal});
}

/** A name as the daemon knows it. Which model answers is said on stderr when nobody named one. */
async function modelOf(client: Client, typed: string | null, {stderr}: Terminal): Promise<string> {
	if (typed !== null) return resolveModelName(typed);
	const {model, because} = await client.defaultModel();
	await writeLine(stderr, styled(stderr, 'dim', `using ${because}`));
	return model;
}

/** A model without a chat template continues text instead; what that leaves unused is said. */
async function taskOf(
	client: Client,
	model: string,
	options: RunOptions,
	{stderr}: Terminal,
): Promise<Question['task']> {
	const {tasks} = await client.model(model);
	if (tasks.includes('chat')) return 'chat';
	if (!tasks.includes('completion'))
		throw new MofaError('task-unsupported', {model, task: 'chat', supported: tasks});
	const unused = [options.system !== undefined && '--system', options.think !== undefined && '--think'].filter(Boolean);
	const note = unused.length > 0 ? `; ${unused.join(' and ')} cannot be used` : '';
	await writeLine(stderr, styled(stderr, 'dim', `${model} has no chat template, so it continues the text${note}`));
	return 'completion';
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
