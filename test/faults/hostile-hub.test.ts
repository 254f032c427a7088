import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, rmSync, statfsSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {refusals} from '../fixtures/hub/fault.ts';
import {seeded, type HubRepository} from '../fixtures/hub/repository.ts';
import {
	startHub,
	type Fault,
	type HubServer,
	type HubServerOptions,
	type LoggedRequest,
} from '../fixtures/hub/start-hub.ts';
import {tinyLlama, writeGguf} from '../helpers/gguf.ts';
import {guidePresent, newUser, patience, type User} from '../helpers/user.ts';

const name = 'someone/Odd-GGUF';
const file = 'Odd-F32.gguf';
const repository: HubRepository = {
	name,
	files: {[file]: Buffer.concat([writeGguf(tinyLlama), seeded(9, 12_000_000)])},
	license: 'mit',
	tags: ['gguf'],
};
const isTree = ({path: at}: LoggedRequest): boolean => at.includes('/tree/');
const isFile = ({host, method}: LoggedRequest): boolean => host === 'cdn' && method === 'GET';

const badNames = [
	'../../../evil.gguf',
	'/etc/evil.gguf',
	'a/../../evil.gguf',
	'evil\u0000.gguf',
	'a\\..\\evil.gguf',
	'C:/evil.gguf',
	'CON.gguf',
	'aux/model.gguf',
	`${'a'.repeat(1_000_000)}.gguf`,
];

describe.skipIf(!guidePresent)('a Hub that means harm, or is not well', patience, () => {
	test.each(badNames.map(bad => [bad.slice(0, 40), bad]))(
		'a file called %j is written nowhere',
		async (_short, bad) => {
			const entry = {type: 'file', oid: 'a'.repeat(40), size: 3, path: bad};
			const {user} = await start(request => (isTree(request) ? refusals.json(JSON.stringify([entry])) : undefined));
			const before = outsideCache(user);
			const {code, out, err} = await user.run(['pull', name]);
			expect(code).not.toBe(0);
			expect(out).toBe('');
			expect(err).toMatch(/^error: .{1,600}$/m);
			expect(err).not.toMatch(/^\s+at /m);
			expect(outsideCache(user)).toEqual(before);
			expect(insideCache(user).filter(at => /evil|model\.gguf|aaaa/i.test(at))).toEqual([]);
		},
	);

	test.each([
		['what is no JSON', '{"path": '],
		['JSON of another shape', '{"error": {"deep": [1, 2, 3]}}'],
		['nesting without end', '['.repeat(200_000)],
		['numbers that are none', JSON.stringify([{type: 'file', path: file, size: -1, oid: 'x'}])],
		['a file longer than any disk', JSON.stringify([{type: 'file', path: file, size: 9e15, oid: 'a'.repeat(40)}])],
	])('an answer with %s is one clear error', async (_title, text) => {
		const {user} = await start(request => (isTree(request) ? refusals.json(text) : undefined));
		const {code, err} = await user.run(['pull', name]);
		expect(code).not.toBe(0);
		expect(err).toMatch(/^error: .{1,600}$/m);
		expect(err).not.toMatch(/^\s+at /m);
	});

	test('fifty thousand files are looked through, and only the model is fetched', async () => {
		const many = Object.fromEntries(
			Array.from({length: 50_000}, (_, index) => [`notes/${index % 100}/${index}.txt`, Buffer.from('x')]),
		);
		const {user, hub} = await start(undefined, {
			repositories: [{...repository, files: {...many, ...repository.files}}],
		});
		// Megabytes: with a heap of so few, what is kept of each file has to be little.
		const env = {NODE_OPTIONS: '--max-old-space-size=128'};
		expect(await user.run(['pull', name], {env})).toMatchObject({code: 0});
		expect(hub.requests.filter(request => request.file?.startsWith('notes/'))).toEqual([]);
	});

	test.each([
		['refuses the key', 6, /HF_TOKEN/, (): Fault => refusals.invalidToken()],
		[
			'does not have the file any more',
			3,
			/does not have|no longer|not there|no model/i,
			(): Fault => refusals.entryNotFound(),
		],
	])('who %s gets the next step', async (_title, code, words, fault) => {
		const {user} = await start(request => (request.host === 'hub' && request.file === file ? fault() : undefined));
		const outcome = await user.run(['pull', name], {env: {HF_TOKEN: 'hf_x'}});
		expect(outcome).toMatchObject({code});
		expect(outcome.err).toMatch(words);
	});

	test('a Hub that asks to wait for hours is not waited for, and says when', async () => {
		const {user} = await start(request => (request.host === 'hub' ? refusals.rateLimited(7200) : undefined));
		const {code, err} = await user.run(['pull', name]);
		expect({code, err}).toMatchObject({code: 5, err: expect.stringMatching(/2 h|120 min|7200/)});
	});

	test('a body that ends early is fetched on, and a length that lies is an error', async () => {
		let short = 0;
		const {user, breaks} = await start(request =>
			isFile(request) && (short += 1) <= 2 ? {do: 'truncate', to: 100_000} : undefined,
		);
		expect(await user.run(['pull', name])).toMatchObject({code: 0, err: expect.stringContaining('MB')});
		expect(await user.run(['rm', name, '--yes'])).toMatchObject({code: 0});
		breaks(request => (isFile(request) ? {do: 'headers', headers: {'content-range': 'bytes 0-1/2'}} : undefined));
		const {code, err} = await user.run(['pull', name]);
		expect(code).not.toBe(0);
		expect(err).toMatch(/^error: /m);
	});

	test('links that someone planted in the cache lead nowhere', async () => {
		const {user} = await start();
		const outside = user.file('outside');
		mkdirSync(outside);
		const root = path.join(user.env['HF_HUB_CACHE'] ?? '', `models--${name.replace('/', '--')}`);
		mkdirSync(root, {recursive: true});
		symlinkSync(outside, path.join(root, 'snapshots'));
		const {code, err} = await user.run(['pull', name]);
		expect(code).not.toBe(0);
		expect(err).toContain('snapshots');
		expect(readdirSync(outside)).toEqual([]);
	});

	test.skipIf(!mayMount())('a disk that fills up loses nothing, and the pull goes on when there is room', async () => {
		const {user, hub, breaks} = await start();
		const disk = user.file('disk');
		mkdirSync(disk);
		expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', disk]).status).toBe(0);
		onTestFinished(() => void spawnSync('umount', ['--lazy', disk]));
		user.env['HF_HUB_CACHE'] = path.join(disk, 'hub');
		breaks(request =>
			isFile(request) && (request.range ?? '') > 'bytes=0-99999' ? {do: 'stall', after: 1_000_000} : undefined,
		);
		const pull = user.start(['pull', name, '--json']);
		await pull.says('stdout', /"type":"file-progress".*"bytes":[1-9]\d{6}/);
		const filler = path.join(disk, 'filler');
		const {bavail, bsize} = statfsSync(disk);
		writeFileSync(filler, Buffer.alloc(bavail * bsize));
		breaks(() => undefined);
		hub.expireLinks();
		pull.child.kill('SIGINT');
		await pull.ended;
		const full = await user.run(['pull', name]);
		expect(full).toMatchObject({code: 4});
		expect(full.err).toMatch(/free/);
		rmSync(filler);
		const sent = hub.sentBytes();
		expect(await user.run(['pull', name])).toMatchObject({code: 0});
		expect(hub.sentBytes() - sent).toBeLessThan(12_000_000);
	});
});

