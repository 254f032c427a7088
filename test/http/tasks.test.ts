import {expect, test} from 'vitest';
import type {EventOf} from '../../src/contract/task.ts';
import {createHttpClient} from '../../src/client/http-client.ts';
import {fakeServices, plays, says, usage} from '../helpers/fake-services.ts';
import {pngHead} from '../helpers/pictures.ts';
import {framedType, writeFramed} from '../../src/lib/frames/framed-body.ts';
import {stringifyBinary} from '../../src/lib/binary-json.ts';
import {pcmWave} from '../helpers/wave.ts';
import {serveApp} from '../helpers/serve-app.ts';

const png = 'data:image/png;base64,iVBORw0KGgo=';

const ask = async (url: string, task: string, body: object): Promise<{status: number; body: string}> => {
	const response = await fetch(`${url}/v1/tasks/${task}`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify(body),
	});
	return {status: response.status, body: await response.text()};
};

test('a task makes its request of texts and data URIs, and of what else is said', async () => {
	const services = fakeServices();
	const {url} = await serveApp(services);
	const inputs = ['What is ', png, 'that?'];
	const {status, body} = await ask(url, 'chat', {model: 'tiny', inputs, request: {maxTokens: 7}, stream: false});
	expect(status).toBe(200);
	expect(JSON.parse(body)).toMatchObject({result: {text: 'Hello'}});
	expect(services.leases.requests).toMatchObject([
		{
			maxTokens: 7,
			messages: [
				{
					role: 'user',
					content: [
						{
							type: 'image',
							image: {mediaType: 'image/png', bytes: Uint8Array.from(Buffer.from(png.slice(22), 'base64'))},
						},
						{type: 'text', text: 'What is that?'},
					],
				},
			],
		},
	]);
});

test('a sound is decoded before the task sees it', async () => {
	const heard: number[] = [];
	const services = fakeServices({
		async *script(_ask, request) {
			for await (const {samples, sampleRate} of (
				request as unknown as {audio: AsyncIterable<{samples: Float32Array; sampleRate: number}>}
			).audio)
				heard.push(samples.length, sampleRate);
			yield {type: 'transcription-end', segments: [], language: null, usage} as unknown as EventOf<'transcription'>;
		},
	});
	const {url} = await serveApp(services);
	const uri = `data:audio/wav;base64,${pcmWave(new Int16Array(8000), 16_000).toString('base64')}`;
	const {status} = await ask(url, 'transcription', {model: 'tiny', inputs: [uri]});
	expect(status).toBe(200);
	expect(heard).toEqual([8000, 16_000]);
});

test('without a model the default one of the task answers', async () => {
	const services = fakeServices({script: says('Hi')});
	const {url} = await serveApp(services);
	expect((await ask(url, 'completion', {inputs: ['Once']})).status).toBe(200);
	expect(services.leases.asks).toMatchObject([{model: 'org/tiny:Q8_0', task: 'completion'}]);
});

test.each<[string, object, string]>([
	['neither a request nor inputs', {}, 'request: '],
	['a medium that the task does not take', {inputs: [png]}, 'inputs.0: '],
	['a data URI without its bytes', {inputs: ['a', 'data:image/png']}, 'inputs.1: '],
	['a data URI of something else', {inputs: ['data:application/zip;base64,AAAA']}, 'inputs.0: '],
	['bytes that are no base64', {inputs: ['data:text/plain;base64,a b!?']}, 'inputs.0: '],
	['a list of anything', {inputs: [['a']]}, 'inputs.0: '],
	['a value that is none', {inputs: [{medium: 'smell', value: 1}]}, 'inputs.0: '],
	['nothing to do', {inputs: ['  ']}, 'inputs: '],
	['no inputs at all', {inputs: []}, 'inputs: '],
])('%s is refused by the name of the field', async (_what, body, words) => {
	const services = fakeServices();
	const {url} = await serveApp(services);
	const answer = await ask(url, 'completion', {model: 'tiny', ...body});
	expect(answer.status).toBe(400);
	expect((JSON.parse(answer.body) as {error: {message: string}}).error.message).toContain(
		words.trim().replace(/:$/, ''),
	);
	expect(services.leases.asks).toEqual([]);
});

