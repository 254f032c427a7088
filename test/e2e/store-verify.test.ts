import {readdirSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {VerifyEvent} from '../../src/contract/store.ts';
import {seeded, type HubRepository} from '../fixtures/hub/repository.ts';
import {startHub, type HubServer} from '../fixtures/hub/start-hub.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {tinyLlama, writeGguf} from '../helpers/gguf.ts';
import {guidePresent, newUser, patience, type Outcome, type User} from '../helpers/user.ts';

const name = 'someone/Large-GGUF';
const file = 'Large-F32.gguf';
const content = largeGguf();
const part = 2 ** 22;
const large: HubRepository = {name, files: {[file]: content}, pipelineTag: 'text-generation', tags: ['gguf']};

function largeGguf(): Buffer {
	const made = writeGguf({
		...tinyLlama,
		tensors: [...tinyLlama.tensors, {name: 'blk.0.ffn_up.weight', shape: [1024, 6144]}],
	});
	seeded(7, made.length - 8192).copy(made, 8192);
	return made;
}

interface Place {
	readonly hub: HubServer;
	readonly user: User;
	/** Where the model is stored. */
	readonly blob: string;
}

async function pulled(): Promise<Place> {
	const hub = await startHub({repositories: [large]});
	onTestFinished(() => hub.close());
	const user = newUser({HF_ENDPOINT: hub.endpoint, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', LANG: 'C.UTF-8'});
	user.env['HF_HOME'] = user.file('hf');
	expect(await user.run(['pull', name])).toMatchObject({code: 0});
	const snapshots = path.join(user.env['HF_HUB_CACHE'] ?? '', 'models--someone--Large-GGUF', 'snapshots');
	const [commit = ''] = readdirSync(snapshots);
	return {hub, user, blob: realpathSync(path.join(snapshots, commit, file))};
}

function damage(blob: string, from: number, to: number): void {
	const damaged = readFileSync(blob);
	for (let at = from; at < to; at += 1) damaged[at] = (damaged[at] ?? 0) ^ 0xff;
	writeFileSync(blob, damaged);
}

const validate = new Ajv2020({strict: false, validateFormats: false, allErrors: true}).compile(
	JSON.parse(readFileSync(path.join(repositoryRoot, 'registry/schema/verify.json'), 'utf8')) as object,
);

function eventsOf({out}: Outcome): readonly VerifyEvent[] {
	const events = out
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line) as VerifyEvent);
	for (const event of events) {
		validate(event);
		expect(validate.errors).toBeNull();
	}
	return events;
}

describe.skipIf(!guidePresent)('mofa verify', patience, () => {
	test('damage is found to the part, only that part is fetched again, and then all is good', async () => {
		const {hub, user, blob} = await pulled();
		const good = await user.run(['verify']);
		expect(good).toMatchObject({code: 0, out: expect.stringContaining('all good'), err: ''});
		damage(blob, 9_000_000, 9_000_100);

		const found = await user.run(['verify', name]);
		expect(found).toMatchObject({code: 1, out: `${name}:F32: ${file}: damaged (4.2 MB of it)\n`});
		expect(found.err).toContain('→ mofa verify --repair');
		const json = await user.run(['verify', name, '--json']);
		expect(json).toMatchObject({code: 1, err: ''});
		expect(eventsOf(json)).toContainEqual({
			type: 'verify-file',
			model: `${name}:F32`,
			file,
			bytes: content.length,
			state: 'damaged',
			ranges: [{from: 2 * part, to: 3 * part}],
		});

		const sent = hub.sentBytes();
		const repaired = await user.run(['verify', name, '--repair', '--json']);
		expect(repaired).toMatchObject({code: 0, err: ''});
		const events = eventsOf(repaired);
		expect(events.at(-1)).toEqual({type: 'verify-end', files: 1, damaged: 1, repaired: 1, unknown: 0});
		expect(hub.sentBytes() - sent).toBe(part);
		expect(readFileSync(blob).equals(content)).toBe(true);

		expect(await user.run(['verify'])).toMatchObject({code: 0, err: ''});
		const left = readdirSync(path.dirname(blob));
		expect(left).toEqual([path.basename(blob)]);
	});

	test('a model whose header is damaged cannot be opened, and is repaired all the same', async () => {
		const {user, blob} = await pulled();
		damage(blob, 0, 64);
		expect(await user.run(['show', name])).not.toMatchObject({code: 0});
		expect(await user.run(['verify'])).toMatchObject({code: 1, out: expect.stringContaining('damaged')});
		expect(await user.run(['verify', name, '--repair'])).toMatchObject({
			code: 0,
			out: expect.stringContaining('1 file checked, 1 repaired'),
		});
		expect(await user.run(['show', name])).toMatchObject({code: 0});
	});

	test('a model whose file is gone is missing, and comes back', async () => {
		const {user, blob} = await pulled();
		rmSync(blob);
		expect(await user.run(['verify', `${name}:F32`])).toMatchObject({
			code: 1,
			out: `${name}:F32: ${file}: missing\n`,
		});
		expect(await user.run(['verify', '--repair'])).toMatchObject({code: 0});
		expect(readFileSync(blob).equals(content)).toBe(true);
		expect((await user.run(['list'])).out).toContain(`${name}:F32`);
	});

	test('what the Hub has no more stays damaged, with the reason', async () => {
		const {hub, user, blob} = await pulled();
		damage(blob, 9_000_000, 9_000_100);
		const changed = Buffer.from(content);
		changed.fill(3, changed.length - 1000);
		hub.push({...large, commit: hub.commitOf(name), files: {[file]: changed}});
		const {code, out, err} = await user.run(['verify', '--repair']);
		expect(code).toBe(1);
		expect(out).toContain(`${file}: damaged`);
		expect(err).toContain(`${file} is not what the Hub announced`);
		expect(err).toContain('other content by that name');
	});

	test('a file whose hash nobody knows is not called good', async () => {
		const {user} = await pulled();
		const mine = user.file('mine.gguf');
		writeFileSync(mine, content);
		const {code, out, err} = await user.run(['verify', mine]);
		expect(code).toBe(0);
		expect(out).toContain('no hash is known');
		expect(out).not.toContain('good');
		expect(err).toContain('compare others with what their author publishes');
	});

	test('a name that is not here is exit code 3', async () => {
		const {user} = await pulled();
		expect(await user.run(['verify', 'someone/Nothing'])).toMatchObject({code: 3, out: ''});
	});
});
