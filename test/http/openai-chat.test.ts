import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import OpenAI from 'openai';
import {expect, onTestFinished, test} from 'vitest';
import {MofaError} from '../../src/contract/error.ts';
import {encodePng} from '../../src/media/picture/png.ts';
import type {ChatRequest} from '../../src/tasks/chat.ts';
import {
	ending,
	fails,
	fakeServices,
	gate,
	plays,
	says,
	usage,
	type FakeServices,
	type Script,
} from '../helpers/fake-services.ts';
import {pngHead} from '../helpers/pictures.ts';
import {serveApp} from '../helpers/serve-app.ts';

const messages = [{role: 'user' as const, content: 'Hi'}];
const png = encodePng({data: new Uint8Array(3), width: 1, height: 1, channels: 3});
const picture = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;

async function start(
	script: Script,
	options: Parameters<typeof serveApp>[1] = {},
): Promise<{services: FakeServices; client: OpenAI; url: string}> {
	const services = fakeServices({script});
	const {url} = await serveApp(services, options);
	return {services, url, client: new OpenAI({baseURL: `${url}/v1`, apiKey: 'none'})};
}

const post = (url: string, body: unknown): Promise<Response> =>
	fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify(body),
	});

test('the official client gets a whole answer with its usage', async () => {
	const {client, services} = await start(says('Hel', 'lo'));
	const reply = await client.chat.completions.create({model: 'tiny', messages, temperature: 0, seed: 7, stop: 'x'});
	expect(reply).toMatchObject({
		id: expect.stringMatching(/^chatcmpl-[0-9a-f]{24}$/),
		object: 'chat.completion',
		model: 'tiny',
		system_fingerprint: 'mofa-1.2.3',
		choices: [{index: 0, message: {role: 'assistant', content: 'Hello', refusal: null}, finish_reason: 'stop'}],
		usage: {prompt_tokens: 5, completion_tokens: 3, total_tokens: 8, prompt_tokens_details: {cached_tokens: 2}},
	});
	expect(services.leases.requests).toEqual([
		expect.objectContaining({
			messages: [{role: 'user', content: 'Hi'}],
			sampling: {temperature: 0, seed: 7},
			stop: ['x'],
		}),
	]);
	await services.leases.idle();
});

