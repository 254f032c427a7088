import {expect, test} from 'vitest';
import type {VerifyEvent} from '../../../src/contract/store.ts';
import {fakeStore} from '../../helpers/fake-store.ts';
import {runCli} from '../../helpers/run-cli.ts';

type FileEvent = Extract<VerifyEvent, {type: 'verify-file'}>;

const fileOf = (changes: Partial<FileEvent>): FileEvent => ({
	type: 'verify-file',
	model: 'org/m:Q8_0',
	file: 'a.gguf',
	bytes: 100,
	state: 'good',
	ranges: [],
	...changes,
});

test('what could not be repaired is told with its reason, and ends with 1', async () => {
	const failure = {code: 'content-mismatch', data: {file: 'a.gguf', expected: 'the hash aa', found: 'bb'}} as const;
	const verify: readonly VerifyEvent[] = [
		fileOf({state: 'damaged', failure}),
		fileOf({file: 'b.gguf', state: 'repaired', ranges: [{from: 0, to: 4e6}]}),
		{type: 'verify-end', files: 2, damaged: 2, repaired: 1, unknown: 0},
	];
	const {code, out, err} = await runCli(['verify', '--repair'], {store: fakeStore({verify})});
	expect(code).toBe(1);
	expect(out).toBe('org/m:Q8_0: a.gguf: damaged\norg/m:Q8_0: b.gguf: repaired (4.0 MB of it)\n');
	expect(err).toContain('error: a.gguf is not what the Hub announced: expected the hash aa, found bb');
	expect(err).toContain('error: 2 files checked, 1 damaged or missing, 1 repaired');
});

test('a file without a known hash is no failure, and what would help is said', async () => {
	const verify: readonly VerifyEvent[] = [
		fileOf({state: 'unknown'}),
		{type: 'verify-end', files: 1, damaged: 0, repaired: 0, unknown: 1},
	];
	const {code, out, err} = await runCli(['verify', 'm.gguf'], {store: fakeStore({verify})});
	expect(code).toBe(0);
	expect(out).toBe('org/m:Q8_0: a.gguf: no hash is known\n1 file checked, 1 without a known hash\n');
	expect(err).toContain('→ files that mofa pull fetches have one');
});

test('a file that could not be read was not checked, which is a failure', async () => {
	const failure = {code: 'file-error', data: {path: '/hub/a.gguf', problem: 'EACCES: permission denied'}} as const;
	const verify: readonly VerifyEvent[] = [
		fileOf({state: 'unknown', failure}),
		{type: 'verify-end', files: 1, damaged: 0, repaired: 0, unknown: 1},
	];
	const {code, out, err} = await runCli(['verify'], {store: fakeStore({verify})});
	expect(code).toBe(1);
	expect(out).toBe('org/m:Q8_0: a.gguf: could not be read\n');
	expect(err).toContain('/hub/a.gguf');
	expect(err).not.toContain('--repair');
	expect((await runCli(['verify', '--json'], {store: fakeStore({verify})})).code).toBe(1);
});

test('--json prints the events and nothing else', async () => {
	const verify: readonly VerifyEvent[] = [
		{type: 'verify-progress', file: 'a.gguf', bytes: 1, totalBytes: 100},
		fileOf({state: 'missing'}),
		{type: 'verify-end', files: 1, damaged: 1, repaired: 0, unknown: 0},
	];
	const {code, out, err} = await runCli(['verify', '--json'], {store: fakeStore({verify})});
	expect({code, err}).toEqual({code: 1, err: ''});
	expect(
		out
			.trimEnd()
			.split('\n')
			.map(line => JSON.parse(line) as VerifyEvent),
	).toEqual(verify);
});
