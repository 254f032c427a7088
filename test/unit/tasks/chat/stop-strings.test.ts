import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createStopFilter} from '../../../../src/tasks/chat/stop-strings.ts';
import {split} from '../../../helpers/split.ts';

const feed = (stops: readonly string[], pieces: readonly string[]): {text: string; stopped: boolean} => {
	const filter = createStopFilter(stops);
	let text = '';
	let stopped = false;
	for (const piece of pieces) {
		const step = filter.push(piece);
		text += step.text;
		stopped = step.stopped;
	}
	return {text: text + filter.end(), stopped};
};

describe('the stop filter', () => {
	test('ends the text before a stop string that comes in pieces', () => {
		expect(feed(['\nUser:'], ['Hello', '\nUs', 'er', ': and more'])).toEqual({text: 'Hello', stopped: true});
	});

	test('gives back a beginning that came to nothing', () => {
		expect(feed(['STOP'], ['a STO', 'NE'])).toEqual({text: 'a STONE', stopped: false});
		expect(feed(['STOP'], ['a STO'])).toEqual({text: 'a STO', stopped: false});
	});

	test('holds back nothing but a tail that could become a stop string', () => {
		const filter = createStopFilter(['STOP']);
		expect(filter.push('one ST')).toEqual({text: 'one ', stopped: false});
		expect(filter.push('ST')).toEqual({text: 'ST', stopped: false});
		expect(filter.push('x')).toEqual({text: 'STx', stopped: false});
	});

	test('stops at the string that is complete first', () => {
		expect(feed(['abcd', 'bc'], ['abcd'])).toEqual({text: 'a', stopped: true});
		expect(feed(['abc', 'bc'], ['xabc'])).toEqual({text: 'x', stopped: true});
	});

	test('passes everything through without stop strings', () => {
		expect(feed([], ['a', 'b'])).toEqual({text: 'ab', stopped: false});
		expect(feed([''], ['a', 'b'])).toEqual({text: 'ab', stopped: false});
	});

	test('gives the same result however the text is cut', () => {
		const letters = fc.string({unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30});
		const stops = fc.array(fc.string({unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4}), {
			maxLength: 4,
		});
		fc.assert(
			fc.property(letters, stops, fc.array(fc.nat(30)), (text, stops, cuts) => {
				const whole = feed(stops, [text]);
				expect(feed(stops, split(text, cuts))).toEqual(whole);
				expect(stops.some(stop => whole.text.includes(stop))).toBe(false);
				expect(text.startsWith(whole.text)).toBe(true);
				expect(whole.stopped).toBe(stops.some(stop => text.includes(stop)));
			}),
		);
	});
});
