import {MofaError} from '../../contract/error.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {ExplainedFailure, usageFailure} from '../report-failure.ts';
import {readSpeakOptions, type SpeakOptions} from '../speak/options.ts';
import {sinkForFile} from '../speak/sink-for-file.ts';
import {OutputSink} from '../speak/output-sink.ts';
import {findPlayer, playerNames} from '../speak/player.ts';
import {playerSink} from '../speak/player-sink.ts';
import type {Sink} from '../speak/sink.ts';
import {speak} from '../speak/speak.ts';
import {styled} from '../style.ts';
import {taskModel} from '../task-model.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** Eighteen hours of speech. */
const largestInput = 1_000_000;

/** 1. where the sound may go, 2. what to say, 3. who says it, 4. say it. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal} = invocation;
	const options = readSpeakOptions(invocation.options);
	// 1.
	const refusal = refusalOf(options, terminal);
	if (refusal !== null) return usageFailure(terminal, refusal.message, refusal.next);
	const sinks = await sinksOf(options, invocation);
	// 2.
	const text = await textToSay(invocation);
	if (text.trim() === '')
		return usageFailure(
			terminal,
			'there is nothing to say',
			'give a text, as in mofa speak "Hello there", or pipe one in',
		);
	// 3.
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const ask = {task: 'speech', ...options, does: 'speaks', next: 'mofa pull kokoro'} as const;
	const model = await taskModel(client, ask, invocation);
	// 4.
	const {signal} = invocation;
	const request = {text, ...options.settings};
	const spoken = await speak({client, model, request, sinks, terminal, signal});
	if (options.json)
		await writeJson(terminal.stdout, {
			model,
			voice: options.settings.voice ?? null,
			file: options.output,
			played: options.play,
			...spoken,
		});
	else if (options.output !== null && options.output !== '-' && terminal.stderr.isTerminal)
		await writeLine(
			terminal.stderr,
			styled(terminal.stderr, 'dim', `${options.output}: ${spoken.audioSeconds.toFixed(1)} seconds, said by ${model}`),
		);
	return exitCodes.ok;
}

interface Refusal {
	readonly message: string;
	readonly next: string;
}

/** Sound on a terminal is noise that can break it, and standard output holds one thing at a time. */
function refusalOf({output, play, json}: SpeakOptions, {stdout}: Terminal): Refusal | null {
	if (json && (output === '-' || (output === null && !play)))
		return {
			message: 'with --json, standard output has no room for the sound',
			next: 'add -o speech.wav to keep it, or --play to hear it',
		};
	if (output === null && !play && stdout.isTerminal)
		return {
			message: 'sound is nothing for a terminal to show',
			next: 'add --play to hear it or -o speech.wav to keep it, or pipe it on',
		};
	return null;
}

async function sinksOf({output, play, json}: SpeakOptions, invocation: Invocation): Promise<readonly Sink[]> {
	const {terminal} = invocation;
	const search = terminal.env['PATH'] ?? '';
	const file = output === null || output === '-' ? [] : [await sinkForFile(output, search)];
	const piped = output === '-' || (output === null && !play && !json) ? [new OutputSink(terminal.stdout)] : [];
	if (!play) return [...file, ...piped];
	const player = await findPlayer(search);
	if (player !== null) return [...file, ...piped, playerSink(player, invocation.signal)];
	throw new ExplainedFailure(
		{
			message: 'no program that plays sound is on this machine',
			next: `install one of ${playerNames}, or keep it in a file: mofa speak -o speech.wav`,
		},
		new MofaError('backend-unavailable', {backend: 'sound', reason: 'not-installed', hint: playerNames}),
	);
}

async function textToSay({words, terminal, signal}: Invocation): Promise<string> {
	const typed = words.join(' ');
	if (typed !== '' && typed !== '-') return typed;
	return terminal.stdin.isTerminal && typed === '' ? '' : terminal.stdin.readAll({limit: largestInput, signal});
}
