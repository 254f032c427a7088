import {randomBytes} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';
import {launch, type Program} from './launch.ts';

export interface ServerOptions {
	/** Names it in errors. */
	readonly model: string;
	readonly weights: string;
	readonly projector: string;
	/** Of one conversation, in tokens; 0: what the model was trained for. */
	readonly contextLength: number;
	/** Conversations at the same time. */
	readonly slots: number;
	readonly threads: number;
	readonly signal: AbortSignal;
	/** Milliseconds it may take to be ready; absent: ten minutes. */
	readonly readyMs?: number;
}

export interface ServerRequest {
	readonly path: string;
	readonly body: unknown;
	readonly signal: AbortSignal;
}

export interface RunningServer extends AsyncDisposable {
	/** Of the shell that guards the program, where there is one. */
	readonly pid: number | null;
	/** The program's last words, once it has ended; nobody asked it to. */
	readonly broken: Promise<string>;
	/** The answer once its head is there. */
	post(request: ServerRequest): Promise<http.IncomingMessage>;
	/** What it means that a request failed: `cancelled` where the signal says so, `runner-failed` where the program has ended. */
	meaningOf(thrown: unknown, signal: AbortSignal): Promise<unknown>;
}

/** Milliseconds between questions whether it is ready. */
const askMs = 50;
const readyMs = 600_000;
/** Milliseconds in which the end of a program is known after the end of its connections. */
const endMs = 500;

/**
 * Starts the program for one model and waits until it is ready. It listens on a socket in a folder of its own, which nobody
 * but this user can open; where there are no such sockets on a port of the loopback, with a key.
 */
export async function startServer(file: string, options: ServerOptions): Promise<RunningServer> {
	const place = await placeFor();
	const program = launch(file, [...argumentsOf(options), ...place.arguments]);
	const server = serverOn(program, place, options);
	try {
		await untilReady(program, place, options);
		return server;
	} catch (error) {
		await server[Symbol.asyncDispose]();
		throw error;
	}
}

function serverOn(program: Program, place: Place, {model}: ServerOptions): RunningServer {
	return {
		pid: program.pid,
		broken: program.ended.then(() => (program.isStopped ? new Promise<string>(() => undefined) : program.words())),
		post: request => ask(place, request),
		async meaningOf(thrown, signal) {
			if (signal.aborted) return new MofaError('cancelled', {}, {cause: thrown});
			if (MofaError.is(thrown)) return thrown;
			await Promise.race([program.ended, delay(endMs, undefined, {ref: false})]);
			if (!program.isOver()) return thrown;
			const detail = `llama-server ended: ${program.words()}`;
			return new MofaError('runner-failed', {model, reason: 'exited', detail}, {cause: thrown});
		},
		async [Symbol.asyncDispose]() {
			await program.stop();
			await rm(place.folder, {recursive: true, force: true});
		},
	};
}

function argumentsOf({weights, projector, contextLength, slots, threads}: ServerOptions): readonly string[] {
	const counts = {
		'--ctx-size': contextLength * slots,
		'--parallel': slots,
		'--threads': threads,
		'--threads-batch': threads,
		// Turns share what they have in common in the slot itself; a cache beside it would be memory nobody counted.
		'--cache-ram': 0,
	};
	const numbers = Object.entries(counts).flatMap(([name, value]) => [name, String(value)]);
	return ['--model', weights, '--mmproj', projector, ...numbers, '--jinja', '--no-webui', '--no-slots', '--offline'];
}

interface Place {
	readonly folder: string;
	readonly arguments: readonly string[];
	/** For `http.request`. */
	readonly target: http.RequestOptions;
}

async function placeFor(): Promise<Place> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-llama-'));
	if (process.platform !== 'win32') {
		const socketPath = path.join(folder, 'server.sock');
		return {folder, arguments: ['--host', socketPath], target: {socketPath}};
	}
	const [port, key] = [await freePort(), randomBytes(24).toString('hex')];
	return {
		folder,
		arguments: ['--host', '127.0.0.1', '--port', String(port), '--api-key', key],
		target: {host: '127.0.0.1', port, headers: {authorization: `Bearer ${key}`}},
	};
}

function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const probe = net.createServer();
		probe.once('error', reject);
		probe.listen(0, '127.0.0.1', () => {
			const address = probe.address();
			probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}

async function untilReady(program: Program, place: Place, {model, signal, ...options}: ServerOptions): Promise<void> {
	const limit = options.readyMs ?? readyMs;
	const until = performance.now() + limit;
	for (;;) {
		if (signal.aborted) throw new MofaError('cancelled', {});
		if (program.isOver()) throw new MofaError('load-failed', {model, problem: program.words()});
		if (await isReady(place, signal)) return;
		if (performance.now() > until)
			throw new MofaError('load-failed', {model, problem: `llama-server was not ready after ${limit / 1000} s`});
		await delay(askMs);
	}
}

async function isReady(place: Place, signal: AbortSignal): Promise<boolean> {
	try {
		const answer = await ask(place, {path: '/health', body: null, signal});
		await readText(answer);
		return answer.statusCode === 200;
	} catch {
		return false;
	}
}

function ask({target}: Place, {path: where, body, signal}: ServerRequest): Promise<http.IncomingMessage> {
	return new Promise((resolve, reject) => {
		const content = body === null ? undefined : JSON.stringify(body);
		const request = http.request(
			{
				...target,
				agent: false,
				path: where,
				method: content === undefined ? 'GET' : 'POST',
				headers: {...target.headers, ...(content === undefined ? {} : {'content-type': 'application/json'})},
				signal,
			},
			resolve,
		);
		request.on('error', reject);
		request.end(content);
	});
}

/** Bytes; an answer that is longer is none. */
const largestText = 2 ** 20;

export async function readText(answer: http.IncomingMessage): Promise<string> {
	let text = '';
	for await (const chunk of answer.setEncoding('utf8')) {
		text += String(chunk);
		if (text.length > largestText) throw new Error('an answer that does not end');
	}
	return text;
}
