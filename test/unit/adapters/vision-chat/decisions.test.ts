import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {familyOf, type PictureShape} from '../../../../src/adapters/vision-chat/families.ts';
import {logprobOf, pickingOf, pickNext} from '../../../../src/adapters/vision-chat/next-token.ts';
import {positionsOf} from '../../../../src/adapters/vision-chat/positions.ts';
import type {VisionSettings} from '../../../../src/adapters/vision-chat/settings.ts';
import {TokenText} from '../../../../src/adapters/vision-chat/token-text.ts';
import {plainWords} from '../../../../src/adapters/vision-chat/wording.ts';

describe('text of tokens', () => {
	/** Every token is a byte. */
	const decode = (tokens: readonly number[]): string => Buffer.from(tokens).toString('utf8');
	const told = (bytes: readonly number[]): readonly string[] => {
		const text = new TokenText(decode);
		return [...bytes.map(byte => text.push(byte)), text.end()];
	};

	test('is the same as all at once, and never half a character', () => {
		fc.assert(
			fc.property(fc.string({unit: 'grapheme'}), text => {
				const pieces = told([...Buffer.from(text)]);
				expect(pieces.join('')).toBe(text);
				expect(pieces.some(piece => piece.includes('\uFFFD'))).toBe(text.includes('\uFFFD'));
			}),
		);
	});

	test('does not wait for ever for bytes that become nothing', () => {
		const pieces = told(Array.from({length: 100}, () => 0xf0));
		expect(pieces.join('').length).toBeGreaterThan(0);
		expect(pieces.slice(0, 20).join('').length).toBeGreaterThan(0);
	});
});

test('the space after the words that open an answer is not part of it', () => {
	const told = (text: string, pieces: readonly string[]): string => {
		const words = plainWords({text});
		return pieces.map(piece => words.push(piece)).join('') + words.end();
	};
	expect(told('Assistant:', ['', ' ', ' a', ' b'])).toBe(' a b');
	expect(told('Assistant:', [' Six', ' hearts'])).toBe('Six hearts');
	expect(told('<|im_start|>assistant\n', [' indented'])).toBe(' indented');
});

describe('the next token', () => {
	const logits = (): Float32Array => Float32Array.from([1, 3, 2, -1]);
	const open = {temperature: 1, top_k: 0, top_p: 1, min_p: 0};
	const counts = (asked: Parameters<typeof pickingOf>[0]): readonly number[] => {
		const found = [0, 0, 0, 0];
		for (let step = 0; step < 1000; step += 1) {
			const token = pickNext(logits(), [], pickingOf(asked, {}), () => (step + 0.5) / 1000);
			found[token] = (found[token] ?? 0) + 1;
		}
		return found;
	};

	test('is the likeliest at temperature 0, which is what a model without sampling does', () => {
		expect(pickNext(logits(), [], pickingOf({}, {}), () => 0.999)).toBe(1);
	});

	test('is drawn as likely as it is', () => {
		const total = [1, 3, 2, -1].map(Math.exp).reduce((sum, value) => sum + value, 0);
		for (const [token, count] of counts(open).entries())
			expect(Math.abs(count / 1000 - Math.exp(logits()[token] ?? 0) / total)).toBeLessThan(0.003);
	});

	test('is one of the K best, of the share P, or of those near the best', () => {
		expect(counts({...open, top_k: 2}).map(count => count > 0)).toEqual([false, true, true, false]);
		expect(counts({...open, top_p: 0.7}).map(count => count > 0)).toEqual([false, true, true, false]);
		expect(counts({...open, min_p: 0.3}).map(count => count > 0)).toEqual([false, true, true, false]);
	});

	test('is less likely to be one that was written, as far back as is asked', () => {
		const pick = (asked: object, history: readonly number[]): number =>
			pickNext(logits(), history, pickingOf({temperature: 0, ...asked}, {}), () => 0);
		expect(pick({repeat_penalty: 2}, [1])).toBe(2);
		expect(pick({repeat_penalty: 2, repeat_last_n: 1}, [1, 0])).toBe(1);
		expect(pick({presence_penalty: 1.5}, [1])).toBe(2);
		expect(pick({frequency_penalty: 0.6}, [1])).toBe(1);
		expect(pick({frequency_penalty: 0.6}, [1, 1])).toBe(2);
	});

	test('is never one that makes so many in a row a second time', () => {
		const picking = pickingOf({}, {}, 3);
		expect(pickNext(logits(), [0, 2, 1, 3, 0, 2], picking, () => 0)).toBe(2);
		expect(pickNext(logits(), [0, 2, 1, 3, 3, 2], picking, () => 0)).toBe(1);
	});

	test('is told with how likely it was, and what else was', () => {
		const {logprob, top} = logprobOf(logits(), 2, 2, String);
		const total = [1, 3, 2, -1].map(Math.exp).reduce((sum, value) => sum + value, 0);
		expect(logprob).toBeCloseTo(2 - Math.log(total), 5);
		expect(top.map(({token}) => token)).toEqual(['1', '2']);
	});
});

