import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {RequestOf, Warning} from '../../contract/task.ts';
import {Spinner} from '../spinner.ts';
import {styled} from '../style.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import {inTypedWords, typedName, type TypedNames} from '../typed-words.ts';
import type {Segment, Transcript, TranscriptWriter} from './transcript.ts';

export interface TranscribeAsk {
	readonly client: Client;
	readonly model: string;
	readonly request: RequestOf<'transcription'>;
	readonly writer: TranscriptWriter;
	readonly terminal: Terminal;
	/** What to tell a waiting person of this sound. */
	readonly name: string;
	/** Seconds the whole is going to be; null where nobody knows. */
	readonly estimate: () => number | null;
	readonly signal: AbortSignal;
}

/** Writes down what is heard, as it is heard; what came before a failure stays written. */
export async function transcribe(ask: TranscribeAsk): Promise<Transcript> {
	try {
		const transcript = await hear(ask);
		await ask.writer.end(transcript);
		return transcript;
	} catch (error) {
		// Where the output itself is what failed, there is nothing to end.
		await ask.writer.end(null).catch(() => undefined);
		throw inTypedWords(error, typed);
	}
}

const typed: TypedNames = {
	language: '--language',
	translate: '--translate',
	words: '--words',
	prompt: '--prompt',
};

async function hear({
	client,
	model,
	request,
	writer,
	terminal,
	name,
	estimate,
	signal,
}: TranscribeAsk): Promise<Transcript> {
	const started = performance.now();
	const segments: Segment[] = [];
	const warnings: Warning[] = [];
	let language: string | null = null;
	using spinner = new Spinner(terminal);
	spinner.show(`${model} listens to ${name}`);
	const tell = (seconds: number): void => {
		// Text on the same screen is the better sign of life.
		if (!terminal.stdout.isTerminal) spinner.show(progressText(name, seconds, estimate()));
	};
	for await (const event of client.run({model, task: 'transcription', request, signal})) {
		if (event.type === 'warning') {
			spinner.stop();
			warnings.push(event.warning);
			await warn(terminal, `${typedName(event.warning.setting, typed)}: ${event.warning.message}`);
		} else if (event.type === 'language-detected') ({language} = event);
		else if (event.type === 'segment-draft') {
			if (terminal.stdout.isTerminal) spinner.stop();
			await writer.draft(event.text);
			tell(event.start);
		} else if (event.type === 'segment-final') {
			if (terminal.stdout.isTerminal) spinner.stop();
			segments.push(event.segment);
			await writer.segment(event.segment);
			tell(event.segment.end);
		} else if (event.type === 'transcription-end') {
			const totalMs = Math.round(performance.now() - started);
			return {language, segments, ...event.usage, totalMs, warnings};
		}
	}
	throw signal.aborted
		? new MofaError('cancelled', {})
		: new Error('the transcription ended without its closing event');
}

export async function warn({stderr}: Terminal, text: string): Promise<void> {
	await writeLine(stderr, `${styled(stderr, 'yellow', 'warning:')} ${text}`);
}

/** `talk.mp3: 12:30 of about 1:01:02 (20 %)`. */
export function progressText(name: string, seconds: number, estimate: number | null): string {
	if (estimate === null || estimate < seconds) return `${name}: ${minutes(seconds)}`;
	return `${name}: ${minutes(seconds)} of about ${minutes(estimate)} (${Math.floor((seconds / estimate) * 100)} %)`;
}

function minutes(seconds: number): string {
	const whole = Math.floor(seconds);
	const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
	const shown = parts[0] === 0 ? parts.slice(1) : parts;
	return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
