import {expect, test} from 'vitest';
import {GatheredWarnings} from '../../../src/client/gathered-warnings.ts';
import {cutWarning} from '../../../src/tasks/cut-warning.ts';

test('what several requests warn of alike is told once', () => {
	const gathered = new GatheredWarnings();
	const warning = {setting: 'purpose', message: 'not known'};
	expect(gathered.hear(warning)).toEqual(warning);
	expect(gathered.hear({...warning})).toBeNull();
	expect(gathered.hear({...warning, message: 'not heard of'})).not.toBeNull();
	expect(gathered.counted(10)).toEqual([]);
});

test('texts that were cut are counted over all requests, with the message of one', () => {
	const gathered = new GatheredWarnings();
	expect(gathered.hear(cutWarning('inputs', {texts: 3, of: 256, tokens: 128}))).toBeNull();
	expect(gathered.hear(cutWarning('inputs', {texts: 4, of: 256, tokens: 128}))).toBeNull();
	expect(gathered.counted(700)).toEqual([cutWarning('inputs', {texts: 7, of: 700, tokens: 128})]);
	expect(gathered.counted(700)).toEqual([]);
	gathered.hear(cutWarning('documents', {texts: 1, of: 1, tokens: 9}));
	const [{message} = {message: ''}] = gathered.counted(1);
	expect(message).toBe(
		'the text is longer than the 9 tokens this model reads beside the question: its beginning counts',
	);
});