function mayMount(): boolean {
	const mount = ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', '/mnt'];
	const may = process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('unshare', mount).status === 0;
	if (!may) console.warn('SKIPPED: a pull on a full disk has to mount one, which only root may do');
	return may;
}

interface Place {
	readonly hub: HubServer;
	readonly user: User;
	breaks(fault: (request: LoggedRequest) => Fault | undefined): void;
}

async function start(
	first: (request: LoggedRequest) => Fault | undefined = () => undefined,
	options: Partial<HubServerOptions> = {},
): Promise<Place> {
	let fault = first;
	const hub = await startHub({repositories: [repository], fault: request => fault(request), ...options});
	onTestFinished(() => hub.close());
	const user = newUser({HF_ENDPOINT: hub.endpoint, NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost'});
	user.env['HF_HOME'] = user.file('hf');
	return {
		hub,
		user,
		breaks(next) {
			fault = next;
		},
	};
}

/** What lies beside the cache and mofa's own folder, and what is evil in the folder above, which other tests use too. */
function outsideCache(user: User): readonly string[] {
	const own = readdirSync(user.home, {recursive: true, encoding: 'utf8'});
	const beside = readdirSync(path.dirname(user.home)).filter(entry => /evil/i.test(entry));
	return [...own.filter(entry => !/^(hub|mofa)(\/|$)/.test(entry)), ...beside].toSorted();
}

function insideCache(user: User): readonly string[] {
	return readdirSync(user.home, {recursive: true, encoding: 'utf8'}).filter(entry => /^(hub|mofa)\//.test(entry));
}