test('a sound without a sample is refused', async () => {
	const services = fakeServices();
	const {url} = await serveApp(services);
	const uri = `data:audio/wav;base64,${pcmWave(new Int16Array(0), 16_000).toString('base64')}`;
	const {status, body} = await ask(url, 'transcription', {model: 'tiny', inputs: [uri]});
	expect(status).toBe(400);
	expect(body).toContain('inputs.0');
});

test('the client asks with inputs as the commands do, and hears what there is', async () => {
	const services = fakeServices({
		script: plays({type: 'text-delta', text: 'Hi'}, {type: 'chat-end', reason: 'stop', usage}),
	});
	const {socketPath} = await serveApp(services);
	const client = createHttpClient({socketPath});
	const events = [];
	const signal = new AbortController().signal;
	const inputs = [{type: 'value', medium: 'text', value: 'Hello'}];
	for await (const event of client.runInputs({task: 'chat', model: 'tiny', inputs, request: {}, signal}))
		events.push(event);
	expect(events.map(({type}) => type)).toEqual(['load-end', 'text-delta', 'chat-end']);
	expect(await client.describeTasks()).toMatchObject([{name: 'chat'}]);
	expect(await client.plugins()).toMatchObject([{name: 'shapes'}]);
	expect(await client.reloadPlugins()).toMatchObject([{name: 'shapes'}]);
	expect(services.calls).toContain('reload plugins');
});

test('pictures are counted by their headers, however they come', async () => {
	const services = fakeServices();
	const {url} = await serveApp(services);
	const picture = (side: number): {bytes: Uint8Array; mediaType: string} => ({
		bytes: Uint8Array.from(pngHead(side, side)),
		mediaType: 'image/png',
	});
	const refusal = async (type: string, body: string | Uint8Array): Promise<unknown> => {
		const headers = {'content-type': type};
		const response = await fetch(`${url}/v1/tasks/chat`, {method: 'POST', headers, body: Buffer.from(body)});
		return [response.status, ((await response.json()) as {error: {param: string}}).error.param];
	};
	const uri = (side: number): string => `data:image/png;base64,${pngHead(side, side).toString('base64')}`;
	const json = (body: object): Promise<unknown> => refusal('application/json', stringifyBinary(body));
	expect(await json({inputs: ['a', uri(60_000)]})).toEqual([400, 'inputs.1']);
	expect(await json({inputs: [uri(9000), uri(9000), 'a', uri(9000)]})).toEqual([400, 'inputs.3']);
	const content = [9000, 9000, 9000].map(side => ({type: 'image', image: picture(side)}));
	const body = {model: 'tiny', request: {messages: [{role: 'user', content}]}};
	expect(await json(body)).toEqual([400, 'request.messages.0.content.2.image']);
	const frames: Uint8Array[] = [];
	for await (const piece of writeFramed(body, {signal: new AbortController().signal, toFailure: String}))
		frames.push(piece);
	expect(await refusal(framedType, Buffer.concat(frames))).toEqual([400, 'request.messages.0.content.2.image']);
	expect(services.leases.asks).toEqual([]);
});

test.each([
	[{inputs: ['a', {medium: 'vector', value: {$binary: 'AAAA', type: 'Complex'}}]}, 'inputs.1.value'],
	[{request: {messages: {$binary: 7, type: 'Uint8Array'}}}, 'request.messages'],
])('bytes that are none are refused by their place: %j', async (body, param) => {
	const {url} = await serveApp(fakeServices());
	const {status, body: answer} = await ask(url, 'chat', {model: 'tiny', ...body});
	expect([status, JSON.parse(answer)]).toMatchObject([400, {error: {param}}]);
});
