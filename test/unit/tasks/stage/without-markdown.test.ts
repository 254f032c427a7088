import {expect, test} from 'vitest';
import {withoutMarkdown} from '../../../../src/tasks/stage/without-markdown.ts';

test.each([
	['code', '`mofa ps` lists the models', 'mofa ps lists the models'],
	['what is stressed', 'a **bold** word, *another* and _a third_.', 'a bold word, another and a third.'],
	['both at once', '***very* important**', 'very important'],
	['a clause of which the other mark is elsewhere', 'a **bold', 'a bold'],
	['a heading', '## What it does', 'What it does'],
	['points of a list', '* one\n* two', 'one\ntwo'],
	['a link', 'see [the guide](https://example.com/a_b) for more', 'see the guide for more'],
	[
		'sums and names, which stay',
		'2*3 is 6, 2 * 3 too, and snake_case_name',
		'2*3 is 6, 2 * 3 too, and snake_case_name',
	],
	['text without marks', 'It works - [really].', 'It works - [really].'],
])('%s', (_title, text, plain) => {
	expect(withoutMarkdown(text)).toBe(plain);
});
