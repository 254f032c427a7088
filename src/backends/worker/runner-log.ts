import type {Readable} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';
import {maxLineLength, printable} from './printable.ts';

const tailLines = 20;
/** A runtime that floods its log must not flood ours. */
const maxLinesPerSecond = 200;

/** As node, gdb and glibc print the frames of a stack. */
const traceLine = /^\s*(?:\d+: |#\d+\s|at\s|0x[\da-f]|-{3}|\[New )|\[0x[\da-f]+\]$/;

/** What native libraries print, line by line: passed on in bounds, the last lines kept to explain a death. */
export class RunnerLog {
	readonly #write: (line: string) => void;
	readonly #now: () => number;
	#tail: string[] = [];
	#second = 0;
	#linesThisSecond = 0;
	#dropped = 0;

	constructor(write: (line: string) => void, now: () => number = Date.now) {
		this.#write = write;
		this.#now = now;
	}

	/** The last lines, oldest first, without the stack traces that would push out what they are about. */
	get tail(): readonly string[] {
		return this.#tail;
	}

	follow(stream: Readable): void {
		const decoder = new StringDecoder('utf8');
		let rest = '';
		stream.on('data', (chunk: Buffer) => {
			const lines = (rest + decoder.write(chunk)).split('\n');
			rest = (lines.pop() ?? '').slice(-maxLineLength);
			for (const line of lines) this.#add(line);
		});
		stream.once('close', () => {
			this.#add(rest + decoder.end());
			this.#reportDropped();
		});
		stream.on('error', () => {});
	}

	#add(raw: string): void {
		const line = printable(raw);
		if (line === '') return;
		if (!traceLine.test(line)) this.#tail.push(line);
		if (this.#tail.length > tailLines) this.#tail.shift();
		this.#pass(line);
	}

	#pass(line: string): void {
		const second = Math.floor(this.#now() / 1000);
		if (second !== this.#second) {
			this.#reportDropped();
			this.#second = second;
			this.#linesThisSecond = 0;
		}
		if (++this.#linesThisSecond > maxLinesPerSecond) this.#dropped++;
		else this.#write(line);
	}

	#reportDropped(): void {
		if (this.#dropped > 0) this.#write(`(${this.#dropped} more lines)`);
		this.#dropped = 0;
	}
}
