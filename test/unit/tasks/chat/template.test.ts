import {describe, expect, test} from 'vitest';
import {compileTemplate} from '../../../../src/tasks/chat/template.ts';
import {MofaError} from '../../../../src/contract/error.ts';
import type {ChatMessage} from '../../../../src/tasks/chat.ts';

const tokens = {bos: '<s>', eos: '</s>'};
const chatml = `{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}`;
const user: ChatMessage = {role: 'user', content: 'Hello'};
const system: ChatMessage = {role: 'system', content: 'Be brief.'};

const failureOf = (action: () => unknown): MofaError => {
	try {
		action();
	} catch (error) {
		if (MofaError.is(error)) return error;
		throw error;
	}
	throw new Error('nothing was thrown');
};

describe('a chat template', () => {
	test('renders the turns and the opening of the next one', () => {
		expect(compileTemplate(chatml, tokens).render({messages: [system, user]})).toBe(
			'<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
		);
	});

	test('gets the special tokens, and tells whether the prompt begins with BOS', () => {
		const template = compileTemplate('{{ bos_token }}{{ messages[0].content }}{{ eos_token }}', tokens);
		const prompt = template.render({messages: [user]});
		expect(prompt).toBe('<s>Hello</s>');
		expect(template.startsWithBos(prompt)).toBe(true);
		expect(compileTemplate(chatml, tokens).startsWithBos('<|im_start|>')).toBe(false);
		expect(compileTemplate(chatml, {bos: '', eos: ''}).startsWithBos('anything')).toBe(false);
	});

	test('joins the text parts of one message', () => {
		const parts = [
			{type: 'text', text: 'one'},
			{type: 'text', text: 'two'},
		] as const;
		expect(
			compileTemplate('{{ messages[0].content }}', tokens).render({messages: [{role: 'user', content: parts}]}),
		).toBe('one\ntwo');
	});

	test('refuses sound by its path', () => {
		const audio = {samples: new Float32Array(1), sampleRate: 16_000, channels: 1} as const;
		const failure = failureOf(() =>
			compileTemplate(chatml, tokens).render({
				messages: [user, {role: 'user', content: [{type: 'audio', audio}]}],
			}),
		);
		expect(failure.code).toBe('invalid-request');
		expect(failure.data).toMatchObject({path: 'messages.1.content.0'});
	});

	test('gets a picture as a part among the texts, and a system turn before it', () => {
		const image = {type: 'image', image: {bytes: new Uint8Array(), mediaType: 'image/png'}} as const;
		const template = compileTemplate(
			`{%- for message in messages -%}
{%- if message.role == 'system' -%}{{ raise_exception('no system turn') }}{%- endif -%}
{%- for part in message.content -%}{%- if part.type == 'image' -%}<image>{%- else -%}{{ part.text }}{%- endif -%}{%- endfor -%}
{%- endfor -%}`,
			tokens,
		);
		const question: ChatMessage = {role: 'user', content: [image, {type: 'text', text: 'What is it?'}]};
		expect(template.render({messages: [question]})).toBe('<image>What is it?');
		expect(template.render({messages: [system, question]})).toBe('Be brief.\n\n<image>What is it?');
		expect(template.render({messages: [user, question]})).toBe('Hello<image>What is it?');
	});

	test('gets tools in function form only where there are some', () => {
		const template = compileTemplate('{% if tools is defined %}{{ tools | tojson }}{% else %}none{% endif %}', tokens);
		const tools = [{name: 'add', parameters: {type: 'object'}}];
		expect(JSON.parse(template.render({messages: [user], tools}))).toEqual([
			{type: 'function', function: {name: 'add', description: '', parameters: {type: 'object'}}},
		]);
		expect(template.render({messages: [user]})).toBe('none');
		expect(template.render({messages: [user], tools, toolChoice: 'none'})).toBe('none');
	});

	test('gets the calls of a turn as objects, and as text where the template pastes them', () => {
		const messages: ChatMessage[] = [
			user,
			{role: 'assistant', content: '', toolCalls: [{id: 'a', name: 'add', arguments: {x: 1}}]},
			{role: 'tool', content: '2', toolCallId: 'a'},
		];
		const loop = (how: string): string =>
			`{% for m in messages %}{% for c in m.tool_calls or [] %}${how}{% endfor %}{% endfor %}`;
		const asObject = compileTemplate(loop('{{ c.function.name }}({{ c.function.arguments | tojson }})'), tokens);
		const asText = compileTemplate(loop("{{ c.function.name + '(' + c.function.arguments + ')' }}"), tokens);
		expect(asObject.render({messages})).toBe('add({"x": 1})');
		expect(asText.render({messages})).toBe('add({"x":1})');
	});

	test('gets content as a list of parts where it reads nothing else', () => {
		const template = compileTemplate(
			'{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}',
			tokens,
		);
		expect(template.render({messages: [user]})).toBe('Hello');
	});

	test('gets the wish to think under the names templates use', () => {
		const template = compileTemplate(
			'{{ enable_thinking is defined }} {{ enable_thinking }} {{ reasoning_effort }}',
			tokens,
		);
		expect(template.render({messages: [user], think: 'high'})).toBe('True True high');
		expect(template.render({messages: [user], think: false})).toMatch(/^True False/);
		expect(template.render({messages: [user]})).toMatch(/^False/);
	});

	test.each([
		['{% if enable_thinking %}{% endif %}', true, false],
		["{{ '<think>' }}", true, false],
		['{{ tools }}', false, true],
		['{{ messages }}', false, false],
	])('%s: thinks %s, tools %s', (source, thinks, tools) => {
		expect(compileTemplate(source, tokens)).toMatchObject({thinks, tools});
	});
});

