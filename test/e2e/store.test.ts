import {readdirSync, readFileSync, realpathSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {PullEvent} from '../../src/contract/store.ts';
import {seeded, type HubRepository} from '../fixtures/hub/repository.ts';
import {
	startHub,
	type Fault,
	type HubServer,
	type HubServerOptions,
	type LoggedRequest,
} from '../fixtures/hub/start-hub.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {tinyLlama, writeGguf} from '../helpers/gguf.ts';
import {plain, scriptPresent, startInTerminal} from '../helpers/pseudo-terminal.ts';
import {guideFile, guidePresent, newUser, patience, until, type User} from '../helpers/user.ts';

/** The guide as someone else's repository: a real model that a pulled file can be run as. */
const small: HubRepository = {
	name: 'someone/Guide-GGUF',
	files: {
		'README.md': Buffer.from('# The guide\n'),
		'Guide-Q8_0.gguf': guidePresent ? readFileSync(guideFile) : Buffer.alloc(0),
	},
	license: 'apache-2.0',
	pipelineTag: 'text-generation',
	tags: ['gguf'],
	downloads: 1234,
};

/** Large enough that a pull can be stopped in the middle of it. */
const large: HubRepository = {
	name: 'someone/Large-GGUF',
	files: {'Large-F32.gguf': largeGguf()},
	license: 'mit',
	pipelineTag: 'text-generation',
	tags: ['gguf'],
};
const largeBytes = (large.files['Large-F32.gguf'] as Buffer).length;

function largeGguf(): Buffer {
	const file = writeGguf({
		...tinyLlama,
		tensors: [...tinyLlama.tensors, {name: 'blk.0.ffn_up.weight', shape: [1024, 6144]}],
	});
	const data = seeded(7, file.length - 8192);
	data.copy(file, 8192);
	return file;
}

interface Place {
	readonly hub: HubServer;
	readonly user: User;
	/** What goes wrong from now on. */
	breaks(fault: (request: LoggedRequest) => Fault | undefined): void;
}

async function start(options: Partial<HubServerOptions> = {}): Promise<Place> {
	let fault: (request: LoggedRequest) => Fault | undefined = () => undefined;
	const hub = await startHub({repositories: [small, large], fault: request => fault(request), ...options});
	onTestFinished(() => hub.close());
	const user = newUser({
		HF_ENDPOINT: hub.endpoint,
		NO_PROXY: '127.0.0.1',
		no_proxy: '127.0.0.1',
		LANG: 'C.UTF-8',
	});
	user.env['HF_HOME'] = user.file('hf');
	return {
		hub,
		user,
		breaks(next) {
			fault = next;
		},
	};
}

const isBlob = ({host, method}: LoggedRequest): boolean => host === 'cdn' && method === 'GET';
/** Only the bytes of the model itself, and not those that a look at its header takes. */
const isTransfer = (request: LoggedRequest): boolean =>
	isBlob(request) && !/^bytes=0-\d{1,6}$/.test(request.range ?? '');

describe.skipIf(!guidePresent)('the store of models, against a Hub', patience, () => {
	test('a model is pulled, listed, run, and found here the next time', async () => {
		const {hub, user} = await start();
		const pulled = await user.run(['pull', 'someone/Guide-GGUF']);
		expect(pulled).toMatchObject({code: 0, out: expect.stringContaining('mofa run someone/Guide-GGUF')});
		expect(pulled.err).toContain('pulling someone/Guide-GGUF');
		expect((await user.run(['list'])).out).toContain('someone/Guide-GGUF:Q8_0');
		const answer = await user.run(['run', 'someone/Guide-GGUF', '-o', 'num_predict=4', 'Hello']);
		expect(answer).toMatchObject({code: 0});
		expect(answer.out).not.toBe('');
		const sent = hub.sentBytes();
		const again = await user.run(['pull', 'someone/Guide-GGUF']);
		expect(again).toMatchObject({code: 0, out: expect.stringContaining('is here already')});
		expect(hub.sentBytes() - sent).toBeLessThan(2 ** 20);
	});

	test('every line of pull --json is as published, and bytes never go backwards', async () => {
		const {user} = await start();
		const {code, out, err} = await user.run(['pull', 'someone/Large-GGUF', '--json']);
		expect({code, err}).toEqual({code: 0, err: ''});
		const validate = schema('pull');
		const events = out
			.trimEnd()
			.split('\n')
			.map(line => JSON.parse(line) as PullEvent);
		for (const event of events) {
			validate(event);
			expect(validate.errors).toBeNull();
		}
		expect(events[0]).toMatchObject({type: 'pull-start', totalBytes: largeBytes, presentBytes: 0});
		expect(events.at(-1)).toMatchObject({type: 'pull-end', model: {name: 'someone/Large-GGUF:F32'}});
		const bytes = events.flatMap(event => (event.type === 'file-progress' ? [event.bytes] : []));
		expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
	});

	test.skipIf(!scriptPresent)('a terminal shows a bar that is redrawn, and keeps one line of it', async () => {
		const {user} = await start({bytesPerSecond: 4_000_000});
		const terminal = startInTerminal(user, ['pull', 'someone/Large-GGUF']);
		await terminal.shows(/Large-F32\.gguf +━*╸?─* +\d+%/);
		expect(await terminal.ended).toBe(0);
		expect(plain(terminal.raw())).toContain('✓ Large-F32.gguf');
		const shown = [...plain(terminal.raw()).matchAll(/ (\d+)% /g)].map(([, percent]) => Number(percent));
		expect(shown.length).toBeGreaterThan(1);
		expect(shown).toEqual(shown.toSorted((a, b) => a - b));
	});

	test('Ctrl-C stops a pull, says what is here, and the next one fetches only the rest', async () => {
		const {hub, user, breaks} = await start();
		breaks(request => (isTransfer(request) ? {do: 'stall', after: 2_000_000} : undefined));
		const first = user.start(['pull', 'someone/Large-GGUF', '--json']);
		await first.says('stdout', /"type":"file-progress".*"bytes":[1-9]\d{6}/);
		first.child.kill('SIGINT');
		const stopped = await first.ended;
		expect(stopped).toMatchObject({code: 130, signal: null});
		expect(stopped.err).toMatch(
			/stopped: [\d.]+ MB of [\d.]+ MB are here; mofa pull someone\/Large-GGUF goes on where it stopped/,
		);
		breaks(() => undefined);
		const here = sizeOfPartials(user);
		expect(here).toBeGreaterThan(1_000_000);
		const sent = hub.sentBytes();
		const second = await user.run(['pull', 'someone/Large-GGUF']);
		expect(second.code).toBe(0);
		expect(second.err).toContain('of it is here already');
		expect(hub.sentBytes() - sent).toBeLessThan(largeBytes - 1_000_000);
		expect(await user.run(['verify', 'someone/Large-GGUF'])).toMatchObject({code: 0});
	});

	test('what kill -9 leaves behind is used as well', async () => {
		const {hub, user, breaks} = await start();
		breaks(request => (isTransfer(request) ? {do: 'stall', after: 2_000_000} : undefined));
		const first = user.start(['pull', 'someone/Large-GGUF', '--json']);
		await first.says('stdout', /"type":"file-progress".*"bytes":[1-9]\d{6}/);
		first.child.kill('SIGKILL');
		await first.ended;
		breaks(() => undefined);
		const sent = hub.sentBytes();
		expect(await user.run(['pull', 'someone/Large-GGUF'])).toMatchObject({code: 0});
		expect(hub.sentBytes() - sent).toBeLessThan(largeBytes);
		expect(await user.run(['verify'])).toMatchObject({code: 0});
	});

	test('a cut connection is mended without a word but a retry', async () => {
		const {user, breaks} = await start();
		let cuts = 0;
		breaks(request => (isTransfer(request) && (cuts += 1) <= 2 ? {do: 'cut', after: 500_000} : undefined));
		expect(await user.run(['pull', 'someone/Large-GGUF'])).toMatchObject({code: 0});
		expect(cuts).toBeGreaterThan(1);
		expect(await user.run(['verify'])).toMatchObject({code: 0});
	});

	test('a gated model names the page to accept its licence on, and comes when it was', async () => {
		const gated: HubRepository = {...small, name: 'someone/Gated-GGUF', gated: 'manual'};
		const {hub, user} = await start({repositories: [gated], tokens: ['hf_good'], accepted: ['someone/Gated-GGUF']});
		const refused = await user.run(['pull', 'someone/Gated-GGUF']);
		expect(refused).toMatchObject({code: 6, out: ''});
		expect(refused.err).toContain(`${hub.endpoint}/someone/Gated-GGUF`);
		expect(refused.err).toContain('HF_TOKEN');
		expect(await user.run(['pull', 'someone/Gated-GGUF'], {env: {HF_TOKEN: 'hf_good'}})).toMatchObject({code: 0});
		expect(hub.requests.filter(({host, authorization}) => host === 'cdn' && authorization !== null)).toEqual([]);
		const wrong = await user.run(['pull', 'someone/Gated-GGUF@main'], {env: {HF_TOKEN: 'hf_wrong'}});
		expect([0, 6]).toContain(wrong.code);
	});

	test('a repository that is not there is exit code 3, and a name nobody knows is not asked for', async () => {
		const {hub, user} = await start();
		const missing = await user.run(['pull', 'someone/Nothing']);
		expect(missing).toMatchObject({code: 3, out: ''});
		expect(missing.err).toMatch(/^error: the Hub has no model called "someone\/Nothing"/);
		expect(missing.err).not.toMatch(/^\s+at /m);
		const before = hub.requests.length;
		const unknown = await user.run(['pull', 'no-such-name-at-all']);
		expect(unknown).toMatchObject({code: 3, out: ''});
		expect(hub.requests.length).toBe(before);
	});

	test('what ships with mofa needs no download', async () => {
		const {hub, user} = await start();
		const {code, err} = await user.run(['pull', 'guide']);
		expect(code).toBe(2);
		expect(err).toContain('guide is here already');
		expect(hub.requests).toEqual([]);
	});

	test('the name of a hosted API model never starts a download', async () => {
		const {hub, user} = await start();
		const {code, err} = await user.run(['pull', 'gpt-4o-mini']);
		expect(code).not.toBe(0);
		expect(err).toMatch(/^error: \S/);
		expect(hub.requests).toEqual([]);
	});

	test('offline nothing is asked for, and what is here still works', async () => {
		const {hub, user} = await start();
		await user.run(['pull', 'someone/Guide-GGUF']);
		const before = hub.requests.length;
		const env = {HF_HUB_OFFLINE: '1'};
		const refused = await user.run(['pull', 'someone/Large-GGUF'], {env});
		expect(refused).toMatchObject({code: 5, out: ''});
		expect(refused.err).toContain('HF_HUB_OFFLINE');
		expect((await user.run(['list'], {env})).out).toContain('someone/Guide-GGUF:Q8_0');
		const fit = await user.run(['fit', 'qwen3:0.6b'], {env});
		expect(fit).toMatchObject({code: 0, err: ''});
		expect(fit.out).toContain('the Hub could not be asked');
		expect(hub.requests.length).toBe(before);
	});

	test('a Hub that nobody can reach is exit code 5 with the address', async () => {
		const {hub, user} = await start();
		const {host} = new URL(hub.endpoint);
		await hub.close();
		const {code, err} = await user.run(['pull', 'someone/Large-GGUF']);
		expect(code).toBe(5);
		expect(err).toContain(host);
	});

	test('run fetches what is not here when it is allowed to, and names the command when not', async () => {
		const {user} = await start();
		const refused = await user.run(['run', 'someone/Guide-GGUF', 'Hello']);
		expect(refused).toMatchObject({code: 3, out: ''});
		expect(refused.err).toContain('→ mofa pull someone/Guide-GGUF');
		const answer = await user.run(['run', 'someone/Guide-GGUF', '--yes', '-o', 'num_predict=4', 'Hello']);
		expect(answer).toMatchObject({code: 0});
		expect(answer.err).toContain('pulling someone/Guide-GGUF');
		expect(answer.out).not.toBe('');
	});

	test.skipIf(!scriptPresent)('a person who runs what is not here watches it come, and then talks to it', async () => {
		const {user} = await start();
		const terminal = startInTerminal(user, ['run', 'someone/Guide-GGUF']);
		await terminal.shows('pulling someone/Guide-GGUF');
		await terminal.shows('>>>');
		terminal.type('/bye\r');
		expect(await terminal.ended).toBe(0);
	});

	test('fit tells the size and the verdict, and fetches next to nothing', async () => {
		const {hub, user} = await start();
		const {code, out} = await user.run(['fit', 'someone/Large-GGUF']);
		expect(code).toBe(0);
		expect(out).toMatch(/→ +F32 +gguf +25 MB .*✓ fits/);
		expect(hub.sentBytes()).toBeLessThan(4_000_000);
		const {out: json} = await user.run(['fit', 'someone/Large-GGUF', '--json']);
		const validate = schema('fit');
		validate(JSON.parse(json));
		expect(validate.errors).toBeNull();
	});

	test('search finds what the Hub has', async () => {
		const {user} = await start();
		const {code, out} = await user.run(['search', 'guide']);
		expect(code).toBe(0);
		expect(out).toContain('someone/Guide-GGUF');
		expect(out).not.toContain('Large');
	});

	test('damage is found, and repaired without fetching everything', async () => {
		const {hub, user} = await start();
		await user.run(['pull', 'someone/Large-GGUF']);
		const blob = blobOf(user, 'models--someone--Large-GGUF', 'Large-F32.gguf');
		const content = readFileSync(blob);
		content.fill(0, 9_000_000, 9_000_100);
		writeFileSync(blob, content);
		const found = await user.run(['verify']);
		expect(found).toMatchObject({code: 1});
		expect(found.out).toContain('Large-F32.gguf: damaged');
		const sent = hub.sentBytes();
		const repaired = await user.run(['verify', '--repair', '--json']);
		expect(repaired.code).toBe(0);
		const validate = schema('verify');
		for (const line of repaired.out.trimEnd().split('\n')) {
			validate(JSON.parse(line));
			expect(validate.errors).toBeNull();
		}
		expect(hub.sentBytes() - sent).toBeLessThanOrEqual(largeBytes + 2_000_000);
		expect(await user.run(['verify'])).toMatchObject({code: 0});
		expect(
			readFileSync(blobOf(user, 'models--someone--Large-GGUF', 'Large-F32.gguf')).equals(
				large.files['Large-F32.gguf'] as Buffer,
			),
		).toBe(true);
	});

	test('outdated tells what moved on, upgrade fetches it, prune frees what it replaced', async () => {
		const {hub, user} = await start();
		await user.run(['pull', 'someone/Large-GGUF']);
		expect((await user.run(['outdated'])).err).toContain('newest version');
		const next = Buffer.from(large.files['Large-F32.gguf'] as Buffer);
		next.fill(3, next.length - 1000);
		hub.push({...large, files: {'Large-F32.gguf': next}});
		const outdated = await user.run(['outdated', '--json']);
		expect(JSON.parse(outdated.out)).toMatchObject([{repository: 'someone/Large-GGUF', filesChanged: true}]);
		expect(await user.run(['upgrade', '--yes'])).toMatchObject({code: 0});
		expect(JSON.parse((await user.run(['outdated', '--json'])).out)).toEqual([]);
		const usage = JSON.parse((await user.run(['du', '--json'])).out) as {reclaimableBytes: number; totalBytes: number};
		expect(usage.reclaimableBytes).toBeGreaterThanOrEqual(largeBytes);
		expect((await user.run(['prune', '--dry-run'])).out).toContain('old version');
		expect((await user.run(['prune', '--yes'])).out).toMatch(/^freed 25 MB/);
		expect(await user.run(['verify', 'someone/Large-GGUF'])).toMatchObject({code: 0});
	});

	test('an alias is a name like any other', async () => {
		const {user} = await start();
		await user.run(['pull', 'someone/Guide-GGUF']);
		expect(await user.run(['cp', 'someone/Guide-GGUF:Q8_0', 'helper'])).toMatchObject({code: 0});
		expect((await user.run(['list'])).out).toContain('helper');
		expect(await user.run(['run', 'helper', '-o', 'num_predict=2', 'Hello'])).toMatchObject({code: 0});
		expect((await user.run(['cp', 'someone/Nothing', 'x'])).code).not.toBe(0);
	});

	test('a program pulls over HTTP, and one that leaves ends its pull', async () => {
		const {user, breaks} = await start();
		const {client} = await user.daemon();
		breaks(request => (isTransfer(request) ? {do: 'stall', after: 2_000_000} : undefined));
		const leaving = new AbortController();
		const pull = async (signal: AbortSignal, onEvent: (event: PullEvent) => void): Promise<void> => {
			for await (const event of client.pull({model: 'someone/Large-GGUF', evenIfUnfit: false, signal})) onEvent(event);
		};
		const first = pull(leaving.signal, event => {
			if (event.type === 'file-progress' && event.bytes > 1_000_000) leaving.abort();
		});
		await expect(first).rejects.toMatchObject({code: 'cancelled'});
		breaks(() => undefined);
		const events: PullEvent[] = [];
		await pull(AbortSignal.timeout(60_000), event => void events.push(event));
		expect(events.at(-1)).toMatchObject({type: 'pull-end'});
		expect((await client.models()).map(({name}) => name)).toContain('someone/Large-GGUF:F32');
		await until('the usage is known', async () => (await client.usage()).totalBytes >= largeBytes);
	});

	test('completion knows what could be pulled', async () => {
		const {user} = await start();
		await user.run(['pull', 'someone/Guide-GGUF']);
		expect((await user.run(['__complete', 'pull', 'some'])).out).toContain('someone/Guide-GGUF:Q8_0');
		expect((await user.run(['__complete', 'pull', 'qwen'])).out).toMatch(/^qwen3/m);
	});
});

function schema(name: string): ReturnType<Ajv2020['compile']> {
	const file = path.join(repositoryRoot, 'registry/schema', `${name}.json`);
	return new Ajv2020({strict: false, validateFormats: false, allErrors: true}).compile(
		JSON.parse(readFileSync(file, 'utf8')) as object,
	);
}

/** Bytes on the disk of everything that is not complete. */
function sizeOfPartials(user: User): number {
	const root = user.env['HF_HUB_CACHE'] ?? '';
	return readdirSync(root, {recursive: true, encoding: 'utf8'})
		.filter(file => /incomplete|partial/.test(file))
		.reduce((sum, file) => sum + statSync(path.join(root, file)).blocks * 512, 0);
}

function blobOf(user: User, repository: string, file: string): string {
	const snapshots = path.join(user.env['HF_HUB_CACHE'] ?? '', repository, 'snapshots');
	const [commit = ''] = readdirSync(snapshots);
	return realpathSync(path.join(snapshots, commit, file));
}
