import {MofaError} from '../../src/contract/error.ts';
import {untilAborted} from '../../src/lib/until-aborted.ts';
import {OutputClosed, type Terminal} from '../../src/cli/terminal.ts';

export interface FakeTerminalOptions {
	/** What is piped in; null: stdin is a terminal. Default: nothing, from a pipe. */
	readonly input?: string | Uint8Array | AsyncIterable<Uint8Array> | null;
	/** stdout and stderr are terminals. */
	readonly isTerminal?: boolean | {readonly stdout: boolean; readonly stderr: boolean};
	readonly color?: boolean;
	readonly env?: Readonly<Record<string, string>>;
	/** What the person types, one for each question. */
	readonly typed?: readonly string[];
	/** Characters stdout takes before its reader goes away. */
	readonly stdoutLimit?: number;
}

export interface FakeTerminal extends Terminal {
	/** Bytes that are no text appear as one character each. */
	readonly out: () => string;
	readonly err: () => string;
	readonly questions: readonly string[];
	/** Every text a spinner showed. */
	readonly spun: readonly string[];
}

export function fakeTerminal(options: FakeTerminalOptions = {}): FakeTerminal {
	const input = options.input === undefined ? '' : options.input;
	const {stdout, stderr} =
		typeof options.isTerminal === 'object'
			? options.isTerminal
			: {stdout: options.isTerminal ?? false, stderr: options.isTerminal ?? false};
	const typed = [...(options.typed ?? [])];
	const questions: string[] = [];
	const spun: string[] = [];
	let out = '';
	let err = '';
	return {
		out: () => out,
		err: () => err,
		questions,
		spun,
		stdin: {
			isTerminal: input === null,
			async readAll({limit}) {
				if (typeof input !== 'string') return '';
				if (input.length > limit)
					throw new MofaError('invalid-request', {path: 'standard input', expected: `at most ${limit} bytes`});
				return input;
			},
			readBytes: async () =>
				input instanceof Uint8Array ? input : Buffer.from(typeof input === 'string' ? input : ''),
			async *chunks(signal) {
				if (input === null || input === '') return;
				if (typeof input === 'string') yield Buffer.from(input);
				else if (input instanceof Uint8Array) yield input;
				else yield* untilAborted(input, signal);
			},
		},
		stdout: {
			isTerminal: stdout,
			columns: 80,
			rows: 24,
			color: options.color ?? false,
			async write(content) {
				const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
				if (out.length + text.length > (options.stdoutLimit ?? Infinity)) throw new OutputClosed('closed');
				out += text;
			},
		},
		stderr: {
			isTerminal: stderr,
			columns: 80,
			rows: 24,
			color: options.color ?? false,
			async write(content) {
				err += String(content);
			},
		},
		env: options.env ?? {},
		canAsk: input === null && stderr,
		async ask(question) {
			questions.push(question);
			return typed.shift() ?? '';
		},
		async spin(text) {
			spun.push(text);
			return {update: next => void spun.push(next), stop: () => undefined};
		},
	};
}
