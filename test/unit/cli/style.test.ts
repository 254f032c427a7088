import {expect, test} from 'vitest';
import {styled, wantsColor} from '../../../src/cli/style.ts';

test.each([
	['a terminal has colour', true, {}, true],
	['a pipe has none', false, {}, false],
	['NO_COLOR takes it away', true, {NO_COLOR: '1'}, false],
	['an empty NO_COLOR does not', true, {NO_COLOR: ''}, true],
	['FORCE_COLOR brings it to a pipe', false, {FORCE_COLOR: '1'}, true],
	['FORCE_COLOR=0 takes it away', true, {FORCE_COLOR: '0'}, false],
	['FORCE_COLOR beats NO_COLOR', false, {FORCE_COLOR: '1', NO_COLOR: '1'}, true],
	['a dumb terminal has none', true, {TERM: 'dumb'}, false],
])('%s', (_, isTerminal, env, wanted) => {
	expect(wantsColor(isTerminal, env)).toBe(wanted);
});

test('without colour the text is untouched', () => {
	expect(styled({color: false}, 'red', 'no')).toBe('no');
	expect(styled({color: true}, 'red', 'no')).toBe('\u001B[31mno\u001B[39m');
});