describe('a template that reads the tools as one text', () => {
	const source =
		"{{ 'Functions: ' + functions + ' on ' + datetime }}{% for m in messages %}|{{ m.content }}{% endfor %}";

	test('gets them as JSON, and the time', () => {
		const tools = [{name: 'look', description: 'Looks'}];
		const template = compileTemplate(source, tokens);
		expect(template.tools).toBe(true);
		const [functions = '', rest] = template
			.render({messages: [user], tools})
			.slice(11)
			.split(/ on (?=\d{4}-)/);
		expect(JSON.parse(functions)).toEqual([{...tools[0], parameters: {type: 'object', properties: {}}}]);
		expect(rest).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\|Hello$/);
	});

	test('gets an empty list where there are none', () => {
		expect(compileTemplate(source, tokens).render({messages: [user]})).toMatch(/^Functions: \[\] on /);
	});
});

test('a template that wants every part of a schema described gets what is missing, and only then', () => {
	const source = `{% macro type(of) %}{% if of.type == 'object' %}dict of {{ type(of.additionalProperties) }}{% elif of.type == 'array' %}list of {{ type(of.items) }}{% else %}{{ of.type + '' }}{% endif %}{% endmacro %}
{%- for tool in tools or [] %}{% for name, of in tool.function.parameters.properties.items() %}{{ name + ': ' + type(of) + ' ' + of.description }};{% endfor %}{% endfor %}`;
	const properties = {map: {type: 'object'}, list: {type: 'array', description: 'all'}, city: {type: 'string'}};
	const tools = [{name: 'look', parameters: {type: 'object', properties}}];
	expect(compileTemplate(source, tokens).render({messages: [user], tools})).toBe(
		'map: dict of any ;list: list of any all;city: string ;',
	);
	const plain = compileTemplate('{{ tools[0].function.parameters | tojson }}', tokens);
	expect(JSON.parse(plain.render({messages: [user], tools}))).toEqual(tools[0]?.parameters);
});

describe('a template that refuses a conversation', () => {
	const noSystem = `{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}[{{ m.role }}: {{ m.content }}]{% endfor %}`;

	test('gets the system text at the start of the first user turn', () => {
		expect(compileTemplate(noSystem, tokens).render({messages: [system, user]})).toBe('[user: Be brief.\n\nHello]');
	});

	test('gets neighbouring turns of one role as one', () => {
		expect(compileTemplate(noSystem, tokens).render({messages: [system, user, user]})).toBe(
			'[user: Be brief.\n\nHello\n\nHello]',
		);
	});

	test('gets tool call ids of nine letters and digits where it insists', () => {
		const strict = `{% for m in messages %}{% for c in m.tool_calls or [] %}{% if c.id | length != 9 %}{{ raise_exception('nine') }}{% endif %}{{ c.id }}{% endfor %}{% if m.role == 'tool' %}={{ m.tool_call_id }}{% endif %}{% endfor %}`;
		const messages: ChatMessage[] = [
			user,
			{role: 'assistant', content: '', toolCalls: [{id: 'call_0123456789', name: 'add', arguments: {}}]},
			{role: 'tool', content: '2', toolCallId: 'call_0123456789'},
		];
		expect(compileTemplate(strict, tokens).render({messages})).toMatch(/^(\w{9})=\1$/);
	});

	test('is refused in turn, with its own words, when no retelling helps', () => {
		const failure = failureOf(() =>
			compileTemplate("{{ raise_exception('only on Sundays') }}", tokens).render({messages: [user]}),
		);
		expect(failure.code).toBe('invalid-request');
		expect(failure.data).toMatchObject({path: 'messages', expected: expect.stringContaining('only on Sundays')});
	});
});

describe('a hostile template', () => {
	test.each([
		['counts far', '{% for i in range(10**9) %}x{% endfor %}'],
		['counts in a nest', '{% for i in range(9000) %}{% for j in range(9000) %}{% endfor %}{% endfor %}'],
		[
			'doubles a text',
			"{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
		],
		[
			'doubles a list',
			'{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
		],
		['calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
		['indents by a billion', "{{ 'a\nb' | indent(1000000000) }}"],
		['writes a lot', '{% for i in range(9000) %}{% for j in range(9000) %}abcdefgh{% endfor %}{% endfor %}'],
	])('%s and is stopped', (_, source) => {
		expect(failureOf(() => compileTemplate(source, tokens, 'tiny.gguf'))).toMatchObject({
			code: 'model-invalid',
			data: {model: 'tiny.gguf', problem: expect.stringContaining('does not end')},
		});
	});

	test('that waits for a certain conversation is stopped as well', () => {
		const source = "{% if messages[0].content == 'Hello' %}{% for i in range(10**9) %}x{% endfor %}{% endif %}";
		const failure = failureOf(() => compileTemplate(source, tokens).render({messages: [user]}));
		expect(failure).toMatchObject({code: 'invalid-request', data: {path: 'messages'}});
	});

	test.each(['{% for %}', '{{ "x', '{% if x %}', `${'{{ ('.repeat(100_000)}`])(
		'that cannot be read is model-invalid',
		source => {
			expect(failureOf(() => compileTemplate(source, tokens, 'tiny.gguf'))).toMatchObject({
				code: 'model-invalid',
				data: {model: 'tiny.gguf'},
			});
		},
	);
});
