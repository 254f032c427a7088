import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {ConnectionCount, mostConnections} from '../../../../src/models/pull/connection-count.ts';

const rest = 15_000;

test('there are more as long as more of them are faster', () => {
	const connections = new ConnectionCount();
	const counts = [connections.count];
	for (let now = 0; now < 10; now += 1) {
		connections.measured(connections.count * 1000, now);
		counts.push(connections.count);
	}
	expect(counts.slice(0, 6)).toEqual([4, 6, 9, 14, mostConnections, mostConnections]);
});

test('a step that brought nothing is taken back, and tried again only much later', () => {
	const connections = new ConnectionCount();
	connections.measured(1000, 0);
	expect(connections.count).toBe(6);
	connections.measured(1050, 400);
	expect(connections.count).toBe(4);
	connections.measured(1050, 400 + rest - 1);
	expect(connections.count).toBe(4);
	connections.measured(1050, 400 + rest);
	expect(connections.count).toBe(6);
});

test('a complaint halves them, down to one, and it takes a while until there are more', () => {
	const connections = new ConnectionCount();
	const counts = [0, 1, 2, 3].map(now => {
		connections.complained(now);
		return connections.count;
	});
	expect(counts).toEqual([2, 1, 1, 1]);
	connections.measured(1000, 3 + rest - 1);
	expect(connections.count).toBe(1);
	connections.measured(1000, 3 + rest);
	expect(connections.count).toBe(2);
});

test('a complaint while more are being tried is no verdict on the step', () => {
	const connections = new ConnectionCount();
	connections.measured(1000, 0);
	connections.complained(1);
	expect(connections.count).toBe(3);
	connections.measured(1, rest + 1);
	expect(connections.count).toBe(5);
});

test('there are never fewer than one or more than are allowed', () => {
	const step = fc.oneof(fc.constant('complaint' as const), fc.integer({min: 0, max: 1_000_000}));
	fc.assert(
		fc.property(fc.array(step, {maxLength: 200}), steps => {
			const connections = new ConnectionCount();
			for (const [index, one] of steps.entries()) {
				if (one === 'complaint') connections.complained(index * 1000);
				else connections.measured(one, index * 1000);
				expect(connections.count).toBeGreaterThanOrEqual(1);
				expect(connections.count).toBeLessThanOrEqual(mostConnections);
			}
		}),
	);
});
