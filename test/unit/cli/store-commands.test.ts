import {describe, expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {
	fakeAdopt,
	fakeFit,
	fakeHit,
	fakeOutdated,
	fakePrune,
	fakeStore,
	fakeUsage,
	fakeVariant,
} from '../../helpers/fake-store.ts';
import {runCli} from '../../helpers/run-cli.ts';

const person = {isTerminal: true, input: null} as const;

describe('fit', () => {
	test('prints every variant, marks the chosen one, and says why', async () => {
		const {code, out, err} = await runCli(['fit', 'qwen3']);
		expect({code, err}).toEqual({code: 0, err: ''});
		expect(out).toBe(
			[
				'qwen3 from Qwen/Qwen3-8B-GGUF, qwen3, license apache-2.0, for 4096 tokens',
				'',
				'     VARIANT    FORMAT    DOWNLOAD    MEMORY           VERDICT           DEVICE',
				'→    Q4_K_M     gguf      4.9 GB      6.1 GB of ram    ✓ fits            cpu',
				'     Q8_0       gguf      8.7 GB      9.8 GB of ram    ✗ does not fit    -',
				'',
				'Q4_K_M is the first that fits',
				'Q8_0: it needs 9.8 GB of ram and 8 GB can be had',
				'models may take 8.0 GB of ram; 7.0 GB of ram of it is free now',
				'get it: mofa pull qwen3',
				'',
			].join('\n'),
		);
	});

	test('colours the verdicts on a terminal, and uses ASCII where that is all there is', async () => {
		const {out} = await runCli(['fit', 'qwen3'], {...person, color: true, env: {LANG: 'C', TERM: 'xterm'}});
		expect(out).toContain('\u001B[31mno does not fit\u001B[39m');
		expect(out).toContain('\u001B[32mok fits\u001B[39m');
		expect(out).not.toMatch(/[✓✗→]/);
	});

	test.each([
		[[fakeVariant({verdict: 'does-not-fit', chosen: false})], 4],
		[[fakeVariant({verdict: 'cannot-run', chosen: false})], 7],
		[[fakeVariant({verdict: 'cannot-run'}), fakeVariant({verdict: 'fits-after-eviction'})], 0],
		[[fakeVariant({verdict: 'unknown'})], 0],
	])('%j ends with %i, so that a script can ask before it pulls', async (variants, code) => {
		expect((await runCli(['fit', 'x'], {store: fakeStore({fit: fakeFit({variants})})})).code).toBe(code);
	});

	test('what is here needs no pull', async () => {
		const fit = fakeFit({model: 'guide', variants: [fakeVariant({downloadBytes: 0, presentBytes: 5})]});
		const {out} = await runCli(['fit', 'guide'], {store: fakeStore({fit})});
		expect(out).toContain('it is here: mofa show guide\n');
		expect(out).not.toContain('mofa pull');
	});

	test('offers a smaller model of the line when nothing fits', async () => {
		const fit = fakeFit({variants: [fakeVariant({verdict: 'does-not-fit', chosen: false})]});
		expect((await runCli(['fit', 'x'], {store: fakeStore({fit})})).out).toContain('mofa fit qwen3:4b');
	});

	test('passes on the context and the task', async () => {
		const {store} = await runCli(['fit', 'qwen3', '-c', '8k', '--task', 'chat']);
		expect(store.calls).toContain('fit qwen3 chat 8192');
		const wrong = await runCli(['fit', 'qwen3', '--context', 'long']);
		expect(wrong.code).toBe(2);
		expect(wrong.err).toContain('--context');
	});

	test('a name that nobody knows is searched for, not listed', async () => {
		const failure = new MofaError('model-not-found', {model: 'org/nothing_here:Q4', similar: []});
		const {code, err} = await runCli(['fit', 'org/nothing_here:Q4'], {store: fakeStore({fit: failure})});
		expect(code).toBe(3);
		expect(err).toContain('mofa search "nothing here"');
	});
});

describe('search', () => {
	test('prints what can be pulled, with a note for what is special', async () => {
		const hits = [
			fakeHit({gated: true, source: 'registry', sizes: ['0.6b', '8b']}),
			fakeHit({name: 'org/b', task: null, downloads: 12, runs: false}),
		];
		const {code, out, store} = await runCli(['search', 'qwen', 'coder', '--task', 'chat', '-n', '5'], {
			store: fakeStore({hits}),
		});
		expect(code).toBe(0);
		expect(store.calls).toContain('search qwen coder chat 5');
		expect(out).toMatch(/^Qwen\/Qwen3-8B-GGUF +chat +gguf +1\.2M +321 +\S.* ago +0\.6b, 8b; licence to accept first$/m);
		expect(out).toMatch(/^org\/b +- +gguf +12 .*does not run here$/m);
	});

	test('says so when nothing matches, and refuses a limit that is none', async () => {
		const none = await runCli(['search', 'x'], {store: fakeStore({hits: []})});
		expect(none).toMatchObject({code: 0, out: ''});
		expect(none.err).toContain('"x"');
		expect((await runCli(['search', 'x', '-n', '0'])).code).toBe(2);
	});
});

describe('outdated', () => {
	test('lists what has moved on, and what of it needs fetching', async () => {
		const outdated = [fakeOutdated(), fakeOutdated({model: 'org/b', filesChanged: false, downloadBytes: 0})];
		const {code, out, err} = await runCli(['outdated'], {store: fakeStore({outdated})});
		expect(code).toBe(0);
		expect(out).toMatch(/^qwen3:8b +aaaaaaa +bbbbbbb +4\.9 GB$/m);
		expect(out).toMatch(/^org\/b .*its files are the same$/m);
		expect(err).toContain('mofa upgrade');
	});

	test('takes names', async () => {
		const {store, err} = await runCli(['outdated', 'a', 'b'], {store: fakeStore({outdated: []})});
		expect(store.calls).toContain('outdated a b');
		expect(err).toBe('every model has its newest version\n');
	});
});

describe('verify', () => {
	test('says that all is good', async () => {
		expect(await runCli(['verify'])).toMatchObject({code: 0, out: '1 file checked, all good\n', err: ''});
	});

	test('names each damaged file, ends with 1, and says what mends it', async () => {
		const store = fakeStore({
			verify: [
				{type: 'verify-file', model: 'm', file: 'a.gguf', bytes: 100, state: 'damaged', ranges: [{from: 0, to: 2e6}]},
				{type: 'verify-file', model: 'm', file: 'b.json', bytes: 1, state: 'missing', ranges: []},
				{type: 'verify-end', files: 2, damaged: 2, repaired: 0, unknown: 0},
			],
		});
		const {code, out, err} = await runCli(['verify', 'm'], {store});
		expect(code).toBe(1);
		expect(out).toBe('m: a.gguf: damaged (2.0 MB of it)\nm: b.json: missing\n');
		expect(err).toContain('mofa verify --repair');
	});

	test('is content when all damage was repaired', async () => {
		const store = fakeStore({
			verify: [
				{type: 'verify-file', model: 'm', file: 'a.gguf', bytes: 100, state: 'repaired', ranges: []},
				{type: 'verify-end', files: 3, damaged: 1, repaired: 1, unknown: 1},
			],
		});
		const {code, out} = await runCli(['verify', '--repair'], {store});
		expect(code).toBe(0);
		expect(out).toContain('3 files checked, 1 repaired, 1 without a known hash');
		expect(store.calls).toContain('verify all repair');
	});
});

describe('du', () => {
	test('lists the largest first, and the sum beside the table', async () => {
		const usage = fakeUsage();
		const {code, out, err} = await runCli(['du'], {
			store: fakeStore({usage: {...usage, models: usage.models.toReversed()}}),
		});
		expect(code).toBe(0);
		expect(out).toMatch(/^SIZE .*\n4\.9 GB +Qwen\/Qwen3-8B-GGUF +2 .* ago\n1\.2 MB +org\/small +1 +-\n$/);
		expect(err).toContain(
			'6.1 GB in /home/someone/.cache/huggingface/hub, 1.2 GB of it unfinished downloads; 80 GB are free',
		);
		expect(err).toContain('mofa prune would free 1.3 GB');
	});
});

describe('prune', () => {
	test('--dry-run shows what would go and deletes nothing', async () => {
		const {code, out, err, store} = await runCli(['prune', '--dry-run']);
		expect(code).toBe(0);
		expect(out).toMatch(/^1\.2 GB +unfinished download +\/cache\/models--org--a\/blobs\/aa\.incomplete$/m);
		expect(err).toBe('1.3 GB in all\n');
		expect(store.calls).toEqual(['prune dry', 'dispose']);
	});

	test('asks, and deletes only after a yes', async () => {
		const no = await runCli(['prune'], {...person, typed: ['']});
		expect(no.terminal.questions).toEqual(['Delete all of it (1.3 GB)? [y/N] ']);
		expect(no).toMatchObject({code: 1});
		expect(no.store.calls).not.toContain('prune');
		const yes = await runCli(['prune'], {...person, typed: ['y']});
		expect(yes.code).toBe(0);
		expect(yes.out).toContain('freed 1.3 GB\n');
		expect(yes.store.calls).toContain('prune');
	});

	test('deletes nothing in a script without --yes', async () => {
		expect(await runCli(['prune'])).toMatchObject({code: 2, store: {calls: ['prune dry', 'dispose']}});
		expect((await runCli(['prune', '--yes'])).out).toBe('freed 1.3 GB\n');
	});

	test('asks nothing when there is nothing', async () => {
		const store = fakeStore({prune: fakePrune({removed: [], freedBytes: 0})});
		const {code, err, terminal} = await runCli(['prune'], {...person, store});
		expect({code, err, questions: terminal.questions}).toEqual({
			code: 0,
			err: 'there is nothing to delete\n',
			questions: [],
		});
	});
});

test('cp gives a second name, also by the name of an alias', async () => {
	for (const command of ['cp', 'alias']) {
		const {code, out, store} = await runCli([command, 'org/repo:Q4_K_M', 'writer', '--force']);
		expect({code, out}).toEqual({code: 0, out: 'writer is org/repo:Q4_K_M: mofa run writer\n'});
		expect(store.calls).toContain('alias org/repo:Q4_K_M writer force');
	}
});

describe('adopt', () => {
	test('lists what was linked and what was refused', async () => {
		const {code, out} = await runCli(['adopt']);
		expect(code).toBe(0);
		expect(out).toMatch(/^ollama\/llama3\.2:3b +2\.0 GB +ollama +linked$/m);
		expect(out).toMatch(/refused: it is no GGUF file$/m);
	});

	test('says so when there is nothing', async () => {
		const none = await runCli(['adopt'], {store: fakeStore({adopt: []})});
		expect(none).toMatchObject({code: 0, out: '', err: 'no other tool has models here\n'});
		expect((await runCli(['adopt', 'lmstudio'], {store: fakeStore({adopt: []})})).code).toBe(3);
		const empty = await runCli(['adopt'], {store: fakeStore({adopt: [fakeAdopt({models: []})]})});
		expect(empty.err).toContain('ollama has no models in /home/someone/.ollama/models');
	});

	test('makes the folder absolute, and wants to know whose it is', async () => {
		const {store} = await runCli(['adopt', 'ollama', '--from', 'here']);
		expect(store.calls[0]).toBe(`adopt ollama ${process.cwd()}/here`);
		expect((await runCli(['adopt', '--from', 'here'])).code).toBe(2);
		const slip = await runCli(['adopt', 'olama']);
		expect(slip.code).toBe(2);
		expect(slip.err).toContain('did you mean ollama?');
	});
});

test('no command of the store starts a daemon', async () => {
	for (const argv of [
		['pull', 'qwen3'],
		['fit', 'qwen3'],
		['search', 'x'],
		['du'],
		['outdated'],
		['verify'],
		['adopt'],
	])
		expect((await runCli(argv, {client: null})).connections).toEqual([]);
});
