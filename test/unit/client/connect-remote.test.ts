import {createServer, type RequestListener} from 'node:http';
import {createServer as createPlainServer, type AddressInfo, type Server} from 'node:net';
import {describe, expect, onTestFinished, test} from 'vitest';
import {connectRemote, type RemoteOptions} from '../../../src/client/connect-remote.ts';
import {explain} from '../../../src/client/explain.ts';
import {MofaError} from '../../../src/contract/error.ts';
import type {AppOptions} from '../../../src/http/options.ts';
import {fakeServices, says, tiny, type FakeServices, type Script} from '../../helpers/fake-services.ts';
import {serveApp} from '../../helpers/serve-app.ts';

const never = new AbortController().signal;
const request = {messages: [{role: 'user' as const, content: 'Hi'}]};

const remote = (url: string, changes: Partial<RemoteOptions> = {}): RemoteOptions => ({
	url,
	apiKey: null,
	protocol: 1,
	version: '1.2.3',
	...changes,
});

async function start(
	script: Script = says('Hel', 'lo'),
	options: AppOptions = {},
): Promise<{readonly services: FakeServices; readonly url: string}> {
	const services = fakeServices({script});
	const {url} = await serveApp(services, options);
	return {services, url};
}

async function serve(listener: RequestListener): Promise<string> {
	return listening(createServer(listener));
}

