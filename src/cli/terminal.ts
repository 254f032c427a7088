/**
 * The three streams of a command and what the person at them can do. Commands see this and never `process`,
 * so a test can be the terminal.
 */
export interface Terminal {
	readonly stdin: Input;
	readonly stdout: Output;
	readonly stderr: Output;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Puts a question on stderr. Ask only when `canAsk`. Rejects with `cancelled` on Ctrl-C. */
	ask(question: string): Promise<string>;
	/** A person reads stderr and can type. */
	readonly canAsk: boolean;
	/** Animates a line on stderr; only ever called when `stderr.isTerminal`. */
	spin(text: string): Promise<Spin>;
}

export interface Output {
	readonly isTerminal: boolean;
	/** Of the terminal as it is now; 80 and 24 where there is none. */
	readonly columns: number;
	readonly rows: number;
	readonly color: boolean;
	/** Settles when more may be written, so a slow reader slows the writer. Rejects with `OutputClosed`. */
	write(content: string | Uint8Array): Promise<void>;
}

export interface Input {
	readonly isTerminal: boolean;
	/** All of it as UTF-8, up to `limit` bytes. Rejects with `invalid-request` beyond that. */
	readAll(options: ReadLimit): Promise<string>;
	/** The same, to the byte. */
	readBytes(options: ReadLimit): Promise<Uint8Array>;
	/** As they come; a slow reader slows the writer. Ends with the input, or when the signal aborts. */
	chunks(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface ReadLimit {
	/** Bytes. */
	readonly limit: number;
	readonly signal: AbortSignal;
}

export interface Spin {
	update(text: string): void;
	/** Leaves no trace on the screen. */
	stop(): void;
}

/** Whoever read our output has left (`| head`): time to end in silence. */
export class OutputClosed extends Error {
	override readonly name = 'OutputClosed';

	/** Each command is a bundle with a class of its own, so the name tells. */
	static is(error: unknown): error is OutputClosed {
		return error instanceof Error && error.name === 'OutputClosed';
	}
}

export async function writeLine(output: Output, text = ''): Promise<void> {
	await output.write(`${text}\n`);
}
