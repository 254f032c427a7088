import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {closeSync, openSync, readdirSync, readFileSync, writeSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {PullEvent} from '../../src/contract/store.ts';
import {seeded} from '../fixtures/hub/repository.ts';
import {startHubProcess, type HubProcess} from '../fixtures/hub/start-hub-process.ts';
import {tinyLlama, writeGguf} from '../helpers/gguf.ts';
import {temporaryFolder} from '../helpers/temporary-folder.ts';
import {guidePresent, newUser, type Running, type User} from '../helpers/user.ts';

const megabyte = 1_000_000;
const rounds = 30;
const name = 'someone/Killed-GGUF';
const file = 'Killed-F32.gguf';

interface Place {
	readonly hub: HubProcess;
	readonly user: User;
	readonly bytes: number;
	readonly sha256: string;
}

describe.skipIf(!guidePresent)('a pull whose process is killed', {timeout: 300_000}, () => {
	test(`${rounds} times at random moments fetches hardly anything twice, and leaves nothing behind`, async () => {
		const {hub, user, bytes, sha256} = await open(200 * megabyte, 3 * megabyte);
		const random = randomNumbers(20261121);
		let present = 0;
		let killed = 0;
		for (let round = 0; round < rounds; round += 1) {
			const moment = present + random() * ((bytes - present) / (rounds - round)) * 1.5;
			const pull = user.start(['pull', name, '--json']);
			present = Math.max(present, await killedAt(pull, moment));
			if ((await pull.ended).signal === 'SIGKILL') killed += 1;
		}
		expect(killed).toBeGreaterThan(rounds / 2);
		expect(await user.run(['pull', name])).toMatchObject({code: 0});
		const {sentBytes} = await hub.statistics();
		expect(sentBytes / bytes).toBeLessThanOrEqual(1.1);
		expectWhole(user, sha256);
	});

	test('is gone on with by another one that waited for it', async () => {
		const {hub, user, bytes, sha256} = await open(40 * megabyte, 4 * megabyte);
		const first = user.start(['pull', name, '--json']);
		await reaches(first, 4 * megabyte);
		const second = user.start(['pull', name, '--json']);
		await reaches(second, 6 * megabyte);
		first.child.kill('SIGKILL');
		expect(await second.ended).toMatchObject({code: 0});
		expect((await hub.statistics()).sentBytes / bytes).toBeLessThanOrEqual(1.1);
		expectWhole(user, sha256);
	});
});

test.skipIf(!guidePresent)('two processes that pull the same file fetch it once', {timeout: 300_000}, async () => {
	const {hub, user, bytes, sha256} = await open(80 * megabyte, 12 * megabyte);
	const pulls = [user.start(['pull', name, '--json']), user.start(['pull', name, '--json'])];
	const outcomes = await Promise.all(pulls.map(({ended}) => ended));
	expect(outcomes.map(({code}) => code)).toEqual([0, 0]);
	const sources = outcomes.map(({out}) => /"type":"file-end".*"source":"(\w+)"/.exec(out)?.[1]);
	expect(sources.toSorted()).toEqual(['downloaded', 'shared']);
	expect((await hub.statistics()).sentBytes / bytes).toBeLessThanOrEqual(1.02);
	expectWhole(user, sha256);
});

/** A user without models, and a Hub of one model of so many bytes. */
async function open(bytes: number, bytesPerSecond: number): Promise<Place> {
	const content = path.join(temporaryFolder(), file);
	const sha256 = writeModel(content, bytes);
	const repository = {name, files: {[file]: {path: content}}, license: 'mit', tags: ['gguf']};
	const hub = await startHubProcess({repositories: [repository], bytesPerSecond});
	onTestFinished(() => hub.close());
	const user = newUser({HF_ENDPOINT: hub.endpoint, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1'});
	user.env['HF_HOME'] = user.file('hf');
	return {hub, user, bytes, sha256};
}

/** A header that can be read, and then noise: it is fetched and never loaded. */
function writeModel(at: string, bytes: number): string {
	const hash = createHash('sha256');
	const handle = openSync(at, 'w');
	const write = (piece: Buffer): void => {
		hash.update(piece);
		writeSync(handle, piece);
	};
	const header = writeGguf(tinyLlama);
	write(header);
	for (let left = bytes - header.length, seed = 1; left > 0; left -= megabyte, seed += 1)
		write(seeded(seed, Math.min(left, megabyte)));
	closeSync(handle);
	return hash.digest('hex');
}

/** Kills it when so many bytes are on the disk; how many were, as it said last. It may be done before. */
async function killedAt({child, ended}: Running, moment: number): Promise<number> {
	let last = 0;
	const watch = onBytes(child, bytes => {
		last = bytes;
		if (bytes >= moment) child.kill('SIGKILL');
	});
	await Promise.race([ended, once(child, 'exit')]);
	watch();
	return last;
}

/** Resolves when so many bytes are there. */
function reaches({child, ended}: Running, moment: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const stop = onBytes(child, bytes => {
			if (bytes < moment) return;
			stop();
			resolve();
		});
		ended.then(outcome => reject(new Error(`it ended before: ${JSON.stringify(outcome)}`)), reject);
	});
}

function onBytes(child: Running['child'], listener: (bytes: number) => void): () => void {
	let rest = '';
	const read = (chunk: Buffer): void => {
		const lines = (rest + String(chunk)).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) {
			const event = JSON.parse(line) as PullEvent;
			if (event.type === 'file-progress') listener(event.bytes);
			else if (event.type === 'pull-start') listener(event.presentBytes);
		}
	};
	child.stdout?.on('data', read);
	return () => child.stdout?.off('data', read);
}

/** The file is what it should be, and nothing else is in the repository but what belongs there. */
function expectWhole(user: User, sha256: string): void {
	const root = path.join(user.env['HF_HUB_CACHE'] ?? '', `models--${name.replace('/', '--')}`);
	expect(readdirSync(path.join(root, 'blobs'))).toEqual([sha256]);
	const content = readFileSync(path.join(root, 'blobs', sha256));
	expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
	const all = readdirSync(root, {recursive: true, encoding: 'utf8'});
	expect(all.filter(entry => /partial|tmp|parts$/.test(entry))).toEqual([]);
	const locks = path.join(path.dirname(root), '.locks', path.basename(root));
	expect(readdirSync(locks).filter(entry => !entry.endsWith('.mofa-lock'))).toEqual([]);
}

/** The same numbers from 0 to 1 in every run. */
function randomNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
