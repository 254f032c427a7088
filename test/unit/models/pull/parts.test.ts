import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {nextPart, partsOf} from '../../../../src/models/pull/parts.ts';

test('parts lie one behind the other and are the whole file', () => {
	fc.assert(
		fc.property(fc.integer({min: 0, max: 50_000}), fc.integer({min: 50, max: 5000}), (bytes, size) => {
			const parts = partsOf(bytes, size);
			let end = 0;
			for (const [index, part] of parts.entries()) {
				expect(part).toMatchObject({index, from: end, written: 0, checksum: 0, state: 'waiting'});
				expect(part.bytes).toBeGreaterThan(0);
				expect(part.bytes).toBeLessThanOrEqual(size);
				end += part.bytes;
			}
			expect(end).toBe(bytes);
		}),
	);
});

test('an empty file has no parts', () => {
	expect(partsOf(0, 100)).toEqual([]);
	expect(nextPart([], 0, 0)).toBeUndefined();
});

test('the first part that waits is begun next, but not before its time', () => {
	const [a, b, c, d] = partsOf(400, 100);
	if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('too few');
	const parts = [a, b, c, d];
	a.state = 'done';
	b.state = 'running';
	c.notBefore = 500;
	expect(nextPart(parts, 0, 499)).toBe(d);
	expect(nextPart(parts, 0, 500)).toBe(c);
	expect(nextPart(parts, 3, 500)).toBe(d);
	d.state = 'running';
	expect(nextPart(parts, 0, 499)).toBeUndefined();
});
