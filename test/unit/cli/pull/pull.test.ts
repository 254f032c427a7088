import {describe, expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import type {PullAsk, PullEvent} from '../../../../src/contract/store.ts';
import {
	fakeOutdated,
	fakeStore,
	fakeVariant,
	pulledModel,
	pullsOneFile,
	pullStart,
} from '../../../helpers/fake-store.ts';
import {runCli} from '../../../helpers/run-cli.ts';

const unfit = new MofaError('does-not-fit', {model: 'big', needs: {ram: 40e9}, has: {ram: 8e9}, passedOver: []});
const file = 'Qwen3-8B-Q4_K_M.gguf';

/** Refuses once what does not fit, as the store does. */
async function* pullsBig(ask: PullAsk): AsyncGenerator<PullEvent> {
	if (!ask.evenIfUnfit) throw unfit;
	const fit = fakeVariant({verdict: 'does-not-fit', because: 'it needs 40 GB of ram and 8.0 GB can be had'});
	for await (const event of pullsOneFile(ask)) yield event.type === 'pull-start' ? {...event, fit} : event;
}

test('a pull says what comes, what came, and what to type next', async () => {
	const {code, out, err, store} = await runCli(['pull', 'qwen3']);
	expect(code).toBe(0);
	expect(out).toBe('pulled qwen3:8b, 4.9 GB: mofa run qwen3\n');
	expect(err.split('\n')).toEqual([
		'pulling qwen3:8b (Q4_K_M) from Qwen/Qwen3-8B-GGUF: 4.9 GB',
		'it fits on this machine: it takes 6.1 GB of ram',
		`✓ ${file}  4.9 GB`,
		'',
	]);
	expect(store.calls).toEqual(['pull qwen3', 'dispose']);
});

test('a terminal gets its lines redrawn in place and left clean', async () => {
	const {out, err} = await runCli(['pull', 'qwen3'], {isTerminal: true, env: {LANG: 'C.UTF-8'}});
	expect(out).toBe('pulled qwen3:8b, 4.9 GB: mofa run qwen3\n');
	expect(err).toContain(`✓ ${file}`);
	expect(err.endsWith('\u001B[J')).toBe(true);
});

test('a dumb terminal is told as a log is', async () => {
	const {err} = await runCli(['pull', 'qwen3'], {isTerminal: true, env: {TERM: 'dumb'}});
	expect(err).not.toContain('\u001B');
	expect(err).toContain('pulling qwen3:8b');
});

test('--quiet says nothing at all, unless something fails', async () => {
	expect(await runCli(['pull', 'qwen3', '--quiet'])).toMatchObject({code: 0, out: '', err: ''});
	expect((await runCli(['pull', 'missing', '-q'])).err).toContain('error:');
});

test('--json prints each event as one line and nothing beside it', async () => {
	const {code, out, err} = await runCli(['pull', 'qwen3', '--json'], {isTerminal: true, input: null});
	expect({code, err}).toEqual({code: 0, err: ''});
	const lines = out.trimEnd().split('\n');
	expect(lines.map(line => (JSON.parse(line) as {type: string}).type)).toEqual([
		'pull-start',
		'file-progress',
		'file-end',
		'pull-end',
	]);
});

test('a repository is run by the name of the build that came', async () => {
	expect((await runCli(['pull', 'https://huggingface.co/Qwen/Qwen3-8B-GGUF'])).out).toContain(': mofa run qwen3:8b\n');
});

test('a model that is here already is told so', async () => {
	const store = fakeStore({
		async *pull() {
			yield pullStart({presentBytes: 4_900_000_000});
			yield {type: 'file-end', file, bytes: 4_900_000_000, source: 'present'};
			yield {type: 'pull-end', model: pulledModel};
		},
	});
	const {out, err} = await runCli(['pull', 'qwen3'], {store});
	expect({out, err}).toEqual({out: 'qwen3:8b is here already: mofa run qwen3\n', err: ''});
});

test('what cannot be run with a prompt is shown instead', async () => {
	const store = fakeStore({
		async *pull() {
			yield pullStart();
			yield {type: 'file-end', file, bytes: 4_900_000_000, source: 'downloaded'};
			yield {type: 'pull-end', model: {...pulledModel, name: 'bge-m3', tasks: ['embedding']}};
		},
	});
	expect((await runCli(['pull', 'bge-m3'], {store})).out).toContain('mofa show bge-m3');
});

test('one that fails does not keep the next from coming, and decides on the exit code', async () => {
	const {code, out, err, store} = await runCli(['pull', 'missing', 'qwen3', 'missing']);
	expect(code).toBe(3);
	expect(out).toContain('pulled qwen3:8b');
	expect(err).toContain('no model called "missing" is known');
	expect(err).toContain('did you mean qwen3?');
	expect(store.calls).toEqual(['pull missing', 'pull qwen3', 'pull missing', 'dispose']);
});

test('behind --json a failure is a line too', async () => {
	const {code, out} = await runCli(['pull', 'missing', 'qwen3', '--json']);
	expect(code).toBe(3);
	expect(JSON.parse(out.split('\n')[0] ?? '')).toEqual({
		type: 'failure',
		model: 'missing',
		failure: {code: 'model-not-found', data: {model: 'missing', similar: ['qwen3']}},
	});
});

test.each([
	[
		'gated',
		new MofaError('gated', {repository: 'org/a', page: 'https://hub/org/a', signedIn: false}),
		6,
		'https://hub/org/a',
	],
	['offline', new MofaError('offline', {wanted: 'org/a', setting: 'HF_HUB_OFFLINE'}), 5, 'unset HF_HUB_OFFLINE'],
	['a full disk', new MofaError('disk-full', {path: '/cache', needs: 5e9, free: 1e9}), 4, 'mofa prune'],
	['an unknown repository', new MofaError('model-not-found', {model: 'org/a', similar: []}), 3, 'mofa search a'],
	[
		'the name of a hosted model',
		new MofaError('invalid-request', {path: 'model', expected: 'a model that can be fetched'}),
		2,
		'"org/a" cannot be downloaded: it should be a model that can be fetched',
	],
	[
		'a wrong hash',
		new MofaError('content-mismatch', {file: 'a', expected: 'x', found: 'y'}),
		5,
		'what is good is kept',
	],
])('%s ends with its own exit code and the next step', async (_, failure, code, said) => {
	const store = fakeStore({
		async *pull(ask) {
			if (ask.model === 'org/a') throw failure;
			yield pullStart();
		},
	});
	const result = await runCli(['pull', 'org/a'], {store});
	expect(result.code).toBe(code);
	expect(result.out).toBe('');
	expect(result.err).toContain(said);
});

describe('what does not fit', () => {
	test('is not downloaded by a script, which is told how to', async () => {
		const {code, err, store} = await runCli(['pull', 'big'], {store: fakeStore({pull: pullsBig})});
		expect(code).toBe(4);
		expect(err).toContain('40 GB of ram');
		expect(err).toContain('mofa pull big --yes');
		expect(store.calls).toEqual(['pull big', 'dispose']);
	});

	test('is downloaded with --yes after a warning', async () => {
		const {code, err, store} = await runCli(['pull', 'big', '--yes'], {store: fakeStore({pull: pullsBig})});
		expect(code).toBe(0);
		expect(err).toContain('warning: it does not fit on this machine: it needs 40 GB');
		expect(store.calls).toEqual(['pull big even if unfit', 'dispose']);
	});

	test('is asked about on a terminal, and no is no', async () => {
		const options = {isTerminal: true, input: null, store: fakeStore({pull: pullsBig})} as const;
		const no = await runCli(['pull', 'big'], {...options, typed: ['']});
		expect(no.terminal.questions).toEqual(['Download big all the same? [y/N] ']);
		expect(no.code).toBe(4);
		expect(no.err).toContain('big was not downloaded');
		const yes = await runCli(['pull', 'big'], {...options, store: fakeStore({pull: pullsBig}), typed: ['y']});
		expect(yes.code).toBe(0);
		expect(yes.store.calls).toEqual(['pull big', 'pull big even if unfit', 'dispose']);
	});
});

test('Ctrl-C ends with 130, says what is here and how to go on, and starts nothing more', async () => {
	const controller = new AbortController();
	const store = fakeStore({
		async *pull({signal}) {
			yield pullStart();
			yield {type: 'file-progress', file, bytes: 1.2e9, totalBytes: 4.9e9, bytesPerSecond: 5e7};
			controller.abort();
			signal.throwIfAborted();
		},
	});
	const {code, out, err} = await runCli(['pull', 'qwen3', 'org/b'], {store, signal: controller.signal});
	expect({code, out}).toEqual({code: 130, out: ''});
	expect(err).toContain('stopped: 1.2 GB of 4.9 GB are here; mofa pull qwen3 org/b goes on where it stopped\n');
	expect(store.calls).toEqual(['pull qwen3', 'dispose']);
});

test('a pull that just ends when it is aborted counts as stopped', async () => {
	const controller = new AbortController();
	const store = fakeStore({
		async *pull() {
			controller.abort();
			yield pullStart();
		},
	});
	expect((await runCli(['pull', 'qwen3'], {store, signal: controller.signal})).code).toBe(130);
});

test('a log hears of each problem once', async () => {
	const retry: PullEvent = {type: 'file-retry', file, problem: 'the connection was cut', waitMs: 2000};
	const store = fakeStore({
		async *pull(ask) {
			yield pullStart();
			yield retry;
			yield retry;
			yield* pullsOneFile(ask);
		},
	});
	const {err} = await runCli(['pull', 'qwen3'], {store});
	expect(err.match(/the connection was cut; trying again in 2s/g)).toHaveLength(1);
});

test('a path needs no download', async () => {
	const {code, err, store} = await runCli(['pull', './model.gguf']);
	expect(code).toBe(2);
	expect(err).toContain('mofa run ./model.gguf');
	expect(store.calls).toEqual([]);
});

test('a reader who has seen enough of the JSON ends the pull in silence', async () => {
	const {code, err} = await runCli(['pull', 'qwen3', 'qwen3', '--json'], {stdoutLimit: 10});
	expect({code, err}).toEqual({code: 141, err: ''});
});

describe('upgrade', () => {
	test('pulls what is outdated', async () => {
		const {code, out, store} = await runCli(['upgrade', '--yes']);
		expect(code).toBe(0);
		expect(out).toContain('pulled qwen3:8b');
		expect(store.calls).toEqual(['outdated all', 'pull qwen3:8b even if unfit', 'dispose']);
	});

	test('asks on a terminal, and no is no', async () => {
		const {code, terminal, store} = await runCli(['upgrade', 'qwen3:8b'], {
			isTerminal: true,
			input: null,
			typed: ['n'],
		});
		expect(terminal.questions).toEqual(['Download 4.9 GB? [Y/n] ']);
		expect(code).toBe(1);
		expect(store.calls).toEqual(['outdated qwen3:8b', 'dispose']);
	});

	test('has nothing to do when nothing is outdated', async () => {
		const {code, err} = await runCli(['upgrade'], {store: fakeStore({outdated: []})});
		expect({code, err}).toEqual({code: 0, err: 'every model has its newest version\n'});
	});

	test('asks nothing where only links change', async () => {
		const store = fakeStore({outdated: [fakeOutdated({filesChanged: false, downloadBytes: 0})]});
		const {code, terminal} = await runCli(['upgrade'], {store, isTerminal: true, input: null});
		expect(terminal.questions).toEqual([]);
		expect(code).toBe(0);
	});
});