async function listening(server: Server): Promise<string> {
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failureOf(work: Promise<unknown>): Promise<MofaError> {
	return MofaError.from(
		await work.then(
			() => new Error('it worked'),
			(error: unknown) => error,
		),
	);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
	const list: T[] = [];
	for await (const item of items) list.push(item);
	return list;
}

test('a daemon elsewhere is asked like one of this machine, and says where it is', async () => {
	const {url} = await start();
	const client = await connectRemote(remote(url));
	expect(client.remote).toBe(url);
	expect(await client.models()).toEqual([tiny]);
	const events = await all(client.run({model: 'tiny', task: 'chat', request, signal: never}));
	expect(events.map(({type}) => type)).toEqual(['load-end', 'text-delta', 'text-delta', 'chat-end']);
});

test('a daemon of another version is one, where it speaks the same protocol', async () => {
	const {url} = await start();
	expect((await (await connectRemote(remote(url, {version: '9.9.9'}))).version()).version).toBe('1.2.3');
});

test('a daemon of another protocol is refused, naming both versions', async () => {
	const {url} = await start();
	const failure = await failureOf(connectRemote(remote(url, {protocol: 2, version: '2.0.0'})));
	expect(failure).toMatchObject({code: 'network', data: {address: url, daemon: 'other-version'}});
	const {message, next} = explain(failure);
	expect(message).toContain(url);
	expect(message).toContain('mofa 1.2.3 (protocol 1)');
	expect(message).toContain('mofa 2.0.0 (protocol 2)');
	expect(next).toContain('same version');
});

test('where nobody answers it is a failure of the network, with the address and a way on', async () => {
	const failure = await failureOf(connectRemote(remote('http://127.0.0.1:1')));
	expect(failure.toWire()).toEqual({
		code: 'network',
		data: {address: 'http://127.0.0.1:1', problem: 'nothing listens there', daemon: 'silent'},
	});
	expect(explain(failure)).toEqual({
		message: 'the daemon at http://127.0.0.1:1 cannot be asked: nothing listens there',
		next: expect.stringContaining('mofa serve --host') as string,
	});
});

test('one that takes the connection and says nothing does not keep anybody waiting', async () => {
	const url = await listening(
		createPlainServer(socket => {
			socket.on('error', () => undefined);
			onTestFinished(() => void socket.destroy());
		}),
	);
	const failure = await failureOf(connectRemote(remote(url, {timeoutMs: 50})));
	expect(failure).toMatchObject({code: 'network', data: {address: url, problem: 'it does not answer'}});
});

test('what is no daemon is told apart', async () => {
	const url = await serve((_, response) => response.writeHead(404).end('<html>'));
	expect(await failureOf(connectRemote(remote(url)))).toMatchObject({
		code: 'network',
		data: {problem: 'something else answers there, with status 404'},
	});
});

test('a daemon that ends in the middle of its answer is a failure of the network', async () => {
	let asked = 0;
	const url = await serve((_, response) => {
		asked += 1;
		if (asked === 1) response.end(JSON.stringify({name: 'mofa', version: '1.2.3', protocol: 1}));
		else response.write('{"type":"load-end","model":"tiny","waitedMs":1}\n{"ty', () => response.socket?.destroy());
	});
	const client = await connectRemote(remote(url));
	const failure = await failureOf(all(client.run({model: 'tiny', task: 'chat', request, signal: never})));
	expect(failure).toMatchObject({code: 'network', data: {address: url, problem: expect.stringContaining('it ended')}});
});

test('a path of the URL stands before every question', async () => {
	const asked: string[] = [];
	const url = await serve(({url: path = ''}, response) => {
		asked.push(path);
		response.end(
			JSON.stringify(path.endsWith('/version') ? {name: 'mofa', version: '1', protocol: 1} : {residents: []}),
		);
	});
	const client = await connectRemote(remote(`${url}/box/mofa`));
	await client.residents();
	expect(asked).toEqual(['/box/mofa/v1/version', '/box/mofa/v1/ps']);
	expect(client.remote).toBe(`${url}/box/mofa`);
});

describe('with a key', () => {
	test('the right one opens', async () => {
		const {url} = await start(undefined, {apiKey: 'sesame'});
		expect(await (await connectRemote(remote(url, {apiKey: 'sesame'}))).models()).toEqual([tiny]);
	});

	test.each([
		[null, 'set MOFA_API_KEY'],
		['simsalabim', 'is not the one'],
	])('%s is refused, saying whose key is missing', async (apiKey, said) => {
		const {url} = await start(undefined, {apiKey: 'sesame'});
		const failure = await failureOf(connectRemote(remote(url, {apiKey})));
		expect(failure).toMatchObject({code: 'unauthorized', data: {address: `the daemon at ${url}`}});
		expect(explain(failure).next).toContain(said);
		expect(failure.message).not.toContain('sesame');
	});
});

describe('a model of a path', () => {
	test.each(['/models/x.gguf', './x.gguf', '~/x.gguf', String.raw`C:\models\x.gguf`])(
		'%s of this machine is refused before anything is asked',
		async file => {
			const {url, services} = await start();
			const client = await connectRemote(remote(url));
			const pipeline = {stages: [`llm:${file}`, 'tts']};
			const refusals = [
				client.model(file),
				client.voices(file),
				client.removeModel(file, {force: true}),
				client.alias({model: file, alias: 'x', force: false}),
				client.fit({model: file, task: null, contextLength: null, signal: never}),
				client.planPipeline(pipeline),
				client.planPipeline({stages: [{stage: 'llm', model: file}]}),
				client.savePipeline({name: 'x', pipeline}),
				(async () => all(client.run({model: file, task: 'chat', request, signal: never})))(),
				(async () => all(client.load({model: file, signal: never})))(),
				(async () => all(client.runInputs({task: 'chat', model: file, inputs: [], request: {}, signal: never})))(),
				(async () => all(client.runPipeline({pipeline, input: (async function* () {})(), signal: never})))(),
			];
			for (const refusal of refusals) {
				const failure = await failureOf(refusal);
				expect(failure).toMatchObject({code: 'invalid-request', data: {path: file}});
				expect(explain(failure).message).toContain(`the daemon at ${url} sees no file of this machine`);
			}
			expect(services.calls).toEqual([]);
		},
	);

	test('that the daemon itself has told is its own', async () => {
		const file = '/there/model.gguf';
		const {url, services} = await start();
		Object.assign(services, {defaultModel: async () => ({model: file, because: 'its setting'})});
		const client = await connectRemote(remote(url));
		await expect(client.model(file)).rejects.toMatchObject({code: 'invalid-request'});
		const {model} = await client.defaultModel();
		expect(await client.model(model)).toMatchObject({name: file});
	});
});
