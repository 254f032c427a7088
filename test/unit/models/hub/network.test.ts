import {createServer, request as ask} from 'node:http';
import {createServer as createTcpServer, connect, type AddressInfo, type Server} from 'node:net';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createHub} from '../../../../src/models/hub/create-hub.ts';
import {hubSettings} from '../../../../src/models/hub/hub-settings.ts';
import {makeCertificate} from '../../../fixtures/hub/certificate.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';
import {open, signal, small, weights} from './open-hub.ts';

async function listen(server: Server): Promise<string> {
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Tunnels, and forwards plain HTTP; wants a name and a password when one is given. */
async function startProxy(password?: string): Promise<{address: string; tunnels: string[]; forwards: string[]}> {
	const tunnels: string[] = [];
	const forwards: string[] = [];
	const wanted = password === undefined ? undefined : `Basic ${Buffer.from(password).toString('base64')}`;
	const server = createServer((request, response) => {
		if (request.headers['proxy-authorization'] !== wanted) return void response.writeHead(407).end();
		forwards.push(request.url ?? '');
		ask(request.url ?? '', {method: request.method, headers: request.headers}, answer => {
			response.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(response);
		}).end();
	});
	server.on('connect', (request, socket, head) => {
		if (request.headers['proxy-authorization'] !== wanted)
			return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
		tunnels.push(request.url ?? '');
		const [host, port] = (request.url ?? '').split(':');
		const upstream = connect(Number(port), host, () => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			upstream.write(head);
			upstream.pipe(socket).pipe(upstream);
		});
		for (const end of [upstream, socket]) end.on('error', () => end.destroy());
	});
	return {address: await listen(server), tunnels, forwards};
}

describe('a proxy', () => {
	test('forwards plain HTTP', async () => {
		const {address, forwards} = await startProxy();
		const {hub, server, locate} = await open({}, {HTTP_PROXY: `http://${address}`});
		const location = await locate();
		expect((await hub.read(location, 0, location.bytes, signal)).equals(weights)).toBe(true);
		expect(forwards.map(url => new URL(url).origin)).toEqual([server.endpoint, server.cdn]);
	});

	test('tunnels HTTPS, which it cannot read', async () => {
		const tls = makeCertificate(temporaryFolder());
		if (tls === null) return;
		const {address, tunnels} = await startProxy('ann:s3cret');
		const {hub, server, locate} = await open(
			{tls},
			{HTTPS_PROXY: `http://ann:s3cret@${address}`, SSL_CERT_FILE: tls.file, HF_TOKEN: 'hf_secret'},
		);
		const location = await locate();
		expect((await hub.read(location, 0, location.bytes, signal)).equals(weights)).toBe(true);
		expect(tunnels).toEqual([new URL(server.endpoint).host, new URL(server.cdn).host]);
		expect(server.requests.map(({authorization}) => authorization)).toEqual(['Bearer hf_secret', null]);
	});

	test('is left out for the hosts of NO_PROXY', async () => {
		const {address, forwards, tunnels} = await startProxy();
		const {hub} = await open({}, {HTTP_PROXY: address, NO_PROXY: 'example.org,127.0.0.1'});
		await hub.revision(small.name, null, signal);
		expect([...forwards, ...tunnels]).toEqual([]);
	});

	test('that wants a password says so', async () => {
		const {address} = await startProxy('ann:s3cret');
		const {hub} = await open({}, {HTTP_PROXY: `http://${address}`});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({
			code: 'network',
			data: {problem: expect.stringContaining('the proxy wants a name and a password')},
		});
		const secure = createHub({
			settings: hubSettings({HF_ENDPOINT: 'https://127.0.0.1:1', HTTPS_PROXY: `http://${address}`}, '/nowhere'),
		});
		onTestFinished(() => secure.close());
		await expect(secure.revision(small.name, null, signal)).rejects.toMatchObject({
			code: 'network',
			data: {address: `the proxy ${address}`, problem: expect.stringContaining('wants a name and a password')},
		});
	});

	test('that is not there is named, not the Hub behind it', async () => {
		const {hub} = await open({}, {HTTP_PROXY: 'http://127.0.0.1:1'});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({
			code: 'network',
			data: {address: 'the proxy 127.0.0.1:1', problem: 'it refuses the connection'},
		});
	});
});

