import {expect, test} from 'vitest';
import {joinPrompt, targetOf} from '../../../../src/cli/run/target.ts';

const noFile = (): boolean => false;

test.each([
	['no word is the default model', [], null, ''],
	['one word is a model', ['guide'], 'guide', ''],
	['one argument with white space is a question', ['How are you?'], null, 'How are you?'],
	['a model and words are a model and a question', ['guide', 'How', 'are you?'], 'guide', 'How are you?'],
	['a path is a model', ['./a.gguf', 'Hi'], './a.gguf', 'Hi'],
	['a question in two arguments stays a question', ['How are', 'you?'], null, 'How are you?'],
])('%s', (_, words, model, prompt) => {
	expect(targetOf(words, noFile)).toEqual({model, prompt, pictures: []});
});

test('a path with white space is a model when the file is there', () => {
	expect(targetOf(['./my model.gguf', 'Hi'], file => file === './my model.gguf')).toEqual({
		model: './my model.gguf',
		prompt: 'Hi',
		pictures: [],
	});
	expect(targetOf(['my models/a.gguf'], file => file === 'my models/a.gguf').model).toBe('my models/a.gguf');
	expect(targetOf(['what is in a.gguf'], noFile).model).toBeNull();
	expect(targetOf(['/what is this'], noFile).model).toBeNull();
});

test('a path of weights that are not there is a slip and no question', () => {
	expect(targetOf(['./my model.gguf', 'Hi'], noFile)).toEqual({model: './my model.gguf', prompt: 'Hi', pictures: []});
});

test('what is piped in goes before the question, with an empty line between', () => {
	expect(joinPrompt('some notes\n', 'Summarise')).toBe('some notes\n\nSummarise');
});

test('with nothing typed the piped text is the prompt, to the byte', () => {
	expect(joinPrompt('  text\n', '')).toBe('  text\n');
});

test('an empty pipe adds nothing', () => {
	expect(joinPrompt('\n', 'Hello')).toBe('Hello');
});

test('words that name pictures are neither the model nor the question', () => {
	expect(targetOf(['eyes', 'What is this?', 'photo.jpg', './b.PNG'], noFile)).toEqual({
		model: 'eyes',
		prompt: 'What is this?',
		pictures: ['photo.jpg', './b.PNG'],
	});
	expect(targetOf(['photo.jpg', 'What is this?'], noFile)).toEqual({
		model: null,
		prompt: 'What is this?',
		pictures: ['photo.jpg'],
	});
	expect(targetOf(['What is in my photo.jpg'], noFile).pictures).toEqual([]);
	expect(targetOf(['my photo.jpg', 'What is this?'], file => file === 'my photo.jpg').pictures).toEqual([
		'my photo.jpg',
	]);
});
