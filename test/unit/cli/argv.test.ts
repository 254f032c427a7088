import {expect, test} from 'vitest';
import {settleOptionalValues} from '../../../src/cli/argv.ts';
import {commands} from '../../../src/cli/reference.ts';

test.each([
	['a question after --think is not an effort', ['run', '--think', 'Why?'], ['run', '--think=on', 'Why?']],
	['an effort after --think is its value', ['run', '--think', 'low', 'Why?'], ['run', '--think=low', 'Why?']],
	['a value that is tied on stays', ['run', '--think=high', 'Why?'], ['run', '--think=high', 'Why?']],
	['what follows -- is left alone', ['run', '--', '--think', 'x'], ['run', '--', '--think', 'x']],
	['a trailing --think is on', ['run', 'guide', '--think'], ['run', 'guide', '--think=on']],
	['other commands are left alone', ['list', '--json'], ['list', '--json']],
])('%s', (_, argv, settled) => {
	expect(settleOptionalValues(argv, commands)).toEqual(settled);
});