test('a stream goes role, thinking, text, tool call, finish, usage, [DONE], byte for byte', async () => {
	const {url} = await start(
		plays(
			{type: 'thinking-delta', text: 'hm'},
			{type: 'text-delta', text: 'Hé'},
			{type: 'tool-call', call: {id: 'call_1', name: 'weather', arguments: {city: 'Oslo'}}},
			{type: 'tool-call', call: {id: 'call_2', name: 'weather', arguments: {}}},
			{type: 'chat-end', reason: 'tool-calls', usage},
		),
	);
	const response = await post(url, {model: 'tiny', messages, stream: true, stream_options: {include_usage: true}});
	expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
	const text = await response.text();
	const first = /^data: \{"id":"(chatcmpl-[0-9a-f]+)","object":"chat.completion.chunk","created":(\d+),/.exec(text);
	const head = `data: {"id":"${first?.[1]}","object":"chat.completion.chunk","created":${first?.[2]},"model":"tiny","system_fingerprint":"mofa-1.2.3","choices":`;
	const choice = (delta: string, finish = 'null'): string =>
		`${head}[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}],"usage":null}\n\n`;
	expect(text).toBe(
		choice('{"role":"assistant","content":""}') +
			choice('{"reasoning":"hm"}') +
			choice('{"content":"Hé"}') +
			choice(
				String.raw`{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]}`,
			) +
			choice(
				'{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"weather","arguments":"{}"}}]}',
			) +
			choice('{}', '"tool_calls"') +
			`${head}[],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":2}}}\n\n` +
			'data: [DONE]\n\n',
	);
});

test('without include_usage no chunk speaks of usage', async () => {
	const {url} = await start(says('a'));
	const text = await (await post(url, {model: 'tiny', messages, stream: true})).text();
	expect(text).not.toContain('usage');
	expect(text.split('\n\n').filter(Boolean)).toHaveLength(4);
});

test('the official client streams', async () => {
	const {client} = await start(says('Hel', 'lo'));
	const stream = await client.chat.completions.create({model: 'tiny', messages, stream: true});
	let text = '';
	let finish: string | null = null;
	for await (const chunk of stream) {
		text += chunk.choices[0]?.delta.content ?? '';
		finish = chunk.choices[0]?.finish_reason ?? finish;
	}
	expect({text, finish}).toEqual({text: 'Hello', finish: 'stop'});
});

test('several choices run side by side, each with its own seed', async () => {
	const {client, services} = await start(async function* (ask, request) {
		yield {type: 'text-delta', text: `seed ${(request as ChatRequest).sampling?.seed}`};
		yield ending(ask);
	});
	const body = {model: 'tiny', messages, n: 3, seed: 10};
	const whole = await client.chat.completions.create(body);
	expect(whole.choices.map(choice => choice.message.content)).toEqual(['seed 10', 'seed 11', 'seed 12']);
	expect(whole.usage).toMatchObject({prompt_tokens: 5, completion_tokens: 9});
	const pieces: string[] = [];
	for await (const chunk of await client.chat.completions.create({...body, stream: true}))
		for (const {index, delta} of chunk.choices) if (delta.content) pieces[index] = delta.content;
	expect(pieces).toEqual(['seed 10', 'seed 11', 'seed 12']);
	await services.leases.idle();
});

test('thinking and tool calls come back in the message, and go in again', async () => {
	const {client, services} = await start(
		plays(
			{type: 'thinking-delta', text: 'hm'},
			{type: 'tool-call', call: {id: 'call_1', name: 'weather', arguments: {city: 'Oslo'}}},
			{type: 'chat-end', reason: 'tool-calls', usage},
		),
	);
	const tools = [{type: 'function' as const, function: {name: 'weather', parameters: {type: 'object'}}}];
	const reply = await client.chat.completions.create({model: 'tiny', messages, tools, tool_choice: 'required'});
	const message = reply.choices[0]?.message;
	expect(message).toMatchObject({content: null, reasoning: 'hm', tool_calls: [{id: 'call_1', type: 'function'}]});
	if (message === undefined) throw new Error('no message');
	await client.chat.completions.create({
		model: 'tiny',
		messages: [
			{role: 'developer', content: 'Be brief'},
			...messages,
			message,
			{role: 'tool', tool_call_id: 'call_1', content: [{type: 'text', text: 'rain'}]},
		],
		tools,
	});
	expect(services.leases.requests[0]).toMatchObject({
		tools: [{name: 'weather', parameters: {type: 'object'}}],
		toolChoice: 'required',
	});
	expect(services.leases.requests[1]).toMatchObject({
		messages: [
			{role: 'system', content: 'Be brief'},
			{role: 'user', content: 'Hi'},
			{
				role: 'assistant',
				content: '',
				thinking: 'hm',
				toolCalls: [{id: 'call_1', name: 'weather', arguments: {city: 'Oslo'}}],
			},
			{role: 'tool', content: 'rain', toolCallId: 'call_1'},
		],
	});
});

test('log probabilities have the shape of chat', async () => {
	const {client, services} = await start(
		plays(
			{
				type: 'text-delta',
				text: 'é',
				logprobs: [{token: 'é', logprob: -0.5, top: [{token: 'e', logprob: -1}]}],
			},
			{type: 'chat-end', reason: 'length', usage},
		),
	);
	const reply = await client.chat.completions.create({model: 'tiny', messages, logprobs: true, top_logprobs: 1});
	expect(services.leases.requests[0]).toMatchObject({logprobs: 1});
	expect(reply.choices[0]).toMatchObject({
		finish_reason: 'length',
		logprobs: {
			content: [
				{token: 'é', logprob: -0.5, bytes: [195, 169], top_logprobs: [{token: 'e', logprob: -1, bytes: [101]}]},
			],
		},
	});
});

test('extensions reach the lease: keep_alive, num_ctx, options, effort, format', async () => {
	const {url, services} = await start(says('ok'));
	const response = await post(url, {
		model: 'tiny',
		messages,
		keep_alive: '5m',
		reasoning_effort: 'xhigh',
		top_k: 3,
		options: {num_ctx: 256, temperature: 0.3, num_predict: 9, mirostat: 2},
		response_format: {type: 'json_schema', json_schema: {name: 'n', schema: {type: 'object'}}},
		user: 'somebody',
	});
	expect(response.status).toBe(200);
	expect(services.leases.asks[0]).toMatchObject({keepAlive: 300_000, settings: {contextLength: 256}});
	expect(services.leases.requests[0]).toMatchObject({
		think: 'high',
		maxTokens: 9,
		sampling: {top_k: 3, temperature: 0.3, unknown: {mirostat: 2}},
		format: {type: 'json-schema', schema: {type: 'object'}},
	});
});

test('an absent temperature is left to the model', async () => {
	const {url, services} = await start(says('ok'));
	await post(url, {model: 'tiny', messages, temperature: null});
	expect(services.leases.requests[0]).toHaveProperty('sampling', {});
});

test('warnings come in a header and in the body, and in the last chunk of a stream', async () => {
	const {url} = await start(async function* (ask, _request, {warn}) {
		warn?.({setting: 'min_p', message: 'not known to this model – ignored'});
		yield {type: 'text-delta', text: 'a'};
		yield ending(ask);
	});
	const whole = await post(url, {model: 'tiny', messages, n: 2, frobnicate: 1});
	const expected = [
		{setting: 'frobnicate', message: 'not a parameter of this endpoint; ignored'},
		{setting: 'min_p', message: 'not known to this model – ignored'},
	];
	expect(JSON.parse(whole.headers.get('x-mofa-warnings') ?? '')).toEqual(expected);
	expect(await whole.json()).toMatchObject({mofa: {warnings: expected}});
	const text = await (await post(url, {model: 'tiny', messages, stream: true, frobnicate: 1})).text();
	const chunks = text.split('\n\n').filter(chunk => chunk.startsWith('data: {'));
	expect(JSON.parse(chunks.at(-1)?.slice(6) ?? '')).toMatchObject({mofa: {warnings: expected}});
});

test('a field that nobody knows is warned of by its path, however deep it stands', async () => {
	const {url, services} = await start(says('ok'));
	const body = {
		model: 'tiny',
		messages: [
			{role: 'system', content: [{type: 'text', text: 'Be brief', cache_control: {type: 'ephemeral'}}]},
			{role: 'user', content: 'Hi', name: 'Ada', cache_control: {type: 'ephemeral'}},
			{
				role: 'assistant',
				content: '',
				audio: {id: 'a'},
				tool_calls: [{id: 'c', type: 'function', function: {name: 'look', arguments: '{}', strict: true}}],
			},
			{role: 'tool', tool_call_id: 'c', content: 'seen', is_error: true},
			{role: 'user', content: [{type: 'image_url', image_url: {url: picture, detail: 'high'}}]},
		],
		tools: [
			{
				type: 'function',
				cache_control: {type: 'ephemeral'},
				function: {name: 'look', strict: true, parameters: {type: 'object', 'x-own': {deep: 1}}, timeout: 3},
			},
		],
		tool_choice: {type: 'function', function: {name: 'look', version: 2}},
		response_format: {type: 'json_object', indent: 2},
		stream_options: {include_obfuscation: true},
	};
	const response = await post(url, body);
	expect(response.status).toBe(200);
	const {mofa} = (await response.json()) as {mofa: {warnings: ReadonlyArray<{setting: string}>}};
	expect(mofa.warnings.map(({setting}) => setting).toSorted()).toEqual([
		'messages[0].content[0].cache_control',
		'messages[1].cache_control',
		'messages[1].name',
		'messages[2].audio',
		'messages[2].tool_calls[0].function.strict',
		'messages[3].is_error',
		'messages[4].content[0].image_url.detail',
		'response_format.indent',
		'stream_options.include_obfuscation',
		'tool_choice.function.version',
		'tools[0].cache_control',
		'tools[0].function.strict',
		'tools[0].function.timeout',
	]);
	expect(services.leases.requests[0]).toMatchObject({tools: [{parameters: {'x-own': {deep: 1}}}]});
});

test.each([false, true])('what the engine does not know of options is named by its path (stream: %s)', async stream => {
	const {url} = await start(async function* (ask, _request, {warn}) {
		warn?.({setting: 'mirostat', message: 'left out'});
		warn?.({setting: 'min_p', message: 'left out'});
		yield ending(ask);
	});
	const response = await post(url, {model: 'tiny', messages, stream, options: {mirostat: 2, min_p: 0.1}});
	const text = await response.text();
	expect(text).toContain('"setting":"options.mirostat"');
	expect(text).toContain('"setting":"min_p"');
});

test('what clients send as a habit and what asks for nothing is not warned of', async () => {
	const {url} = await start(says('ok'));
	const response = await post(url, {
		model: 'tiny',
		messages: [
			{role: 'user', content: [{type: 'image_url', image_url: {url: picture, detail: 'auto'}}], name: ''},
			{
				role: 'assistant',
				content: null,
				refusal: null,
				audio: null,
				annotations: [{type: 'url_citation'}],
				function_call: null,
				parsed: {a: 1},
				tool_calls: [
					{id: 'c', index: 0, type: 'function', function: {name: 'look', arguments: '{}', parsed_arguments: {b: 2}}},
				],
			},
			{role: 'tool', tool_call_id: 'c', content: 'seen', name: null, artifact: null},
		],
		tools: [{type: 'function', function: {name: 'look', description: null, parameters: {}, strict: false}}],
		response_format: {type: 'json_schema', json_schema: {name: 'n', strict: true, schema: {type: 'object'}}},
		stream_options: {include_usage: false, include_obfuscation: false},
		options: {mirostat: null},
	});
	expect(response.status).toBe(200);
	expect(response.headers.get('x-mofa-warnings')).toBeNull();
	expect(await response.json()).not.toHaveProperty('mofa');
});

test('warnings of one request are bounded, in number and in length', async () => {
	const {url, services} = await start(says('ok'));
	const many = Object.fromEntries(Array.from({length: 500}, (_, index) => [`${'x'.repeat(300)}${index}`, 1]));
	const response = await post(url, {model: 'tiny', messages: [{...messages[0], ...many}], options: many, ...many});
	const {mofa} = (await response.json()) as {mofa: {warnings: ReadonlyArray<{setting: string}>}};
	expect(mofa.warnings).toHaveLength(64);
	expect(mofa.warnings.every(({setting}) => setting.length < 200)).toBe(true);
	expect(Object.keys((services.leases.requests[0] as ChatRequest).sampling?.unknown ?? {}).length).toBeLessThan(65);
});

test.each([
	[{messages: []}, 'messages'],
	[{messages: 'Hi'}, 'messages'],
	[{messages: [{role: 'king', content: 'x'}]}, 'messages.0.role'],
	[{messages: [{role: 'user', content: [{type: 'text'}]}]}, 'messages.0.content.0.text'],
	[
		{messages: [{role: 'user', content: [{type: 'image_url', image_url: {url: 'https://a.b/c.png'}}]}]},
		'messages.0.content.0.image_url',
	],
	[
		{messages: [{role: 'user', content: [{type: 'image_url', image_url: 'data:image/png;base64,AAAA'}]}]},
		'messages.0.content.0.image_url',
	],
	[
		{messages: [{role: 'user', content: [{type: 'input_audio', input_audio: {data: 'AAAA', format: 'mp3'}}]}]},
		'messages.0.content.0.input_audio.format',
	],
	[
		{messages: [{role: 'assistant', tool_calls: [{id: 'a', function: {name: 'f', arguments: 'not json'}}]}]},
		'messages.0.tool_calls.0.function.arguments',
	],
	[{messages, temperature: 9}, 'temperature'],
	[{messages, n: 9}, 'n'],
	[{messages, logit_bias: {'1': 1}}, 'logit_bias'],
	[{messages, top_logprobs: 3}, 'top_logprobs'],
	[{messages, parallel_tool_calls: false}, 'parallel_tool_calls'],
	[{messages, response_format: {type: 'xml'}}, 'response_format.type'],
	[{messages, tool_choice: {type: 'function', function: {name: 'f'}}}, 'tool_choice.function.name'],
	[{messages, keep_alive: 'soon'}, 'keep_alive'],
	[{messages, options: {num_ctx: 'big'}}, 'options.num_ctx'],
	[{messages, model: ''}, 'model'],
])('%j is refused with 400 and its parameter', async (fields, param) => {
	const {url, services} = await start(says('never'));
	const response = await post(url, {model: 'tiny', ...fields});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({
		error: {type: 'invalid_request_error', code: 'invalid-request', param, data: {path: param}},
	});
	expect(services.leases.asks).toEqual([]);
});

test('a picture on the web is fetched where the user allowed it, and only a picture', async () => {
	const web = createServer((request, response) => {
		if (request.url === '/a.png') response.end(png);
		else if (request.url === '/page') response.end('<html>no picture at all, but a page</html>');
		else if (request.url === '/endless') {
			const more = (): void => {
				while (response.write(new Uint8Array(2 ** 20)));
				response.once('drain', more);
			};
			more();
		} else response.writeHead(404).end();
	});
	await new Promise<void>(resolve => void web.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		web.closeAllConnections();
		web.close();
	});
	const {port} = web.address() as AddressInfo;
	const asking = (path: string): unknown => ({
		model: 'tiny',
		messages: [
			{
				role: 'user',
				content: [
					{type: 'image_url', image_url: {url: `http://127.0.0.1:${port}${path}`}},
					{type: 'text', text: 'What?'},
				],
			},
		],
	});
	const {url, services} = await start(says('A picture.'), {imageUrls: true});
	expect((await post(url, asking('/a.png'))).status).toBe(200);
	expect(services.leases.requests[0]).toMatchObject({
		messages: [{content: [{type: 'image', image: {mediaType: 'image/png', bytes: Buffer.from(png)}}, {type: 'text'}]}],
	});
	for (const path of ['/page', '/endless', '/none']) {
		const refused = await post(url, asking(path));
		expect(refused.status, path).toBe(400);
		expect(await refused.json()).toMatchObject({error: {param: 'messages.0.content.0.image_url'}});
	}
	expect(services.leases.requests).toHaveLength(1);
});

