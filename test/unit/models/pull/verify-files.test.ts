import {spawn} from 'node:child_process';
import {
	chmodSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import type {VerifyEvent} from '../../../../src/contract/store.ts';
import {takePidLock} from '../../../../src/lib/pid-lock.ts';
import {partialBytes} from '../../../../src/models/pull/partial.ts';
import {partBytes} from '../../../../src/models/pull/parts.ts';
import {verifyFiles, type VerifyOptions} from '../../../../src/models/pull/verify-files.ts';
import {cachedModels} from '../../../../src/models/verifiable.ts';
import {seeded} from '../../../fixtures/hub/repository.ts';
import {cacheOf, megabyte, openPull, type PullSetup} from './setup.ts';

const large = 'large-Q8_0.gguf';
const largeBytes = 40 * megabyte + 777;
const files = {[large]: {seed: 11, bytes: largeBytes}, 'small-Q4_0.gguf': seeded(5, 6000)};

type FileEvent = Extract<VerifyEvent, {type: 'verify-file'}>;

interface Verified {
	readonly events: readonly VerifyEvent[];
	readonly files: Readonly<Record<string, FileEvent>>;
	readonly end: VerifyEvent | undefined;
}

async function verify(setup: PullSetup, changes: Partial<VerifyOptions> = {}): Promise<Verified> {
	const {cache, state} = setup;
	const models = await cachedModels(cache, null);
	const signal = new AbortController().signal;
	const events: VerifyEvent[] = [];
	for await (const event of verifyFiles({hub: null, cache, state, models, signal, ...changes})) events.push(event);
	const found = events.filter(event => event.type === 'verify-file');
	return {events, files: Object.fromEntries(found.map(event => [event.file, event])), end: events.at(-1)};
}

/** Everything pulled, and nothing sent since. */
async function pulled(...options: Parameters<typeof openPull>): Promise<PullSetup & {sent(): number}> {
	const setup = await openPull(options[0], options[1] ?? files);
	await setup.pull();
	const before = setup.server.sentBytes();
	return {...setup, sent: () => setup.server.sentBytes() - before};
}

const blobOf = (setup: PullSetup, file: string): string =>
	path.join(cacheOf(setup).blobs, setup.server.fileOf('org/model', file).sha256 ?? '');

function flip(file: string, ...places: readonly number[]): void {
	const content = readFileSync(file);
	for (const at of places) content[at] = (content[at] ?? 0) ^ 0xff;
	writeFileSync(file, content);
}

const leftovers = (setup: PullSetup): readonly string[] =>
	readdirSync(setup.cache, {recursive: true, encoding: 'utf8'}).filter(name => /mofa-(partial|lock|tmp)/.test(name));

describe('checking', () => {
	test('files that are as they were sent are good, and the Hub is not asked', async () => {
		const setup = await pulled();
		const asked = setup.server.requests.length;
		const {files: found, end} = await verify(setup);
		expect(found[large]).toEqual({
			type: 'verify-file',
			model: 'org/model:Q8_0',
			file: large,
			bytes: largeBytes,
			state: 'good',
			ranges: [],
		});
		expect(end).toEqual({type: 'verify-end', files: 2, damaged: 0, repaired: 0, unknown: 0});
		expect(setup.server.requests).toHaveLength(asked);
	});

	test('bytes that changed in the middle are one range: the part they are in', async () => {
		const setup = await pulled();
		flip(blobOf(setup, large), 17 * megabyte, 17 * megabyte + 1);
		const {files: found, end} = await verify(setup);
		expect(found[large]).toMatchObject({
			state: 'damaged',
			bytes: largeBytes,
			ranges: [{from: 4 * partBytes, to: 5 * partBytes}],
		});
		expect(end).toMatchObject({damaged: 1, repaired: 0});
	});

	test('neighbouring parts are one range, others another', async () => {
		const setup = await pulled();
		flip(blobOf(setup, large), 0, partBytes, 7 * partBytes, largeBytes - 1);
		expect((await verify(setup)).files[large]?.ranges).toEqual([
			{from: 0, to: 2 * partBytes},
			{from: 7 * partBytes, to: 8 * partBytes},
			{from: 10 * partBytes, to: largeBytes},
		]);
	});

	test('a file that ends too soon lacks its last parts, and one that goes on has too much', async () => {
		const setup = await pulled();
		truncateSync(blobOf(setup, large), 21 * megabyte);
		expect((await verify(setup)).files[large]).toMatchObject({
			state: 'damaged',
			bytes: largeBytes,
			ranges: [{from: 5 * partBytes, to: largeBytes}],
		});
		const again = await pulled();
		writeFileSync(blobOf(again, large), 'more', {flag: 'a'});
		expect((await verify(again)).files[large]).toMatchObject({
			state: 'damaged',
			ranges: [{from: largeBytes, to: largeBytes + 4}],
		});
	});

	test('without checksums damage is found and its place is not claimed', async () => {
		const setup = await pulled();
		rmSync(path.join(setup.state, 'checksums'), {recursive: true});
		flip(blobOf(setup, large), 5);
		expect((await verify(setup)).files[large]).toMatchObject({state: 'damaged', ranges: []});
	});

	test('checksums that are wrong themselves make no good file bad', async () => {
		const setup = await pulled();
		const sums = readdirSync(path.join(setup.state, 'checksums', 'models--org--model'));
		for (const name of sums) flip(path.join(setup.state, 'checksums', 'models--org--model', name), 8192 + 4);
		expect((await verify(setup)).end).toMatchObject({damaged: 0, unknown: 0});
	});

	test('a link whose blob is gone is a missing file, of a split model too', async () => {
		const parts = {'m-00001-of-00002.gguf': seeded(1, 6000), 'm-00002-of-00002.gguf': seeded(2, 6000)};
		const setup = await pulled({}, parts);
		rmSync(blobOf(setup, 'm-00002-of-00002.gguf'));
		const {files: found, end} = await verify(setup);
		expect(found['m-00001-of-00002.gguf']?.state).toBe('good');
		expect(found['m-00002-of-00002.gguf']?.state).toBe('missing');
		expect(end).toMatchObject({files: 2, damaged: 1});
	});

	test('small files are checked by the hash that git gives them', async () => {
		const setup = await pulled({}, {'config.json': Buffer.from('{}'), 'model.safetensors': seeded(1, 9000)});
		const config = readdirSync(cacheOf(setup).blobs).find(name => name.length === 40);
		expect((await verify(setup)).files['config.json']?.state).toBe('good');
		writeFileSync(path.join(cacheOf(setup).blobs, config ?? ''), '[]');
		expect((await verify(setup)).files['config.json']?.state).toBe('damaged');
	});

	test('a repository of a name that the Hub has no more is checked like any other', async () => {
		const setup = await pulled({}, {'m-Q8_0.gguf': seeded(1, 6000)});
		renameSync(cacheOf(setup).root, path.join(setup.cache, 'models--gpt2'));
		expect((await verify(setup)).files['m-Q8_0.gguf']?.state).toBe('good');
		const blobs = path.join(setup.cache, 'models--gpt2', 'blobs');
		for (const blob of readdirSync(blobs)) flip(path.join(blobs, blob), 3);
		const {files: found, end} = await verify(setup, {hub: setup.hub});
		expect(found['m-Q8_0.gguf']).toMatchObject({state: 'damaged', failure: {code: expect.any(String)}});
		expect(end).toMatchObject({damaged: 1, repaired: 0});
	});

	test('a file whose hash nobody knows is never called good', async () => {
		const setup = await pulled();
		const shown = path.join(cacheOf(setup).snapshot, large);
		const content = readFileSync(shown);
		rmSync(shown);
		writeFileSync(shown, content);
		const {files: found, end} = await verify(setup);
		expect(found[large]).toMatchObject({state: 'unknown', bytes: largeBytes, ranges: []});
		expect(end).toMatchObject({damaged: 0, unknown: 1});
	});

	test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
		'a file that may not be read is unknown, with the reason',
		async () => {
			const setup = await pulled();
			chmodSync(blobOf(setup, large), 0);
			expect((await verify(setup)).files[large]).toMatchObject({state: 'unknown', failure: {code: 'file-error'}});
		},
	);

	test.skipIf(process.platform === 'win32')('a pipe in the place of a blob keeps nobody waiting', async () => {
		const setup = await pulled();
		const blob = blobOf(setup, large);
		rmSync(blob);
		await new Promise(resolve => spawn('mkfifo', [blob]).on('close', resolve));
		const {name, commit, repository, ...model} = (await cachedModels(setup.cache, null))[0] ?? never();
		const file = {role: 'weights', file: large, path: blob, bytes: 1, hash: path.basename(blob)};
		const models = [{name, commit, repository, ...model, files: [file]}];
		expect((await verify(setup, {models})).files[large]).toMatchObject({
			state: 'unknown',
			failure: {code: 'file-error'},
		});
	});

	test('a file that several models share is read once and told for each', async () => {
		const setup = await pulled();
		const [first] = await cachedModels(setup.cache, {repository: 'org/model', revision: null, variant: 'Q8_0'});
		const models = [first ?? never(), {...(first ?? never()), name: 'another'}];
		flip(blobOf(setup, large), 9 * megabyte);
		const {events, end} = await verify(setup, {models, hub: setup.hub});
		expect(events.filter(event => event.type === 'verify-file').map(({model, state}) => [model, state])).toEqual([
			['org/model:Q8_0', 'repaired'],
			['another', 'repaired'],
		]);
		expect(end).toMatchObject({files: 2, damaged: 2, repaired: 2});
		// Read again, it would be good the second time.
		expect(setup.sent()).toBeLessThanOrEqual(partBytes);
	});

	test('progress is told at a bounded rate', async () => {
		const setup = await pulled();
		const begun = performance.now();
		const {events} = await verify(setup);
		const told = events.filter(({type}) => type === 'verify-progress');
		expect(told.length).toBeGreaterThan(0);
		expect(told.length).toBeLessThanOrEqual(2 + (performance.now() - begun) / 200);
	});

	test('a check that is not wanted any more ends at once', async () => {
		const setup = await pulled();
		const models = await cachedModels(setup.cache, {repository: 'org/model', revision: null, variant: 'Q8_0'});
		const {cache, state} = setup;
		const leaving = new AbortController();
		const seen: VerifyEvent[] = [];
		const check = async (): Promise<void> => {
			for await (const event of verifyFiles({hub: null, cache, state, models, signal: leaving.signal})) {
				seen.push(event);
				leaving.abort();
			}
		};
		await expect(check()).rejects.toMatchObject({code: 'cancelled'});
		expect(seen.map(({type}) => type)).toEqual(['verify-progress']);
		const signal = new AbortController().signal;
		for await (const event of verifyFiles({hub: null, cache, state, models, signal})) {
			expect(event).toMatchObject({type: 'verify-progress', totalBytes: largeBytes});
			break;
		}
	});
});