describe('positions', () => {
	test('of words count from 0, or from 1 where a family does', () => {
		expect(positionsOf(3, [], 2, 'from-zero')).toEqual({axes: [[0, 1, 2]], next: 3});
		expect(positionsOf(3, [{at: 1, rows: 1}], 2, 'from-one')).toEqual({axes: [[1, 2, 3]], next: 4});
	});

	test('of patches count by their place, and what follows begins after the longer side', () => {
		expect(positionsOf(9, [{at: 2, rows: 6, grid: [1, 4, 6]}], 2, 'three-axes')).toEqual({
			axes: [
				[0, 1, 2, 2, 2, 2, 2, 2, 5],
				[0, 1, 2, 2, 2, 3, 3, 3, 5],
				[0, 1, 2, 3, 4, 2, 3, 4, 5],
			],
			next: 6,
		});
	});
});

describe('the words for a picture', () => {
	const settings: VisionSettings = {
		family: '',
		contextLength: 1,
		imageToken: 1,
		mergeSize: 2,
		width: 1,
		stops: [],
		sampling: {},
		neverTwice: 0,
		template: undefined,
		bos: '',
		eos: '',
		words: {
			boi_token: '<boi>',
			eoi_token: '<eoi>',
			image_break_token: '|',
			image_end_token: '.',
			patch_size: 14,
			spatial_merge_size: 2,
		},
	};
	const words = (family: string, shape: Partial<PictureShape>, own = settings): string =>
		familyOf(family).expand?.({rows: 1, size: [28, 28], tiles: [0, 0], ...shape}, 'x', own) ?? '';

	test('stand as each family has them', () => {
		expect(words('gemma3', {rows: 3})).toBe('\n\n<boi>xxx<eoi>\n\n');
		expect(words('mistral3', {rows: 6, size: [56, 84]})).toBe('xxx|xxx.');
		expect(words('lfm2_vl', {rows: 2}, {...settings, words: {}})).toBe('<|image_start|>xx<|image_end|>');
		expect(words('lfm2_vl', {rows: 5, tiles: [1, 2], size: [32, 32]}, {...settings, words: {}})).toBe(
			'<|image_start|><|img_row_1_col_1|>xx<|img_row_1_col_2|>xx<|img_thumbnail|>x<|image_end|>',
		);
		expect(words('idefics3', {rows: 2})).toBe('<fake_token_around_image><global-img>xx<fake_token_around_image>');
	});

	test('hold the token of pictures once for each row of features', () => {
		fc.assert(
			fc.property(
				fc.integer({min: 0, max: 4}),
				fc.integer({min: 1, max: 4}),
				fc.integer({min: 1, max: 9}),
				(down, across, each) => {
					const rows = down === 0 ? each : (down * across + 1) * each;
					const text = words('idefics3', {rows, tiles: [down, down === 0 ? 0 : across]});
					expect(text.replaceAll(/<[^>]*>/g, '').replaceAll('\n', '')).toBe('x'.repeat(rows));
				},
			),
		);
	});
});
