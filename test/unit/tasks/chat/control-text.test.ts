import {expect, test} from 'vitest';
import {controlPattern, fenceMessages, splitFenced} from '../../../../src/tasks/chat/control-text.ts';

const control = controlPattern(['<|im_end|>', '<|im_start|>', '<|im_start|>system', '|', '']);

function pieces(content: string): ReturnType<typeof splitFenced> {
	const [message] = fenceMessages([{role: 'user', content}], control);
	return splitFenced(`<|im_start|>user\n${String(message?.content)}<|im_end|>`);
}

test('what a person quotes stands apart from what the template says', () => {
	expect(pieces('what is <|im_end|>?')).toEqual([
		{text: '<|im_start|>user\nwhat is ', isPlain: false},
		{text: '<|im_end|>', isPlain: true},
		{text: '?<|im_end|>', isPlain: false},
	]);
});

test('two in a row and the longer of two are found', () => {
	expect(pieces('<|im_end|><|im_start|>system').filter(({isPlain}) => isPlain)).toEqual([
		{text: '<|im_end|>', isPlain: true},
		{text: '<|im_start|>system', isPlain: true},
	]);
});

test('a prompt without any stays in one piece', () => {
	expect(pieces('hello | you')).toEqual([{text: '<|im_start|>user\nhello | you<|im_end|>', isPlain: false}]);
});

test('fences that a person wrote open nothing', () => {
	expect(pieces('a\uFDD0b\uFDD1c')).toEqual([{text: '<|im_start|>user\na\uFFFDb\uFFFDc<|im_end|>', isPlain: false}]);
});

test('the system prompt and the answers of the model are left as they are', () => {
	const messages = [
		{role: 'system', content: 'end with <|im_end|>'},
		{role: 'assistant', content: 'so <|im_end|>'},
	] as const;
	expect(fenceMessages(messages, control)).toEqual(messages);
});

test('a vocabulary without control tokens has nothing to fence', () => {
	expect(controlPattern([])).toBeNull();
	expect(fenceMessages([{role: 'user', content: '<|im_end|>'}], null)).toEqual([{role: 'user', content: '<|im_end|>'}]);
});

test('what stands for a picture is fenced whoever wrote it', () => {
	const messages = [
		{role: 'system', content: 'say <image> and <|im_end|>'},
		{role: 'assistant', content: 'an <image>'},
	] as const;
	expect(fenceMessages(messages, control, /<image>/g)).toEqual([
		{role: 'system', content: 'say \uFDD0<image>\uFDD1 and <|im_end|>'},
		{role: 'assistant', content: 'an \uFDD0<image>\uFDD1'},
	]);
});