test('pictures from the web are bounded together, and none is fetched on when one is refused', async () => {
	const closed = gate();
	const web = createServer((request, response) => {
		if (request.url === '/large') response.end(Buffer.concat([png, Buffer.alloc(25 * 2 ** 20)]));
		else if (request.url === '/none') response.writeHead(404).end();
		else {
			response.once('close', closed.open);
			response.write(png);
		}
	});
	await new Promise<void>(resolve => void web.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		web.closeAllConnections();
		web.close();
	});
	const {port} = web.address() as AddressInfo;
	const {url, services} = await start(says('A picture.'), {imageUrls: true});
	const asking = (...paths: readonly string[]): Promise<Response> => {
		const content = paths.map(path => ({type: 'image_url', image_url: {url: `http://127.0.0.1:${port}${path}`}}));
		return post(url, {model: 'tiny', messages: [{role: 'user', content}]});
	};
	const large = await asking('/large', '/large', '/large');
	expect([large.status, await large.json()]).toMatchObject([
		400,
		{error: {message: expect.stringContaining('together') as string}},
	]);
	expect((await asking('/silent', '/none')).status).toBe(400);
	await closed.opened;
	expect(services.leases.asks).toEqual([]);
});

test('pictures and sound in data URIs become parts', async () => {
	const {url, services} = await start(says('ok'));
	const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), Buffer.alloc(8)]).toString('base64');
	const wav = Buffer.alloc(48);
	wav.write('RIFF', 0);
	wav.write('WAVEfmt ', 8);
	wav.writeUInt32LE(16, 16);
	wav.writeUInt16LE(1, 20);
	wav.writeUInt16LE(1, 22);
	wav.writeUInt32LE(16_000, 24);
	wav.writeUInt16LE(16, 34);
	wav.write('data', 36);
	wav.writeUInt32LE(4, 40);
	wav.writeInt16LE(16_384, 44);
	wav.writeInt16LE(-32_768, 46);
	const content = [
		{type: 'text', text: 'what?'},
		{type: 'image_url', image_url: {url: `data:;base64,${png}`, detail: 'low'}},
		{type: 'input_audio', input_audio: {data: wav.toString('base64'), format: 'wav'}},
	];
	expect((await post(url, {model: 'tiny', messages: [{role: 'user', content}]})).status).toBe(200);
	expect(services.leases.requests[0]).toMatchObject({
		messages: [
			{
				content: [
					{type: 'text', text: 'what?'},
					{type: 'image', image: {mediaType: 'image/png'}},
					{type: 'audio', audio: {sampleRate: 16_000, channels: 1, samples: Float32Array.of(0.5, -1)}},
				],
			},
		],
	});
});

