import {once} from 'node:events';
import {duplexPair, type Duplex} from 'node:stream';
import {expect, test} from 'vitest';
import {openChannel, type Channel, type ChannelOptions} from '../../../../src/backends/worker/channel.ts';
import {MofaError} from '../../../../src/contract/error.ts';

type Serve = NonNullable<ChannelOptions['serve']>;

function connect(
	serve: Serve,
	here: Partial<ChannelOptions> = {},
): {readonly channel: Channel; readonly peer: Channel; readonly wires: readonly [Duplex, Duplex]} {
	const [left, right] = duplexPair();
	const peer = openChannel({transport: right, serve});
	return {channel: openChannel({transport: left, ...here}), peer, wires: [left, right]};
}

async function collect(events: AsyncIterable<unknown>): Promise<unknown[]> {
	const all: unknown[] = [];
	for await (const event of events) all.push(event);
	return all;
}

async function failureOf(promise: Promise<unknown>): Promise<MofaError> {
	const outcome = await promise.then(
		() => undefined,
		(error: unknown) => error,
	);
	if (MofaError.is(outcome)) return outcome;
	throw new Error(`not a failure: ${String(outcome)}`);
}

/** Lets everything that can happen without new input happen. */
async function settle(): Promise<void> {
	for (let turn = 0; turn < 20; turn++)
		await new Promise(resolve => {
			setImmediate(resolve);
		});
}

test('a request is answered by its events in order, then the end', async () => {
	const {channel} = connect(async function* (request) {
		yield request;
		yield* [1, 2, 3];
	});
	expect(await collect(channel.open({hello: 'runner'}))).toEqual([{hello: 'runner'}, 1, 2, 3]);
});

test('both sides may open streams, and many run at the same time', async () => {
	const [left, right] = duplexPair();
	const serve: Serve = async function* (request) {
		for (let index = 0; index < 300; index++) yield [request, index];
	};
	const channels = [openChannel({transport: left, serve}), openChannel({transport: right, serve})];
	const answers = await Promise.all(
		channels.flatMap(channel => [1, 2, 3, 4].map(async request => collect(channel.open(request)))),
	);
	for (const [turn, events] of answers.entries())
		expect(events).toEqual(Array.from({length: 300}, (_, index) => [(turn % 4) + 1, index]));
});

test('nothing is sent before the first event is asked for', async () => {
	let served = 0;
	const {channel} = connect(async function* () {
		served++;
		yield 1;
	});
	const stream = channel.open({});
	await settle();
	expect(served).toBe(0);
	expect(channel.traffic.bytesSent).toBe(0);
	await stream.return?.();
	expect(await stream.next()).toEqual({done: true, value: undefined});
	expect(served).toBe(0);
});

test('a failure crosses with its code and data; any other error keeps its words', async () => {
	const {channel} = connect(async function* (request) {
		yield 'first';
		if (request === 'plain') throw new Error('out of luck');
		throw new MofaError('context-overflow', {model: 'm', tokens: 9, limit: 8});
	});
	const stream = channel.open('coded');
	expect(await stream.next()).toEqual({done: false, value: 'first'});
	const failure = await failureOf(stream.next());
	expect(failure.toWire()).toEqual({code: 'context-overflow', data: {model: 'm', tokens: 9, limit: 8}});
	expect(await stream.next()).toEqual({done: true, value: undefined});
	expect((await failureOf(collect(channel.open('plain')))).data).toEqual({problem: 'out of luck'});
});

test('a failure whose data cannot travel still arrives', async () => {
	const {channel} = connect(async function* () {
		yield* [];
		throw new MofaError('internal', {problem: new Date(0) as unknown as string});
	});
	expect((await failureOf(collect(channel.open({})))).code).toBe('internal');
});

test('a request or an event that cannot travel fails its own stream only', async () => {
	const {channel} = connect(async function* (request) {
		yield request === 'bad' ? new Map() : request;
	});
	expect((await failureOf(collect(channel.open(() => {})))).code).toBe('internal');
	expect((await failureOf(collect(channel.open('bad')))).data).toEqual({
		problem: 'the value is a Map, which cannot leave the process',
	});
	expect(await collect(channel.open('good'))).toEqual(['good']);
});

