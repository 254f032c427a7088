import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createAnswerParser, type AnswerParserOptions, type Piece} from '../../../../src/tasks/chat/answer-parser.ts';
import {thinkingFormats, toolFormats} from '../../../../src/tasks/chat/answer-formats.ts';
import {split} from '../../../helpers/split.ts';

interface Outcome {
	readonly thinking: string;
	readonly text: string;
	readonly calls: ReadonlyArray<{readonly name: string; readonly arguments: unknown}>;
}

const outcome = (pieces: readonly Piece[]): Outcome => ({
	thinking: pieces.map(piece => (piece.type === 'thinking-delta' ? piece.text : '')).join(''),
	text: pieces.map(piece => (piece.type === 'text-delta' ? piece.text : '')).join(''),
	calls: pieces.flatMap(piece =>
		piece.type === 'tool-call' ? [{name: piece.call.name, arguments: piece.call.arguments}] : [],
	),
});
const parse = (options: AnswerParserOptions, ...pieces: readonly string[]): Outcome => {
	const parser = createAnswerParser(options);
	return outcome([...pieces.flatMap(piece => parser.push(piece)), ...parser.end()]);
};
const all: AnswerParserOptions = {thinking: 'optional', toolCalls: true};
const weather = {name: 'get_weather', arguments: {city: 'Paris', days: 3}};

describe('thinking', () => {
	test.each(thinkingFormats.map(format => [format.mark, format.close] as const))(
		'between %s and %s is told apart from the answer, without the white space around it',
		(open, close) => {
			expect(parse(all, `\n${open}\nLet me see.\n${close}\n\nYes.`)).toEqual({
				thinking: 'Let me see.',
				text: 'Yes.',
				calls: [],
			});
		},
	);

	test('that the prompt has opened ends at its mark', () => {
		expect(parse({thinking: 'open', toolCalls: false}, 'Hm.\n</think>\nYes.')).toMatchObject({
			thinking: 'Hm.',
			text: 'Yes.',
		});
	});

	test('that never ends is all thinking', () => {
		expect(parse(all, '<think>on and on')).toMatchObject({thinking: 'on and on', text: ''});
	});

	test('is text where the template does not think, and where the answer has begun', () => {
		expect(parse({thinking: 'none', toolCalls: true}, '<think>a</think>')).toMatchObject({text: '<think>a</think>'});
		expect(parse(all, 'The mark <think> opens it.')).toMatchObject({text: 'The mark <think> opens it.', thinking: ''});
	});

	test('streams', () => {
		const parser = createAnswerParser(all);
		expect(parser.push('<thi')).toEqual([]);
		expect(parser.push('nk>One')).toEqual([{type: 'thinking-delta', text: 'One'}]);
		expect(parser.push(' two </th')).toEqual([{type: 'thinking-delta', text: ' two'}]);
		expect(parser.push('ree')).toEqual([{type: 'thinking-delta', text: ' </three'}]);
	});

	test('and the channels of gpt-oss leave the answer alone', () => {
		const answer =
			'<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant<|channel|>commentary<|message|>One moment.<|end|><|start|>assistant<|channel|>final<|message|>Done.<|return|>';
		expect(parse(all, answer)).toEqual({thinking: 'Easy.', text: 'One moment.Done.', calls: []});
	});
});

describe('text', () => {
	test('comes at once unless it could be the beginning of a mark', () => {
		const parser = createAnswerParser(all);
		expect(parser.push(' Hello')).toEqual([{type: 'text-delta', text: ' Hello'}]);
		expect(parser.push(' a < b <tool')).toEqual([{type: 'text-delta', text: ' a < b '}]);
		expect(parser.push('box>')).toEqual([{type: 'text-delta', text: '<toolbox>'}]);
	});

	test('of white space alone is kept', () => {
		expect(parse(all, ' \n')).toMatchObject({text: ' \n'});
	});

	test('holding a mark is only text where there are no tools', () => {
		const answer = '<tool_call>{"name":"a","arguments":{}}</tool_call>';
		expect(parse({thinking: 'optional', toolCalls: false}, answer)).toMatchObject({text: answer, calls: []});
	});
});

