import {MofaError} from '../../contract/error.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {ExplainedFailure, reportFailure, usageFailure} from '../report-failure.ts';
import {OutputClosed, writeLine, type Terminal} from '../terminal.ts';
import {CaptionWriter} from '../transcribe/caption-writer.ts';
import {JsonLinesWriter, JsonWriter} from '../transcribe/json-writer.ts';
import {LiveWriter} from '../transcribe/live-writer.ts';
import {listeningModel} from '../transcribe/model.ts';
import {lostOption, readTranscribeOptions, requestFor, type TranscribeOptions} from '../transcribe/options.ts';
import {openSource, readSource} from '../transcribe/source.ts';
import {TextWriter} from '../transcribe/text-writer.ts';
import {transcribe, warn} from '../transcribe/transcribe.ts';
import type {TranscriptWriter} from '../transcribe/transcript.ts';

/** 1. which sounds, 2. who listens, 3. one after the other; a file that fails does not keep the next one waiting. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal} = invocation;
	const options = readTranscribeOptions(invocation.options);
	// 1.
	const words = invocation.words.length === 0 && !terminal.stdin.isTerminal ? ['-'] : invocation.words;
	const refusal = refusalOf(words, options);
	if (refusal !== null) return usageFailure(terminal, refusal.message, refusal.next);
	const lost = lostOption(options);
	if (lost !== null) await warn(terminal, lost);
	// 2.
	const {signal} = invocation;
	for (const word of words) if (words.length === 1) await openSource(word, terminal, signal);
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const model = await listeningModel(client, options, invocation, signal);
	// 3.
	const json = new JsonWriter(terminal.stdout, model);
	const codes: number[] = [];
	for (const [index, word] of words.entries()) {
		if (words.length > 1 && options.format === 'text')
			await writeLine(terminal.stdout, `${index === 0 ? '' : '\n'}==> ${word} <==`);
		const writer = writerFor(word, options, terminal, model, json);
		codes.push(await transcribeOne(word, {client, model, options, writer, terminal, signal}));
		if (signal.aborted || codes.includes(exitCodes.outputClosed)) break;
	}
	if (options.format === 'json' && !options.live) await json.write(words.length > 1);
	return codes.find(code => code !== exitCodes.ok) ?? exitCodes.ok;
}

interface Refusal {
	readonly message: string;
	readonly next: string;
}

function refusalOf(words: readonly string[], {format}: TranscribeOptions): Refusal | null {
	if (words.length === 0)
		return {
			message: 'there is nothing to transcribe',
			next: 'give a sound file, as in mofa transcribe talk.mp3, pipe one in, or speak: mofa listen',
		};
	if (words.filter(word => word === '-').length > 1)
		return {message: 'standard input can be read once', next: 'give - a single time'};
	if (words.length > 1 && (format === 'srt' || format === 'vtt' || format === 'tsv'))
		return {
			message: `several files do not fit into one ${format}`,
			next: 'transcribe them one by one, or add --format json',
		};
	return null;
}

function writerFor(
	word: string,
	{format, words, live}: TranscribeOptions,
	{stdout}: Terminal,
	model: string,
	json: JsonWriter,
): TranscriptWriter {
	if (format === 'json') return live ? new JsonLinesWriter(stdout, word, model) : json.writerFor(word);
	if (format !== 'text') return new CaptionWriter(stdout, format, words);
	return live ? new LiveWriter(stdout) : new TextWriter(stdout);
}

interface One {
	readonly client: Awaited<ReturnType<Invocation['client']>>;
	readonly model: string;
	readonly options: TranscribeOptions;
	readonly writer: TranscriptWriter;
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
}

/** The exit code; what went wrong has been said. */
async function transcribeOne(word: string, {options, terminal, signal, ...one}: One): Promise<number> {
	try {
		const source = await openSource(word, terminal, signal);
		let cut = false;
		const {audio, estimate} = readSource(source, options.raw, terminal, () => (cut = true));
		const request = requestFor(audio, options);
		await transcribe({...one, request, name: source.name, estimate, terminal, signal});
		if (cut) await warn(terminal, `${source.name}: it ends earlier than it says; this is what there was`);
		return exitCodes.ok;
	} catch (error) {
		if (OutputClosed.is(error)) return exitCodes.outputClosed;
		return reportFailure(terminal, signal.aborted ? new MofaError('cancelled', {}) : named(word, error));
	}
}

/** Among several files it must be clear which one it was. */
function named(word: string, error: unknown): unknown {
	if (!ExplainedFailure.is(error)) return error;
	const {message, next} = error.explanation;
	return message.includes(word) || word === '-'
		? error
		: new ExplainedFailure({message: `${word}: ${message}`, next}, error.cause);
}
