import {afterEach, beforeEach, expect, test} from 'vitest';
import {UtterancePool} from '../../../../src/backends/flite/utterance-pool.ts';
import {UtteranceThread, type ThreadProgram} from '../../../../src/backends/flite/utterance-thread.ts';
import {neverEnds, returns, tinyProgram, traps} from '../../../helpers/tiny-program.ts';

const {signal} = new AbortController();
let program: ThreadProgram;
let first: UtteranceThread;
let pool: UtterancePool;
beforeEach(async () => {
	program = await tinyProgram();
	await open(1);
});
afterEach(() => pool[Symbol.asyncDispose]());

async function open(most: number, opened: ThreadProgram = program): Promise<void> {
	await pool?.[Symbol.asyncDispose]();
	first = new UtteranceThread();
	pool = new UtterancePool(opened, first, most);
	if (opened === program) await pool.run(returns, signal);
}

/** Fails unheard, if it does. */
function begin(argv: readonly string[], own: AbortSignal = signal): Promise<unknown> {
	const run = pool.run(argv, own);
	run.catch(() => undefined);
	return run;
}

test('one thread says one after the other', async () => {
	const all = await Promise.all([pool.run(returns, signal), pool.run(returns, signal), pool.run(returns, signal)]);
	for (const answer of all) expect(answer).toMatchObject({exitCode: 0, file: null, said: ''});
	expect(pool.size).toBe(1);
	expect(pool.spareBytes).toBe(0);
});

test('a trap is the failure of its utterance alone', async () => {
	const [trapped, behind] = await Promise.allSettled([pool.run(traps, signal), pool.run(returns, signal)]);
	expect(trapped).toMatchObject({status: 'rejected', reason: {message: 'unreachable'}});
	expect(behind.status).toBe('fulfilled');
	expect(pool.size).toBe(1);
});

test('another thread is made once a second utterance is wanted, where it may be', async () => {
	await open(2);
	await pool.run(returns, signal);
	expect(pool.size).toBe(1);
	void begin(neverEnds);
	expect(await pool.run(returns, signal)).toMatchObject({exitCode: 0});
	expect(pool.size).toBe(2);
});

test('who waits goes on as soon as there may be more threads', async () => {
	void begin(neverEnds);
	const waiting = pool.run(returns, signal);
	pool.setMost(2);
	expect(await waiting).toMatchObject({exitCode: 0});
});

test('with fewer threads allowed, those there are do not compute at the same time', async () => {
	await open(2);
	await Promise.all([pool.run(returns, signal), pool.run(returns, signal)]);
	pool.setMost(1);
	const leave = new AbortController();
	void begin(neverEnds);
	const waiting = begin(returns, leave.signal);
	leave.abort();
	await expect(waiting).rejects.toMatchObject({code: 'cancelled'});
});

test('after the signal, what waits is dropped and what computes is computed for nobody', async () => {
	const leave = new AbortController();
	const both = [pool.run(neverEnds, leave.signal), pool.run(returns, leave.signal)];
	leave.abort();
	for (const one of await Promise.allSettled(both)) expect(one).toMatchObject({reason: {code: 'cancelled'}});
	await expect(pool.run(returns, leave.signal)).rejects.toMatchObject({code: 'cancelled'});
	pool.setMost(2);
	expect(await pool.run(returns, signal)).toMatchObject({exitCode: 0});
});

test('an utterance that was left is out of the way of the next', async () => {
	const leave = new AbortController();
	const order: string[] = [];
	const begun = pool.run(returns, signal).then(() => order.push('begun'));
	const left = pool.run(neverEnds, leave.signal);
	const behind = pool.run(returns, signal).then(() => order.push('behind'));
	leave.abort();
	await expect(left).rejects.toMatchObject({code: 'cancelled'});
	await Promise.all([begun, behind]);
	expect(order).toEqual(['begun', 'behind']);
});

test('a thread that ends fails its utterance with the reason, and the next gets another', async () => {
	const cut = begin(neverEnds);
	const waiting = pool.run(returns, signal);
	await first[Symbol.asyncDispose]();
	await expect(cut).rejects.toThrow('the thread of the voice has ended with 1');
	expect(await waiting).toMatchObject({exitCode: 0});
	expect(pool.size).toBe(1);
});

test('a thread that ended while it rested is not asked', async () => {
	await first[Symbol.asyncDispose]();
	expect(await pool.run(returns, signal)).toMatchObject({exitCode: 0});
	expect(pool.size).toBe(1);
});

test('where no thread can be had, who waits is told why, and so is the next', async () => {
	await open(1, await tinyProgram('begin'));
	for (const _time of ['first', 'second'])
		await expect(pool.run(returns, signal)).rejects.toThrow('it is no WASI command');
});

test('where no other thread can be had, the first goes on, and who waits is told why once that is gone', async () => {
	const changing = {...program};
	await open(2, changing);
	await pool.run(returns, signal);
	Object.assign(changing, await tinyProgram('begin'));
	const both = await Promise.all([pool.run(returns, signal), pool.run(returns, signal)]);
	for (const answer of both) expect(answer).toMatchObject({exitCode: 0});
	void begin(neverEnds);
	const waiting = begin(returns);
	await first[Symbol.asyncDispose]();
	await expect(waiting).rejects.toThrow('it is no WASI command');
});

test('threads that rest can be given back, all but one', async () => {
	await open(2);
	void begin(neverEnds);
	await pool.run(returns, signal);
	expect(pool.spareBytes).toBe(pool.memoryBytes / 2);
	await pool.trim();
	expect(pool).toMatchObject({size: 1, spareBytes: 0});
	expect(await pool.run(returns, signal)).toMatchObject({exitCode: 0});
	await open(1);
	await pool.trim();
	expect(pool).toMatchObject({size: 1, spareBytes: 0});
});

test('disposing it ends what computes and what waits', async () => {
	const both = [begin(neverEnds), begin(returns)];
	await pool[Symbol.asyncDispose]();
	for (const one of both) await expect(one).rejects.toThrow();
	await expect(pool.run(returns, signal)).rejects.toMatchObject({code: 'cancelled'});
});