describe('a tool call', () => {
	const json = '{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}';
	test.each([
		['Qwen and Hermes', `<tool_call>\n${json}\n</tool_call>`],
		[
			'Qwen3-Coder',
			'<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>',
		],
		[
			'Qwen3-Coder without the outer mark',
			'<function=get_weather><parameter=city>Paris</parameter><parameter=days>3</parameter></function>',
		],
		[
			'GLM',
			'<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>',
		],
		['Llama 3 with a mark', '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Paris", "days": 3}}'],
		['Llama 3 as the whole answer', '{"name": "get_weather", "parameters": {"city": "Paris", "days": 3}}'],
		[
			'Llama 3 as the whole answer, with a type',
			'\n{"type": "function", "name": "get_weather", "parameters": {"city": "Paris", "days": 3}}',
		],
		['Llama 3 with a function mark', '<function=get_weather>{"city": "Paris", "days": 3}</function>'],
		['LFM2', `<|tool_call_start|>[get_weather(city='Paris', days=3)]<|tool_call_end|>`],
		['Llama 4', '<|python_start|>[get_weather(city="Paris", days=3)]<|python_end|>'],
		['Mistral', `[TOOL_CALLS][${json}]`],
		['firefunction', `functools[${json}]`],
		['newer Mistral', '[TOOL_CALLS]get_weather[CALL_ID]abc123XYZ[ARGS]{"city": "Paris", "days": 3}'],
		['Granite and Phi', `<|tool_call|>[${json}]<|/tool_call|>`],
		['MiniMax', `<tool_calls>\n${json}\n</tool_calls>`],
		['FunctionGemma', '<start_function_call>call:get_weather{city:<escape>Paris<escape>,days:3}<end_function_call>'],
		['Gemma 4', '<|tool_call>call:get_weather{city:<|"|>Paris<|"|>,days:3}<tool_call|>'],
		[
			'Kimi',
			'<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city": "Paris", "days": 3}<|tool_call_end|><|tool_calls_section_end|>',
		],
		[
			'DeepSeek R1',
			'<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city": "Paris", "days": 3}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
		],
		[
			'DeepSeek V3.1',
			'<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Paris", "days": 3}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
		],
		[
			'Command',
			'<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Paris", "days": 3}}]<|END_ACTION|>',
		],
		[
			'gpt-oss',
			'<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Paris", "days": 3}<|call|>',
		],
		[
			'gpt-oss with the recipient first',
			' to=functions.get_weather<|channel|>commentary <|constrain|>json<|message|>{"city": "Paris", "days": 3}',
		],
	])('of %s is read', (_, answer) => {
		expect(parse(all, answer)).toEqual({thinking: '', text: '', calls: [weather]});
		expect(parse(all, ...answer)).toEqual({thinking: '', text: '', calls: [weather]});
	});

	test('may follow thinking and text, and another call', () => {
		const call = `<tool_call>${json}</tool_call>`;
		expect(parse(all, `<think>Hm.</think>\n\nLet me look.\n${call}\n${call}`)).toEqual({
			thinking: 'Hm.',
			text: 'Let me look.\n',
			calls: [weather, weather],
		});
	});

	test('has an id of nine letters and digits where the model gave none', () => {
		const parser = createAnswerParser(all);
		const [piece] = parser.push(`<tool_call>${json}</tool_call>`);
		expect(piece).toMatchObject({call: {id: expect.stringMatching(/^[A-Za-z0-9]{9}$/)}});
		const [named] = createAnswerParser(all).push('[TOOL_CALLS]f[CALL_ID]abc123XYZ[ARGS]{}');
		expect(named).toBeUndefined();
	});

	test('keeps the id the model gave it', () => {
		const parser = createAnswerParser(all);
		parser.push('[TOOL_CALLS]f[CALL_ID]abc123XYZ[ARGS]{}');
		expect(parser.end()).toEqual([{type: 'tool-call', call: {id: 'abc123XYZ', name: 'f', arguments: {}}}]);
	});

	test('in the way of Python may hold any literal', () => {
		const answer = `<|tool_call_start|>[f(a=[1, -2.5, 'it\\'s'], b={"k": None}, c=True), g()]<|tool_call_end|>`;
		expect(parse(all, answer).calls).toEqual([
			{name: 'f', arguments: {a: [1, -2.5, "it's"], b: {k: null}, c: true}},
			{name: 'g', arguments: {}},
		]);
	});

	test.each([
		'<|tool_call_start|>[f(1)]<|tool_call_end|>',
		'<|tool_call_start|>[f(a=b)]<|tool_call_end|>',
		'<tool_call>{"name": "a", "arguments": {broken</tool_call> and more',
		'<tool_call>not json',
		'<tool_call>',
		'[TOOL_CALLS][{"name": 1}]',
		'<|tool_call>call:a{b:<|"|>c}<tool_call|>',
		'{"name": "Lily", "age": 3}',
		'{"name": "Lily"',
		'{"colour": "red"}',
		'<|python_tag|>print(1)',
	])('that cannot be read is text: %s', answer => {
		expect(parse(all, answer)).toEqual({thinking: '', text: answer, calls: []});
	});
});

test('the result is the same however the answer is cut', () => {
	const marks = [...thinkingFormats, ...toolFormats].flatMap(format =>
		[format.mark].concat(format.kind === 'thinking' ? format.close : format.closes),
	);
	const bits = fc.constantFrom(
		...marks,
		'{"name":"f","arguments":{}}',
		'{"name":',
		' ',
		'\n',
		'a',
		'<',
		'[',
		'|>',
		'<|start|>assistant',
		'<|end|>',
	);
	const answer = fc.array(bits, {maxLength: 8}).map(parts => parts.join(''));
	const options = fc.record({thinking: fc.constantFrom('none', 'optional', 'open'), toolCalls: fc.boolean()} as const);
	fc.assert(
		fc.property(answer, options, fc.array(fc.nat(80)), (text, chosen, cuts) => {
			expect(parse(chosen, ...split(text, cuts))).toEqual(parse(chosen, text));
			expect(parse(chosen, ...text)).toEqual(parse(chosen, text));
		}),
		{numRuns: 500},
	);
});

test('no character is lost where nothing is marked', () => {
	fc.assert(
		fc.property(fc.string({unit: 'binary'}), text => {
			fc.pre(!/^\s*\{/.test(text));
			expect(parse(all, text).text).toBe(text);
		}),
	);
});
