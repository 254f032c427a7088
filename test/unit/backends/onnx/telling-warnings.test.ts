import {expect, test} from 'vitest';
import {tellingWarnings} from '../../../../src/backends/onnx/telling-warnings.ts';
import type {Handler, Warning} from '../../../../src/contract/task.ts';

test('what the machine could not do is told with the first request, and what turns up later with the next', () => {
	const warnings: Warning[] = [{setting: 'accelerator', message: 'no driver'}];
	const handler: Handler<'speech'> = async function* () {};
	const telling = tellingWarnings({warnings}, handler);
	const heard: string[] = [];
	const context = {signal: new AbortController().signal, warn: ({message}: Warning) => void heard.push(message)};
	telling({text: 'a'}, context);
	telling({text: 'b'}, context);
	warnings.push({setting: 'accelerator', message: 'too large'});
	telling({text: 'c'}, context);
	expect(heard).toEqual(['no driver', 'too large']);
});
