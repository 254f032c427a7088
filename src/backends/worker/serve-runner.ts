import {readFileSync, writeFileSync, writeSync} from 'node:fs';
import {Socket} from 'node:net';
import type {AnyAdapter} from '../../contract/adapter.ts';
import {MofaError} from '../../contract/error.ts';
import {openChannel, type Channel} from './channel.ts';
import {EngineHost, type OpenAdapters} from './engine-host.ts';
import {withInputs} from './input-streams.ts';
import {
	protocolVersion,
	type DaemonNotice,
	type InputRequest,
	type RunMessage,
	type RunnerNotice,
	type RunnerRequest,
	type Vitals,
} from './protocol.ts';

/** Where the parent put our end of the socket pair. */
const channelDescriptor = 3;

/** Added to the score by which the kernel picks whom to end when memory runs out: 1000 is the most there is. */
const oomScoreRaise = 500;

/**
 * Makes this process a runner: it holds at most one engine, made by one of these adapters, until its parent goes. `open` gives
 * those of a plugin by its module.
 */
export function serveRunner(adapters: readonly AnyAdapter[], open: OpenAdapters = async () => []): void {
	const transport = new Socket({fd: channelDescriptor, readable: true, writable: true});
	const leave = (problem: string): void => leaveBecause(problem, channel, transport);
	const host = new EngineHost(adapters, notice => channel.notify(notice), open, leave);
	const channel = openChannel({
		transport,
		serve: (request, signal) => serve(request as RunnerRequest, signal, host, channel),
		notice: notice => host.setThreads((notice as DaemonNotice).count),
		vitals: (): Vitals => ({rss: process.memoryUsage.rss()}),
	});
	leaveWithParent(channel);
	leaveOnFault(leave);
	outliveInterrupts();
	volunteerForOomKiller();
	channel.notify({type: 'hello', protocol: protocolVersion} satisfies RunnerNotice);
}

async function* serve(
	request: RunnerRequest,
	signal: AbortSignal,
	host: EngineHost,
	channel: Channel,
): AsyncIterable<unknown> {
	switch (request.type) {
		case 'load':
			process.title = `mofa-runner ${request.model.manifest.name}`;
			yield await host.load(request, signal);
			return;
		case 'run':
			yield* host.run(request.task, whole(request, signal, channel), signal);
			return;
		case 'shrink':
			await host.shrink();
			return;
		case 'shutdown':
			await channel.cancelServed(new MofaError('cancelled', {}), signal);
			await host.dispose();
			leaveAfterAnswer(channel);
			return;
		default:
			throw new TypeError('a request of an unknown type');
	}
}

/** The request with its streams, whose items still come from the daemon. */
function whole({request, inputs}: RunMessage, signal: AbortSignal, channel: Channel): unknown {
	return withInputs(request, inputs, number => channel.open({type: 'input', number} satisfies InputRequest, signal));
}

/** Nobody is left to answer to, and destructors of native code may hang: so no exit handlers, just gone. */
function leaveWithParent(channel: Channel): void {
	void channel.closed.then(() => process.kill(process.pid, 'SIGKILL'));
}

function leaveAfterAnswer(channel: Channel): void {
	setImmediate(() => {
		void channel.flush().then(() => process.exit(0));
	});
}

function leaveOnFault(leave: (problem: string) => void): void {
	process.on('uncaughtException', thrown => {
		const problem = thrown instanceof Error ? thrown.message : String(thrown);
		writeSync(2, `${thrown instanceof Error ? (thrown.stack ?? problem) : problem}\n`);
		leave(problem);
	});
}

function leaveBecause(problem: string, channel: Channel, transport: Socket): void {
	channel.notify({type: 'fault', problem} satisfies RunnerNotice);
	void channel.flush().finally(() => process.exit(1));
	// The parent may have stopped reading.
	setTimeout(() => process.exit(1), 200).unref();
	transport.pause();
}

/** Ctrl-C in a terminal reaches every process of the group; it is the daemon that decides what ends. */
function outliveInterrupts(): void {
	process.on('SIGINT', () => {});
	process.on('SIGHUP', () => {});
}

function volunteerForOomKiller(): void {
	if (process.platform !== 'linux') return;
	const file = '/proc/self/oom_score_adj';
	try {
		writeFileSync(file, String(Math.min(1000, Number(readFileSync(file, 'utf8')) + oomScoreRaise)));
	} catch {
		// Not allowed here. Then the kernel chooses by size alone, which mostly means the runner too.
	}
}
