import {spawn, type ChildProcess, type SpawnOptions} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';

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
}

export interface ServerRequest {
	readonly path: string;
	readonly body: unknown;
	readonly signal: AbortSignal;
}

export interface RunningServer extends AsyncDisposable {
	readonly pid: number | null;
	/** The answer once its head is there. Rejects with the program's last words where it has ended. */
	post(request: ServerRequest): Promise<http.IncomingMessage>;
	get(path: string, signal: AbortSignal): Promise<unknown>;
}

/** Milliseconds between questions whether it is ready. */
const askMs = 50;
const largestLog = 8000;

/**
 * Starts the program for one model and waits until it is ready. It listens on a socket in a folder of its own, which nobody
 * but this user can open; where there are no such sockets on a port of the loopback, with a key.
 */
export async function startServer(program: string, options: ServerOptions): Promise<RunningServer> {
	const place = await placeFor();
	const child = launch(program, [...argumentsOf(options), ...place.arguments]);
	const log = logOf(child);
	const ended = new Promise<void>(resolve => {
		child.once('exit', () => resolve());
		child.once('error', () => resolve());
	});
	const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
	const server: RunningServer = {
		pid: child.pid ?? null,
		post: request =>
			ask(place, request).catch((error: unknown) => Promise.reject(isOver() ? gone(options, log()) : error)),
		async get(where, signal) {
			const answer = await ask(place, {path: where, body: null, signal});
			const text = await readText(answer);
			if (answer.statusCode !== 200) throw new Error(`${where} answers ${answer.statusCode}`);
			return JSON.parse(text) as unknown;
		},
		async [Symbol.asyncDispose]() {
			// Whoever holds the other end of this ends the program.
			child.stdin?.end();
			if (!isOver()) child.kill('SIGKILL');
			await ended;
			await rm(place.folder, {recursive: true, force: true});
		},
	};
	try {
		await untilReady(server, options, {isOver, log});
		return server;
	} catch (error) {
		await server[Symbol.asyncDispose]();
		throw error;
	}
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

/**
 * The program ends with whoever started it, however that ends: a shell waits for the end of its standard input, which comes
 * when this process is gone, and ends the program then.
 */
const guard =
	'exec 3<&0; "$@" </dev/null 3<&- & p=$!; { read -r _ <&3; kill -9 $p; } 2>/dev/null & r=$!; ' +
	'wait $p; s=$?; kill $r 2>/dev/null; exit $s';

function launch(program: string, options: readonly string[]): ChildProcess {
	const settings: SpawnOptions = {stdio: ['pipe', 'ignore', 'pipe'], windowsHide: true};
	if (process.platform === 'win32') return spawn(program, options, settings);
	return spawn('/bin/sh', ['-c', guard, 'mofa', program, ...options], settings);
}

/** Its last words. */
function logOf(child: ChildProcess): () => string {
	let said = '';
	child.on('error', error => (said += error.message));
	child.stdin?.on('error', () => undefined);
	child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-largestLog)));
	return () => said;
}

async function untilReady(
	server: RunningServer,
	options: ServerOptions,
	{isOver, log}: {readonly isOver: () => boolean; readonly log: () => string},
): Promise<void> {
	for (;;) {
		if (options.signal.aborted) throw new MofaError('cancelled', {});
		if (isOver()) throw gone(options, log());
		const ready = await server.get('/health', options.signal).then(
			() => true,
			() => false,
		);
		if (ready) return;
		await delay(askMs);
	}
}

function gone({model}: ServerOptions, log: string): MofaError {
	const lines = log.split('\n').filter(line => /error|fail|invalid|unable|unknown|not /i.test(line));
	const problem = (lines.at(-1) ?? log.trim().split('\n').at(-1) ?? 'it ended').trim().slice(0, 300);
	return new MofaError('load-failed', {model, problem});
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
