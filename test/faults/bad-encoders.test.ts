import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {MofaError} from '../../src/contract/error.ts';
import {readGgufHeader} from '../../src/models/gguf/read-header.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {damaged, randomNumbers} from '../helpers/damaged.ts';
import {guidePresent, patience, User, type Daemon} from '../helpers/user.ts';

const fixture = (...names: readonly string[]): string => path.join(repositoryRoot, 'test/fixtures', ...names);

describe.skipIf(!guidePresent)('models that read texts, damaged', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User();
		daemon = await user.daemon();
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test.each([
		['bert.gguf', 71],
		['ranker.gguf', 1304],
	])('copies of %s whose headers are damaged are refused or still answer, and the daemon lives', async (name, seed) => {
		const random = randomNumbers(seed);
		const whole = readFileSync(fixture('gguf', name));
		const {dataOffset} = await readGgufHeader(fixture('gguf', name));
		const wrong: unknown[] = [];
		for (let index = 0; index < 12; index += 1) {
			const file = user.file(`${index}-${name}`);
			writeFileSync(file, damaged(whole, 4, index % 2 === 0 ? Math.min(1024, dataOffset) : dataOffset, random));
			const failure = await outcomeOf(file, name === 'bert.gguf');
			if (failure !== null && !expected.has(failure)) wrong.push({file, failure});
		}
		expect(wrong).toEqual([]);
		expect((await daemon.client.version()).pid).toBe(daemon.pid);
	});

	/** Null where it answers. */
	async function outcomeOf(model: string, makesVectors: boolean): Promise<string | null> {
		const {signal} = new AbortController();
		try {
			const events = makesVectors
				? daemon.client.run({model, task: 'embedding', request: {inputs: ['the cat', 'a']}, signal})
				: daemon.client.run({model, task: 'reranking', request: {query: 'where', documents: ['the cat', 'a']}, signal});
			for await (const event of events) if (event.type === 'warning') continue;
			return null;
		} catch (error) {
			return MofaError.is(error) ? error.code : String(error);
		} finally {
			await daemon.client.unload(model).catch(() => undefined);
		}
	}
});

/** What a person can be told of such a file; anything else is a fault of ours. */
const expected: ReadonlySet<string> = new Set([
	'model-invalid',
	'model-unsupported',
	'task-unsupported',
	'load-failed',
	'runner-failed',
	'does-not-fit',
	'internal',
	'invalid-request',
]);
