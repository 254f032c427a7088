import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {Availability, Device} from '../../../src/contract/backend.ts';
import {Probes} from '../../../src/daemon/probes.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const device: Device = {platform: 'linux', arch: 'x64', pools: {ram: 1}, cores: 1, accelerators: []};
const good: Availability = {ok: true, version: 'b1', accelerator: 'cpu'};
const bad: Availability = {ok: false, reason: 'crashed', hint: 'install it again'};

/** A backend that counts how often it is asked. */
function backend(answers: readonly Availability[], from: string | null = 'runtime 1') {
	const probed = {count: 0};
	const probe = async (): Promise<Availability> => {
		probed.count += 1;
		return answers[Math.min(probed.count, answers.length) - 1] ?? bad;
	};
	return {probed, adapter: {backend: 'llama', probe, probedFrom: async () => from}};
}

const file = (): string => path.join(temporaryFolder(), 'probes.json');

test('a good answer is remembered from one start to the next', async () => {
	const {probed, adapter} = backend([good]);
	const where = file();
	expect(await new Probes(where).get(adapter, device)).toEqual(good);
	expect(await new Probes(where).get(adapter, device)).toEqual(good);
	expect(probed.count).toBe(1);
});

test('many that ask at once share one probe', async () => {
	const {probed, adapter} = backend([good]);
	const probes = new Probes(file());
	await Promise.all([probes.get(adapter, device), probes.get(adapter, device), probes.get(adapter, device)]);
	expect(probed.count).toBe(1);
});

test('another runtime is asked itself, and so is the same one a day later or in the future', async () => {
	const where = file();
	const noon = Date.parse('2026-01-01T12:00:00Z');
	await new Probes(where, () => noon).get(backend([good]).adapter, device);
	for (const [from, now] of [
		['runtime 2', noon],
		['runtime 1', noon + 25 * 3_600_000],
		['runtime 1', noon - 1],
	] as const) {
		const {probed, adapter} = backend([bad], from);
		expect(await new Probes(where, () => now).get(adapter, device)).toEqual(bad);
		expect(probed.count).toBe(1);
	}
});

test('a bad answer is not remembered', async () => {
	const {probed, adapter} = backend([bad, good]);
	const where = file();
	expect(await new Probes(where).get(adapter, device)).toEqual(bad);
	expect(await new Probes(where).get(adapter, device)).toEqual(good);
	expect(probed.count).toBe(2);
});

test('what a load proved wrong is forgotten, here and on disk', async () => {
	const {probed, adapter} = backend([good]);
	const where = file();
	const probes = new Probes(where);
	await probes.get(adapter, device);
	await probes.forget('llama');
	await probes.get(adapter, device);
	expect(probed.count).toBe(2);
	await probes.forget('llama');
	await new Probes(where).get(adapter, device);
	expect(probed.count).toBe(3);
});

test('a backend that cannot tell what its answer depends on is asked each time', async () => {
	const {probed, adapter} = backend([good], null);
	const probes = new Probes(file());
	await probes.get(adapter, device);
	await probes.get(adapter, device);
	expect(probed.count).toBe(2);
});

test.each(['', '[]', 'null', '{"llama": {"from": "runtime 1", "at": 0, "answer": {"ok": true}}}', '{"llama": 3}'])(
	'a file that holds %j is as good as none',
	async content => {
		const where = file();
		writeFileSync(where, content);
		const {probed, adapter} = backend([good]);
		expect(await new Probes(where).get(adapter, device)).toEqual(good);
		expect(probed.count).toBe(1);
	},
);
