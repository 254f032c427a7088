import {spawn, type ChildProcess} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {ExplainedFailure} from '../report-failure.ts';
import {FileSink} from './file-sink.ts';
import type {FoundPlayer, SoundFormat} from './player.ts';
import type {Sink} from './sink.ts';

/** Gives sound to a program that plays it, and waits until it has. `signal` ends the program. */
export function playerSink(player: FoundPlayer, signal: AbortSignal): Sink {
	return player.takes === 'stream' ? new StreamingPlayer(player, signal) : new FilePlayer(player, signal);
}

class StreamingPlayer implements Sink {
	readonly #player: FoundPlayer;
	readonly #signal: AbortSignal;
	#process: PlayerProcess | undefined;

	constructor(player: FoundPlayer, signal: AbortSignal) {
		this.#player = player;
		this.#signal = signal;
	}

	async open(format: SoundFormat): Promise<void> {
		this.#process = startPlayer(this.#player, this.#player.arguments(format, ''), this.#signal);
	}

	async write(pcm: Uint8Array): Promise<void> {
		const {child, ended} = this.#process ?? {};
		if (child === undefined || ended === undefined || child.stdin === null) return;
		const stdin = child.stdin;
		// One that has left takes nothing more; why it left is told at the end.
		if (stdin.destroyed || stdin.write(pcm)) return;
		await Promise.race([new Promise(resolve => stdin.once('drain', resolve)), ended]);
	}

	async close(outcome: 'done' | 'cut'): Promise<void> {
		if (this.#process === undefined) return;
		const {child, ended} = this.#process;
		child.stdin?.end();
		if (outcome === 'cut') child.kill();
		const problem = await ended;
		if (problem !== null && outcome === 'done' && !this.#signal.aborted) throw playFailure(this.#player, problem);
	}
}

class FilePlayer implements Sink {
	readonly #player: FoundPlayer;
	readonly #signal: AbortSignal;
	#folder = '';
	#file: FileSink | undefined;
	#format: SoundFormat = {sampleRate: 0, channels: 1};

	constructor(player: FoundPlayer, signal: AbortSignal) {
		this.#player = player;
		this.#signal = signal;
	}

	async open(format: SoundFormat): Promise<void> {
		this.#format = format;
		this.#folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-speak-'));
		this.#file = new FileSink(path.join(this.#folder, 'speech.wav'));
		await this.#file.open(format);
	}

	async write(pcm: Uint8Array): Promise<void> {
		await this.#file?.write(pcm);
	}

	async close(outcome: 'done' | 'cut'): Promise<void> {
		if (this.#file === undefined) return;
		try {
			await this.#file.close();
			if (outcome === 'cut' || this.#signal.aborted) return;
			const words = this.#player.arguments(this.#format, path.join(this.#folder, 'speech.wav'));
			const problem = await startPlayer(this.#player, words, this.#signal).ended;
			if (problem !== null && !this.#signal.aborted) throw playFailure(this.#player, problem);
		} finally {
			await rm(this.#folder, {recursive: true, force: true});
		}
	}
}

interface PlayerProcess {
	readonly child: ChildProcess;
	/** What it complained of; null when it was content. Never rejects. */
	readonly ended: Promise<string | null>;
}

function startPlayer({file}: FoundPlayer, words: readonly string[], signal: AbortSignal): PlayerProcess {
	const child = spawn(file, words, {stdio: ['pipe', 'ignore', 'pipe']});
	const stop = (): void => void child.kill();
	if (signal.aborted) stop();
	signal.addEventListener('abort', stop, {once: true});
	let said = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)));
	child.stdin.on('error', () => undefined);
	const ended = new Promise<string | null>(resolve => {
		child.once('error', error => resolve(error.message));
		child.once('close', (code, killed) => {
			signal.removeEventListener('abort', stop);
			resolve(code === 0 ? null : (said.trim().split('\n').at(-1) ?? '') || `it ended with ${killed ?? code}`);
		});
	});
	return {child, ended};
}

function playFailure({program}: FoundPlayer, problem: string): ExplainedFailure {
	return new ExplainedFailure(
		{message: `${program} could not play it: ${problem}`, next: 'to keep it in a file: mofa speak -o speech.wav'},
		new MofaError('file-error', {path: program, problem}),
	);
}
