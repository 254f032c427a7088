import {expect, test} from 'vitest';
import {chance, pickToken, probabilityOf} from '../../../src/lib/pick-token.ts';

const logits = Float32Array.from({length: 700}, (_, token) => 9 * Math.sin(token * 1.7) - (token % 7));
logits[3] = -Infinity;
const shares = (temperature: number): readonly number[] => {
	const weights = Array.from(logits, value => Math.exp(value / temperature));
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	return weights.map(weight => weight / total);
};

test('at temperature 0 it is the likeliest, and its probability is its share of all', () => {
	const {token, logProbability} = pickToken(logits, 0, Math.random);
	expect(logits[token]).toBe(logits.reduce((most, value) => Math.max(most, value)));
	expect(logProbability).toBeCloseTo(Math.log(shares(1)[token] ?? 0), 7);
	expect(probabilityOf(logits, token)).toBeCloseTo(shares(1)[token] ?? 0, 7);
	expect(probabilityOf(logits, 3)).toBe(0);
});

test('among some tokens a probability is the share of those', () => {
	const [all, some] = [shares(1), [1, 2, 5]];
	const total = some.reduce((sum, token) => sum + (all[token] ?? 0), 0);
	expect(probabilityOf(logits, 5, some)).toBeCloseTo((all[5] ?? 0) / total, 7);
});

test('at a temperature each token is drawn as often as its share says, and never one that is ruled out', () => {
	const random = chance(7);
	const draws = 3000;
	const counts = new Map<number, number>();
	for (let draw = 0; draw < draws; draw += 1) {
		const {token} = pickToken(logits, 2, random);
		counts.set(token, (counts.get(token) ?? 0) + 1);
	}
	const often = shares(2).flatMap((share, token) => (share > 0.01 ? [[token, share] as const] : []));
	expect(often.length).toBeGreaterThan(10);
	for (const [token, share] of often) expect(Math.abs((counts.get(token) ?? 0) / draws - share)).toBeLessThan(0.03);
	expect(counts.has(3)).toBe(false);
});