test('a slow reader stops the producer, and reading lets it go on', async () => {
	let produced = 0;
	const {channel} = connect(
		async function* () {
			for (; produced < 1000; produced++) yield produced;
		},
		{window: 10 * 2100},
	);
	const stream = channel.open({});
	await stream.next();
	await settle();
	const ahead = produced;
	expect(ahead).toBeGreaterThan(1);
	expect(ahead).toBeLessThan(20);
	await settle();
	expect(produced).toBe(ahead);
	expect(await collect(stream)).toHaveLength(999);
});

test('large events are bounded by their bytes, not by their number', async () => {
	let produced = 0;
	const {channel} = connect(
		async function* () {
			for (; produced < 50; produced++) yield new Uint8Array(100_000);
		},
		{window: 150_000},
	);
	const stream = channel.open({});
	await stream.next();
	await settle();
	expect(produced).toBeLessThan(6);
	expect(await collect(stream)).toHaveLength(49);
});

test('leaving the loop cancels the other side and waits until it has stopped', async () => {
	let stopped = false;
	const {channel} = connect(async function* (_request, signal) {
		try {
			for (;;) {
				yield 'tick';
				await Promise.race([once(signal, 'abort'), new Promise(setImmediate)]);
			}
		} finally {
			await settle();
			stopped = signal.aborted;
		}
	});
	for await (const event of channel.open({})) {
		expect(event).toBe('tick');
		break;
	}
	expect(stopped).toBe(true);
});

test('aborting fails the pending read as cancelled, and nothing is delivered after', async () => {
	const {channel} = connect(async function* (_request, signal) {
		yield 'first';
		await once(signal, 'abort');
		yield 'too late';
	});
	const controller = new AbortController();
	const stream = channel.open({}, controller.signal);
	await stream.next();
	const pending = failureOf(stream.next());
	controller.abort();
	expect((await pending).code).toBe('cancelled');
	expect(await stream.next()).toEqual({done: true, value: undefined});
});

test('what had arrived but was not read before the abort is dropped', async () => {
	const {channel} = connect(async function* (_request, signal) {
		yield* [1, 2, 3];
		await once(signal, 'abort');
	});
	const controller = new AbortController();
	const stream = channel.open({}, controller.signal);
	await stream.next();
	await settle();
	controller.abort(new MofaError('busy', {model: 'm', queued: 1, retryAfterSeconds: 1}));
	expect((await failureOf(stream.next())).code).toBe('busy');
});

test('an abort before the start sends nothing', async () => {
	const {channel} = connect(async function* () {
		yield 1;
	});
	expect((await failureOf(channel.open({}, AbortSignal.abort()).next())).code).toBe('cancelled');
	expect(channel.traffic.framesReceived).toBe(0);
});

test('a producer that waits for credit hears the cancel', async () => {
	let stopped = false;
	const {channel} = connect(
		async function* () {
			try {
				for (;;) yield 'flood';
			} finally {
				stopped = true;
			}
		},
		{window: 5000},
	);
	const stream = channel.open({});
	await stream.next();
	await settle();
	await stream.return?.();
	expect(stopped).toBe(true);
});

test('a cancel that is ignored ends the stream here after the grace, and the stream still counts as open', async () => {
	const activity: number[] = [];
	const {channel} = connect(
		async function* () {
			yield 'once';
			await new Promise(() => {});
		},
		{cancelGraceMs: 1, activity: open => activity.push(open)},
	);
	for await (const _ of channel.open({})) break;
	expect(activity).toEqual([1]);
});

test('the memory of an event with attachments is left alone until it is written', async () => {
	const {channel} = connect(async function* () {
		const samples = new Float32Array(50_000);
		for (let turn = 1; turn <= 5; turn++) yield samples.fill(turn);
	});
	const received = (await collect(channel.open({}))) as Float32Array[];
	expect(received.map(samples => [samples[0], samples.at(-1)])).toEqual([1, 2, 3, 4, 5].map(turn => [turn, turn]));
});

