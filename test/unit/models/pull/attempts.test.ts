import {expect, test} from 'vitest';
import {Attempts, lagging} from '../../../../src/models/pull/attempts.ts';

test('a connection that falls silent is left, and the reason says whose it was', () => {
	const attempts = new Attempts(1000);
	const [silent, busy] = [attempts.begin(0), attempts.begin(0)];
	busy.took(10, 600);
	attempts.watch(1001, 'cdn:443');
	expect(silent.signal.reason).toMatchObject({
		code: 'network',
		data: {address: 'cdn:443', problem: 'it stopped sending'},
	});
	expect(busy.signal.aborted).toBe(false);
});

test('a connection that is much slower than the others is left, but not at its beginning', () => {
	const attempts = new Attempts();
	const [slow, ...others] = [0, 0, 0, 0].map(now => attempts.begin(now));
	for (let now = 1000; now <= 5000; now += 1000) {
		attempts.watch(now - 1, 'cdn');
		slow?.took(1, now);
		for (const other of others) other.took(1000, now);
	}
	expect(slow?.signal.aborted).toBe(false);
	attempts.watch(5000, 'cdn');
	expect(slow?.signal.reason).toBe(lagging);
	expect(others.map(({signal}) => signal.aborted)).toEqual([false, false, false]);
});

test('with two connections nobody says which is the slow one', () => {
	const attempts = new Attempts();
	const [slow, fast] = [attempts.begin(0), attempts.begin(0)];
	slow.took(1, 9000);
	fast.took(1_000_000, 9000);
	attempts.watch(9000, 'cdn');
	expect(slow.signal.aborted).toBe(false);
});

test('once they are abandoned none begins', () => {
	const attempts = new Attempts();
	const before = attempts.begin(0);
	attempts.abandon();
	expect(before.signal.aborted).toBe(true);
	expect(attempts.begin(1).signal.aborted).toBe(true);
	attempts.end(before);
	expect(attempts.size).toBe(1);
});