describe('a certificate', () => {
	test('that nobody has signed is refused, with the way to name it', async () => {
		const tls = makeCertificate(temporaryFolder());
		if (tls === null) return;
		const {hub} = await open({tls});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({
			code: 'network',
			data: {problem: expect.stringMatching(/certificate is not trusted.*SSL_CERT_FILE/)},
		});
	});

	test.each(['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'])(
		'of the network itself is trusted when %s names it',
		async name => {
			const tls = makeCertificate(temporaryFolder());
			if (tls === null) return;
			const {hub, commit} = await open({tls}, {[name]: tls.file});
			expect(await hub.revision(small.name, null, signal)).toMatchObject({commit});
		},
	);

	test('file that is not there, or holds no certificates, is named when the Hub is first asked', async () => {
		const file = path.join(temporaryFolder(), 'ca.pem');
		const gone = await open({}, {SSL_CERT_FILE: file});
		await expect(gone.hub.revision(small.name, null, signal)).rejects.toMatchObject({
			code: 'file-error',
			data: {path: file},
		});
		writeFileSync(file, '-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n');
		const wrong = await open({}, {SSL_CERT_FILE: file});
		await expect(wrong.hub.revision(small.name, null, signal)).rejects.toMatchObject({code: 'file-error'});
	});
});

describe('a Hub that cannot be reached', () => {
	const asked = async (endpoint: string, env: Record<string, string> = {}): Promise<unknown> => {
		const hub = createHub({settings: hubSettings({HF_ENDPOINT: endpoint, ...env}, '/nowhere')});
		onTestFinished(() => hub.close());
		return hub.revision(small.name, null, signal).catch((error: unknown) => error);
	};

	test('because its host does not exist', async () => {
		expect(await asked('http://hub.invalid')).toMatchObject({
			code: 'network',
			data: {address: 'hub.invalid', problem: expect.stringMatching(/no such host|name server/)},
		});
	});

	test('because nothing listens there', async () => {
		expect(await asked('http://127.0.0.1:1')).toMatchObject({data: {problem: 'it refuses the connection'}});
	});

	test('because it never answers', async () => {
		const silent = createTcpServer(socket => void socket.on('error', () => undefined));
		expect(await asked(`http://${await listen(silent)}`, {HF_HUB_ETAG_TIMEOUT: '0.5'})).toMatchObject({
			code: 'network',
			data: {problem: 'it does not answer'},
		});
	});

	test('because it does not speak HTTP, or no TLS', async () => {
		const server = createTcpServer(socket => void socket.on('error', () => undefined).end('220 mail ready\r\n'));
		const address = await listen(server);
		expect(await asked(`http://${address}`)).toMatchObject({data: {problem: 'it does not speak HTTP'}});
		expect(await asked(`https://${address}`)).toMatchObject({data: {problem: expect.stringContaining('TLS')}});
	});

	test('because it closes every connection, after it was asked three times', async () => {
		let connections = 0;
		const server = createTcpServer(socket => {
			connections += 1;
			socket.on('error', () => undefined).once('data', () => socket.destroy());
		});
		expect(await asked(`http://${await listen(server)}`)).toMatchObject({data: {problem: 'the connection was cut'}});
		expect(connections).toBe(3);
	});
});

test('a server that stumbles is asked again', async () => {
	const {hub, commit} = await open({fault: (_request, count) => (count < 3 ? {do: 'status', status: 502} : undefined)});
	expect(await hub.revision(small.name, null, signal)).toMatchObject({commit});
});

test('a Hub on two addresses of one name is reached', async () => {
	const {server} = await open();
	const endpoint = server.endpoint.replace('127.0.0.1', 'localhost');
	const hub = createHub({settings: hubSettings({HF_ENDPOINT: endpoint}, '/nowhere')});
	onTestFinished(() => hub.close());
	expect(await hub.revision(small.name, null, signal)).toMatchObject({repository: small.name});
});
