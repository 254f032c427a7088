import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {connect, type AddressInfo, type Server} from 'node:net';
import path from 'node:path';
import {createServer as createTlsServer} from 'node:tls';
import {afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import {repositoryRoot} from '../helpers/bundle.ts';
import {guideFile, guidePresent, newUser, patience, User, type Daemon, type Outcome} from '../helpers/user.ts';

const earsPresent = existsSync(path.join(repositoryRoot, 'registry/starter/ears/onnx/encoder_model.onnx'));
if (!earsPresent) console.warn('SKIPPED: sound for a daemon elsewhere needs registry/starter/ears');
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.warn('SKIPPED: a daemon behind TLS needs openssl, which makes its certificate');
const question = 'How do I see which models are loaded?';

describe.skipIf(!guidePresent)('a daemon elsewhere, asked by a user with another home', patience, () => {
	let there: User;
	let here: User;
	let daemon: Daemon;
	beforeAll(async () => {
		there = new User({MOFA_HOST: '127.0.0.1:0', MOFA_API_KEY: 'sesame'});
		daemon = await there.daemon();
		here = new User({MOFA_HOST: daemon.url, MOFA_API_KEY: 'sesame'});
	}, patience.timeout);
	afterEach(() => {
		expect(here.daemonPid(), 'no daemon was started here').toBeUndefined();
		expect(existsSync(here.paths.state), 'nothing was kept here').toBe(false);
	});
	afterAll(async () => {
		await here[Symbol.asyncDispose]();
		await there[Symbol.asyncDispose]();
	});

	test('lists its models, and says whose memory ps shows', async () => {
		expect(await here.run(['list'])).toMatchObject({code: 0, err: '', out: expect.stringMatching(/^guide /m)});
		const {code, err} = await here.run(['ps']);
		expect(code).toBe(0);
		expect(err).toContain(`the daemon at ${daemon.url}`);
		expect((await here.run(['info'])).out).toContain(daemon.url);
		expect((await here.run(['doctor'])).out).toContain(`ok    daemon: version`);
		expect((await here.run(['__complete', 'run', 'gu'])).out).toContain('guide');
	});

	test('answers as it does there, word after word', async () => {
		const ask = ['run', 'guide', '--option', 'temperature=0', question];
		const answer = await here.run(ask);
		expect(answer).toMatchObject({code: 0, err: ''});
		expect(answer.out).toContain('mofa ps');
		expect((await there.run(ask)).out).toBe(answer.out);
		expect((await daemon.client.residents()).map(({name}) => name)).toContain('guide');
		const long = here.start(['run', 'guide', '--format', here.longSchema(), 'Numbers']);
		// The first words come while the last are not there yet.
		await long.says('stdout', '[');
		expect(long.child.exitCode).toBeNull();
		long.child.kill('SIGINT');
		expect((await long.ended).code).toBe(130);
	});

	test('is joined in a pipe, input and answer at the same time', async () => {
		const {code, out, err} = await here.run(['pipe', 'llm?temperature=0'], {stdin: question});
		expect({code, err}).toEqual({code: 0, err: ''});
		expect(out).toContain('mofa ps');
		const wav = here.file('answer.wav');
		expect(await here.run(['pipe', 'llm', 'tts', '-t', question, '-o', wav])).toMatchObject({code: 0, out: ''});
		expect(readFileSync(wav).subarray(0, 4).toString()).toBe('RIFF');
	});

	test.skipIf(!earsPresent)('hears what comes through a pipe here, and speaks into a file here', async () => {
		const wav = here.file('question.wav');
		expect((await here.run(['speak', 'what can you do', '-o', wav])).code).toBe(0);
		const heard = await here.run(['transcribe', '-', '--format', 'json'], {stdin: readFileSync(wav)});
		expect(heard.code).toBe(0);
		const {text} = JSON.parse(heard.out) as {text: string};
		const own = await there.run(['transcribe', wav, '--format', 'json']);
		expect((JSON.parse(own.out) as {text: string}).text).toBe(text);
		expect(text).not.toBe('');
	});

	test('keeps models for itself: names, space and downloads are those there', async () => {
		expect((await here.run(['cp', 'guide', 'helper'])).code).toBe(0);
		expect((await there.run(['list'])).out).toContain('helper');
		expect((await here.run(['du', '--json'])).out).toContain(there.home);
		expect(await here.run(['rm', 'helper', '-y'])).toMatchObject({code: 0, out: 'forgot helper; guide stays\n'});
	});

	test('is not given paths of this machine; without a daemon they work', async () => {
		for (const argv of [
			['run', guideFile, 'Hello'],
			['show', guideFile],
			['pipe', `llm:${guideFile}`, '-t', 'Hello'],
		]) {
			const {code, out, err} = await here.run(argv);
			expect({code, out}).toEqual({code: 2, out: ''});
			expect(err).toContain(guideFile);
			expect(err).toContain(`the daemon at ${daemon.url} sees no file of this machine`);
		}
		const outcome = newUser({MOFA_HOST: daemon.url}).run(['run', '--no-daemon', guideFile, 'Hello']);
		expect(await outcome).toMatchObject({code: 0, err: ''});
	});

	test('gives back the memory of a model, and is not ended from here', async () => {
		await here.run(['run', 'guide', '-o', 'num_predict=1', 'Hello']);
		expect(await here.run(['stop', 'guide'])).toMatchObject({code: 0, out: 'stopped guide\n'});
		const refused = await here.run(['stop', '--all']);
		expect(refused).toMatchObject({code: 2, out: ''});
		expect(refused.err).toContain('on its own machine');
		expect(await here.run(['serve'])).toMatchObject({code: 2, err: expect.stringContaining('mofa serve --host')});
		expect((await daemon.client.version()).pid).toBe(daemon.pid);
	});

	test.skipIf(!hasOpenssl)('is asked over TLS, where its certificate is trusted', async () => {
		const certificate = here.file('certificate.pem');
		const url = await overTls(daemon.url, certificate);
		const refused = await here.run(['list'], {env: {MOFA_HOST: url}});
		expect(refused.code).toBe(5);
		expect(refused.err).toMatch(/cannot be asked: .*certificate\n→ NODE_EXTRA_CA_CERTS/);
		const env = {MOFA_HOST: url, NODE_EXTRA_CA_CERTS: certificate};
		expect(await here.run(['list'], {env})).toMatchObject({code: 0, out: expect.stringContaining('guide')});
		const answer = await here.run(['pipe', 'llm?temperature=0'], {env, stdin: question});
		expect(answer).toMatchObject({code: 0, err: '', out: expect.stringContaining('mofa ps')});
	});

	test('wants its key', async () => {
		const {code, err} = await here.run(['list'], {env: {MOFA_API_KEY: ''}});
		expect(code).toBe(6);
		expect(err).toContain(daemon.url);
		expect(err).toContain('MOFA_API_KEY');
	});
});

describe.skipIf(!guidePresent)('a user whose daemon elsewhere is not to be had', patience, () => {
	test.each(['list', 'ps', 'run guide Hello', 'pull qwen3', 'stop guide', 'voices'])(
		'%s ends with 5, the address and a way on, and nothing answers in its place',
		async line => {
			const user = newUser({MOFA_HOST: 'http://127.0.0.1:1'});
			const {code, out, err} = await user.run(line.split(' '));
			expect({code, out}).toEqual({code: 5, out: ''});
			expect(err).toMatch(/^error: the daemon at http:\/\/127\.0\.0\.1:1 cannot be asked: nothing listens there\n→ /);
			expect(user.daemonPid()).toBeUndefined();
			expect(existsSync(user.paths.state)).toBe(false);
		},
	);

	test('can name it in the settings, and gets no completion from elsewhere', async () => {
		const user = newUser();
		const run = (argv: readonly string[]): Promise<Outcome> => user.run(argv, {env: {MOFA_HOST: ''}});
		expect((await run(['config', 'set', 'host', 'http://127.0.0.1:1'])).err).toContain('from now on');
		expect((await run(['list'])).code).toBe(5);
		expect((await run(['__complete', 'run', 'gu'])).out).toBe('');
		expect((await run(['config', 'set', 'host'])).code).toBe(0);
	});

	test('is told both versions when the other one speaks another protocol', async () => {
		const version = {name: 'mofa', version: '7.8.9', protocol: 99, pid: 1, address: null};
		const port = await listening(createServer((_, response) => response.end(JSON.stringify(version))));
		const url = `http://127.0.0.1:${port}`;
		const {code, err} = await newUser({MOFA_HOST: url}).run(['list']);
		expect(code).toBe(5);
		expect(err).toContain('mofa 7.8.9 (protocol 99)');
		expect(err).toMatch(/this is mofa \d+\.\d+\.\d+ \(protocol \d+\)/);
	});

	test('never gets an answer of this machine because of a slip', async () => {
		const {code, err} = await newUser({MOFA_HOST: 'http//box:8420'}).run(['list']);
		expect(code).toBe(2);
		expect(err).toContain('http//box:8420');
	});
});

/** What stands before a daemon that other networks reach. Leaves its certificate in a file. */
async function overTls(url: string, certificate: string): Promise<string> {
	const key = `${certificate}.key`;
	const made = [
		'-newkey',
		'ec',
		'-pkeyopt',
		'ec_paramgen_curve:P-256',
		'-nodes',
		'-days',
		'1',
		'-subj',
		'/CN=localhost',
	];
	const files = ['-keyout', key, '-out', certificate, '-addext', 'subjectAltName=IP:127.0.0.1'];
	execFileSync('openssl', ['req', '-x509', ...made, ...files], {stdio: 'ignore'});
	const server = createTlsServer({key: readFileSync(key), cert: readFileSync(certificate)}, socket => {
		const daemon = connect(Number(new URL(url).port), '127.0.0.1');
		socket.on('error', () => daemon.destroy());
		daemon.on('error', () => socket.destroy());
		socket.pipe(daemon).pipe(socket);
	});
	return `https://127.0.0.1:${await listening(server)}`;
}

/** Its port, until the test is over. */
async function listening(server: Server): Promise<number> {
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return (server.address() as AddressInfo).port;
}