test('a failure before the first event sets the status, and the client tells which it was', async () => {
	const {client} = await start(fails(new MofaError('context-overflow', {model: 'tiny', tokens: 900, limit: 512})));
	const ask = client.chat.completions.create({model: 'tiny', messages, stream: true});
	await expect(ask).rejects.toMatchObject({
		status: 400,
		code: 'context-overflow',
		message: "400 900 tokens are more than the 512 that model 'tiny' holds",
	});
	const missing = client.chat.completions.create({model: 'missing', messages});
	await expect(missing).rejects.toMatchObject({status: 404, code: 'model-not-found', param: 'model'});
});

test('a failure after the first byte is an error event and nothing after it', async () => {
	const {url, client, services} = await start(async function* () {
		yield {type: 'text-delta', text: 'Hel'};
		throw new MofaError('runner-failed', {model: 'tiny', reason: 'killed', detail: 'signal 9'});
	});
	const text = await (await post(url, {model: 'tiny', messages, stream: true})).text();
	const events = text.split('\n\n').filter(Boolean);
	expect(JSON.parse(events.at(-1)?.slice(6) ?? '')).toEqual({
		error: {
			message: "the process that ran 'tiny' failed (killed): signal 9",
			type: 'api_error',
			param: null,
			code: 'runner-failed',
			data: {model: 'tiny', reason: 'killed', detail: 'signal 9'},
		},
	});
	const stream = await client.chat.completions.create({model: 'tiny', messages, stream: true});
	const read = async (): Promise<void> => {
		for await (const _chunk of stream);
	};
	await expect(read()).rejects.toMatchObject({code: 'runner-failed'});
	await services.leases.idle();
});