test('a lost connection delivers what has arrived, then fails every stream with its explanation', async () => {
	const {channel, wires} = connect(
		async function* (_request, signal) {
			yield 'arrived';
			await once(signal, 'abort');
		},
		{explainClose: async () => new MofaError('runner-failed', {model: 'm', reason: 'killed', detail: 'SIGKILL'})},
	);
	const streams = [channel.open(1), channel.open(2)];
	await Promise.all(streams.map(async stream => stream.next()));
	const [unread, pending] = [channel.open(3), streams[1]!];
	const first = unread.next();
	await settle();
	wires[0].destroy();
	expect((await failureOf(pending.next())).code).toBe('runner-failed');
	expect((await failureOf(streams[0]!.next())).code).toBe('runner-failed');
	expect(await first).toEqual({done: false, value: 'arrived'});
	await channel.closed;
	expect((await failureOf(channel.open(4).next())).code).toBe('runner-failed');
});

test.each([
	['an unknown kind', Buffer.from([0, 0, 0, 0, 99, 0, 0, 0, 0])],
	['a hostile length', Buffer.from([255, 255, 255, 255, 3, 1, 0, 0, 0])],
	['a message that is none', Buffer.from([1, 0, 0, 0, 3, 1, 0, 0, 0, 7])],
	['a failure without a code', Buffer.from([6, 0, 0, 0, 5, 1, 0, 0, 0, 2, 0, 0, 0, 0x7b, 0x7d])],
])('%s ends the connection with the problem', async (_name, bytes) => {
	const [left, right] = duplexPair();
	const problems: Array<string | undefined> = [];
	const channel = openChannel({
		transport: left,
		explainClose(problem) {
			problems.push(problem);
			return new MofaError('internal', {problem: problem ?? ''});
		},
	});
	const pending = failureOf(channel.open({}).next());
	right.write(bytes);
	expect((await pending).code).toBe('internal');
	expect(problems[0]).toEqual(expect.any(String));
	expect(left.destroyed).toBe(true);
});

test('a peer that sends more than it was granted is cut off', async () => {
	const [left, right] = duplexPair();
	const channel = openChannel({transport: left, window: 3000});
	const stream = channel.open({});
	const first = stream.next();
	const event = Buffer.from([5, 0, 0, 0, 3, 1, 0, 0, 0, 1, 0, 0, 0, 0x37]);
	for (let turn = 0; turn < 10; turn++) right.write(event);
	expect(await first).toEqual({done: false, value: 7});
	await channel.closed;
	expect(left.destroyed).toBe(true);
});

test('notices and pings cross both ways, and the answer to a ping carries the vitals', async () => {
	const [left, right] = duplexPair();
	const heard: unknown[] = [];
	const peer = openChannel({transport: right, notice: value => heard.push(value), vitals: () => ({rss: 5})});
	const channel = openChannel({transport: left, notice: value => heard.push(value), pong: value => heard.push(value)});
	channel.notify({to: 'peer'});
	peer.notify({to: 'channel', samples: new Int16Array([1])});
	channel.ping();
	await settle();
	expect(heard).toHaveLength(3);
	expect(heard).toEqual(
		expect.arrayContaining([{to: 'peer'}, {to: 'channel', samples: new Int16Array([1])}, {rss: 5}]),
	);
});

test('what is served can be stopped all at once, except for one stream', async () => {
	const stopped: unknown[] = [];
	const {channel, peer} = connect(async function* (request, signal) {
		if (request === 'shutdown') {
			await peer.cancelServed(new MofaError('cancelled', {}), signal);
			yield [...stopped];
			return;
		}
		try {
			yield 'running';
			await once(signal, 'abort');
		} finally {
			stopped.push(request);
		}
	});
	const runs = [channel.open('a'), channel.open('b')];
	await Promise.all(runs.map(async run => run.next()));
	const ends = runs.map(async run => failureOf(run.next()));
	expect(await collect(channel.open('shutdown'))).toEqual([['a', 'b']]);
	for (const end of ends) expect((await end).code).toBe('cancelled');
});

test('traffic is counted on both sides alike', async () => {
	const {channel, peer} = connect(async function* (request) {
		yield request;
	});
	await collect(channel.open({samples: new Float32Array(100_000)}));
	expect(channel.traffic.bytesSent).toBe(peer.traffic.bytesReceived);
	expect(channel.traffic.bytesReceived).toBe(peer.traffic.bytesSent);
	expect(channel.traffic.bytesSent).toBeGreaterThan(400_000);
	expect(channel.traffic.bytesSent).toBeLessThan(401_000);
});