describe('repairing', () => {
	test('fetches the damaged part and nothing else', async () => {
		const setup = await pulled();
		flip(blobOf(setup, large), 17 * megabyte);
		const asked = setup.server.requests.length;
		const {files: found, end} = await verify(setup, {hub: setup.hub});
		expect(found[large]).toMatchObject({
			state: 'repaired',
			bytes: largeBytes,
			ranges: [{from: 4 * partBytes, to: 5 * partBytes}],
		});
		expect(end).toMatchObject({damaged: 1, repaired: 1});
		expect(setup.sent()).toBe(partBytes);
		const ranges = setup.server.requests.slice(asked).filter(({host, method}) => host === 'cdn' && method === 'GET');
		expect(ranges.map(({range}) => range)).toEqual([`bytes=${4 * partBytes}-${5 * partBytes - 1}`]);
		setup.expectRight();
		expect(leftovers(setup)).toEqual([]);
		expect((await verify(setup)).end).toMatchObject({damaged: 0});
		// What was repaired can be repaired again.
		flip(blobOf(setup, large), 1);
		expect((await verify(setup, {hub: setup.hub})).end).toMatchObject({damaged: 1, repaired: 1});
		expect(setup.sent()).toBe(2 * partBytes);
	});

	test('a file that ends too soon gets its end, one that goes on loses it, without a byte too many', async () => {
		const setup = await pulled();
		truncateSync(blobOf(setup, large), 21 * megabyte);
		expect((await verify(setup, {hub: setup.hub})).files[large]?.state).toBe('repaired');
		expect(setup.sent()).toBe(largeBytes - 5 * partBytes);
		setup.expectRight();
		writeFileSync(blobOf(setup, large), 'more', {flag: 'a'});
		expect((await verify(setup, {hub: setup.hub})).files[large]?.state).toBe('repaired');
		expect(setup.sent()).toBe(largeBytes - 5 * partBytes);
		setup.expectRight();
		expect(statSync(blobOf(setup, large)).size).toBe(largeBytes);
	});

	test('without checksums the whole file is fetched', async () => {
		const setup = await pulled();
		rmSync(path.join(setup.state, 'checksums'), {recursive: true});
		flip(blobOf(setup, large), 17 * megabyte);
		expect((await verify(setup, {hub: setup.hub})).files[large]?.state).toBe('repaired');
		expect(setup.sent()).toBe(largeBytes);
		setup.expectRight();
	});

	test('what is missing is fetched', async () => {
		const setup = await pulled();
		rmSync(blobOf(setup, 'small-Q4_0.gguf'));
		const {files: found} = await verify(setup, {hub: setup.hub});
		expect(found['small-Q4_0.gguf']).toMatchObject({state: 'repaired', bytes: 6000});
		expect(setup.sent()).toBe(6000);
		setup.expectRight();
	});

	test('a blob that nobody may write to is repaired too', async () => {
		const setup = await pulled();
		flip(blobOf(setup, large), 17 * megabyte);
		chmodSync(blobOf(setup, large), 0o444);
		expect((await verify(setup, {hub: setup.hub})).end).toMatchObject({damaged: 1, repaired: 1});
		setup.expectRight();
	});

	test('where the Hub has other content the damage stays as it is, and others are repaired', async () => {
		const setup = await pulled();
		const blob = blobOf(setup, large);
		flip(blob, 17 * megabyte);
		flip(blobOf(setup, 'small-Q4_0.gguf'), 100);
		const damaged = readFileSync(blob);
		const {commit} = setup.variant;
		setup.server.push({...setup.repository, commit, files: {...files, [large]: {seed: 12, bytes: largeBytes}}});
		const {files: found, end} = await verify(setup, {hub: setup.hub});
		expect(found[large]).toMatchObject({state: 'damaged', failure: {code: 'content-mismatch', data: {file: large}}});
		expect(found['small-Q4_0.gguf']?.state).toBe('repaired');
		expect(end).toMatchObject({damaged: 2, repaired: 1});
		expect(readFileSync(blob).equals(damaged)).toBe(true);
		expect(leftovers(setup)).toEqual([]);
		expect(setup.sent()).toBe(6000);
	});

	test('a repair that was stopped goes on where it stopped, and until its end the damaged file stays as it is', async () => {
		let stalls = false;
		const setup = await pulled({
			fault: ({host, method}) =>
				stalls && host === 'cdn' && method === 'GET' ? {do: 'stall', after: megabyte} : undefined,
		});
		const blob = blobOf(setup, large);
		const whole = readFileSync(blob);
		flip(blob, 0, 17 * megabyte, 30 * megabyte);
		const damaged = readFileSync(blob);
		const [missing, about] = [3 * partBytes, {etag: path.basename(blob), bytes: largeBytes}];
		const arrived = async (): Promise<number> => (await partialBytes(blob, about)) - (largeBytes - missing);
		const models = await cachedModels(setup.cache, {repository: 'org/model', revision: null, variant: 'Q8_0'});
		const {cache, state, hub} = setup;
		const stopping = new AbortController();
		const first = async (): Promise<void> => {
			for await (const event of verifyFiles({hub, cache, state, models, signal: stopping.signal}))
				if (event.type === 'verify-progress' && (await arrived()) > 0) stopping.abort();
		};
		stalls = true;
		await expect(first()).rejects.toMatchObject({code: 'cancelled'});
		stalls = false;
		expect(readFileSync(blob).equals(damaged)).toBe(true);
		const here = await arrived();
		expect(here).toBeGreaterThan(0);
		const before = setup.sent();
		expect((await verify(setup, {hub})).end).toMatchObject({damaged: 1, repaired: 1});
		expect(setup.sent() - before).toBe(missing - here);
		expect(readFileSync(blob).equals(whole)).toBe(true);
		expect(leftovers(setup)).toEqual([]);
	});

	test('who repairs the same file at the same time is waited for', async () => {
		const setup = await pulled();
		flip(blobOf(setup, large), 17 * megabyte);
		const both = await Promise.all([verify(setup, {hub: setup.hub}), verify(setup, {hub: setup.hub})]);
		expect(both.map(({end}) => end)).toMatchObject([
			{damaged: 1, repaired: 1},
			{damaged: 1, repaired: 1},
		]);
		expect(setup.sent()).toBe(partBytes);
		setup.expectRight();
	});

	test('waiting for another process ends when it is not wanted any more', async () => {
		const setup = await pulled();
		const blob = blobOf(setup, large);
		flip(blob, 17 * megabyte);
		const locks = path.join(setup.cache, '.locks', 'models--org--model');
		mkdirSync(locks, {recursive: true});
		const lock = takePidLock(path.join(locks, `${path.basename(blob)}.mofa-lock`));
		const leaving = new AbortController();
		const repairing = verify(setup, {hub: setup.hub, signal: leaving.signal});
		const asked = (): boolean =>
			setup.server.requests.at(-1)?.method === 'HEAD' && setup.server.requests.at(-1)?.file === large;
		// The file is read to its end before.
		await expect.poll(asked, {timeout: 20_000}).toBe(true);
		leaving.abort();
		await expect(repairing).rejects.toMatchObject({code: 'cancelled'});
		if ('release' in lock) lock.release();
	});

	test('without a way to the Hub one file is tried, and the others only checked', async () => {
		const setup = await pulled();
		flip(blobOf(setup, large), 17 * megabyte);
		flip(blobOf(setup, 'small-Q4_0.gguf'), 100);
		const asked: string[] = [];
		const locate: typeof setup.hub.locate = async (repository, commit, file, signal) => {
			asked.push(file);
			const found = await setup.hub.locate(repository, commit, file, signal);
			return Promise.reject(Object.assign(new Error(found.file), offline));
		};
		const {files: found, end} = await verify(setup, {hub: {...setup.hub, locate}});
		expect(asked).toHaveLength(1);
		expect(Object.values(found).map(({state, failure}) => [state, failure?.code])).toEqual([
			['damaged', 'offline'],
			['damaged', 'offline'],
		]);
		expect(end).toMatchObject({damaged: 2, repaired: 0});
	});

	test('what did not come from the Hub is told as damaged, and nobody is asked for it', async () => {
		const setup = await pulled();
		const blob = blobOf(setup, large);
		flip(blob, 1);
		const file = {role: 'weights', file: large, path: blob, bytes: 1, hash: path.basename(blob)};
		const models = [{name: 'ollama/m:latest', repository: null, commit: null, files: [file]}];
		const asked = setup.server.requests.length;
		const {files: found} = await verify(setup, {hub: setup.hub, models});
		expect(found[large]).toMatchObject({state: 'damaged', failure: {code: 'file-error'}});
		expect(setup.server.requests).toHaveLength(asked);
	});
});

const offline = {
	isMofaError: true,
	code: 'offline',
	data: {wanted: 'a file', setting: 'HF_HUB_OFFLINE'},
	toWire: () => ({code: 'offline', data: {wanted: 'a file', setting: 'HF_HUB_OFFLINE'}}),
};

function never(): never {
	throw new Error('there is no model');
}