test('the path of an error is spelt as the client spelt it', async () => {
	const {url} = await start(
		fails(new MofaError('invalid-request', {path: 'format.schema.pattern', expected: 'no look-behind'})),
	);
	const response = await post(url, {model: 'tiny', messages});
	expect(await response.json()).toMatchObject({error: {param: 'response_format.json_schema.schema.pattern'}});
});

test('while the model loads, comments keep the connection alive', async () => {
	const load = gate();
	const services = fakeServices({script: says('x'), admit: () => load.opened});
	const {url} = await serveApp(services, {graceMs: 1, keepAliveMs: 1});
	const response = await post(url, {model: 'tiny', messages, stream: true});
	const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
	let text = '';
	while (text.split(': keep-alive\n\n').length < 4) text += (await reader?.read())?.value ?? '';
	load.open();
	for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
	expect(text).toMatch(/^(: keep-alive\n\n){3,}data: \{/);
	expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

test('busy says when to come back', async () => {
	const services = fakeServices({
		script: says('x'),
		admit() {
			throw new MofaError('busy', {model: 'tiny', queued: 64, retryAfterSeconds: 2.2});
		},
	});
	const {url} = await serveApp(services);
	const response = await post(url, {model: 'tiny', messages});
	expect([response.status, response.headers.get('retry-after'), response.headers.get('x-should-retry')]).toEqual([
		503,
		'3',
		null,
	]);
});

test('does-not-fit tells clients not to try again', async () => {
	const services = fakeServices({
		script: says('x'),
		admit() {
			throw new MofaError('does-not-fit', {model: 'tiny', needs: {ram: 9e9}, has: {ram: 1e9}, passedOver: []});
		},
	});
	const {url} = await serveApp(services);
	const client = new OpenAI({baseURL: `${url}/v1`, apiKey: 'none'});
	await expect(client.chat.completions.create({model: 'tiny', messages})).rejects.toMatchObject({status: 507});
	expect(services.leases.asks).toHaveLength(1);
});

test.each([
	[
		'one that claims 60,000 × 60,000 pixels',
		[
			[8, 8],
			[60_000, 60_000],
		],
		1,
		'60000 × 60000',
	],
	['many of a medium size', Array.from({length: 60}, () => [2500, 2000]), 40, '205 million'],
] as const)('pictures are counted by their headers before a model is asked: %s', async (_, sizes, at, words) => {
	const {client, services} = await start(says('a'));
	const content = sizes.map(([width = 0, height = 0]) => ({
		type: 'image_url' as const,
		image_url: {url: `data:image/png;base64,${pngHead(width, height).toString('base64')}`},
	}));
	for (const stream of [false, true]) {
		const asked = client.chat.completions.create({model: 'tiny', stream, messages: [{role: 'user', content}]});
		await expect(asked).rejects.toMatchObject({
			status: 400,
			param: `messages.0.content.${at}.image_url`,
			message: expect.stringContaining(words) as string,
		});
	}
	expect(services.leases.asks).toEqual([]);
});

test('what a model finds wrong with a picture is told by the name that the client has for it', async () => {
	const path = 'messages.0.content.1.image';
	const {client} = await start(fails(new MofaError('invalid-request', {path, expected: 'a whole picture'})));
	const asked = client.chat.completions.create({model: 'tiny', messages: [{role: 'user', content: 'a'}]});
	await expect(asked).rejects.toMatchObject({status: 400, param: 'messages.0.content.1.image_url'});
});
