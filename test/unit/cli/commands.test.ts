import {mkdtempSync, readFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {beforeEach, expect, test, vi} from 'vitest';
import {packCost} from '../../../src/cli/size-text.ts';
import {fakeClient, fakeDevice, fakeModel, fakePack, fakeResident, type FakeClient} from '../../helpers/fake-client.ts';
import {runCli} from '../../helpers/run-cli.ts';

let home: string;
beforeEach(() => {
	home = mkdtempSync(path.join(os.tmpdir(), 'mofa-'));
	vi.stubEnv('MOFA_HOME', home);
});

test('list prints one row for each model, with its task and format', async () => {
	const {code, out, err} = await runCli(['list']);
	expect(code).toBe(0);
	expect(err).toBe('');
	expect(out).toBe(
		'NAME     SIZE      TASKS              FORMAT       MODIFIED    LAST USED\n' +
			'guide    7.6 MB    chat,completion    gguf Q8_0    built in    -\n',
	);
});

test('list takes a prefix, whatever its case', async () => {
	const client = fakeClient({models: [fakeModel(), fakeModel({name: 'Qwen/Qwen3'})]});
	const {out} = await runCli(['list', 'qwen'], {client});
	expect(out).toContain('Qwen/Qwen3');
	expect(out).not.toContain('guide');
});

test('list notes what is not complete, what other tools keep, and second names', async () => {
	const client = fakeClient({
		models: [
			fakeModel({lastUsedAt: new Date(Date.now() - 7_200_000).toISOString(), aliases: ['helper', 'h']}),
			fakeModel({name: 'org/part', state: 'partial', bytes: 4.9e9, presentBytes: 1.2e9, origin: 'huggingface'}),
			fakeModel({name: 'ollama/a', origin: 'ollama'}),
			fakeModel({name: 'ollama/b', origin: 'ollama', state: 'gone', presentBytes: 0}),
		],
	});
	const {out} = await runCli(['list'], {client});
	expect(out).toMatch(/LAST USED +NOTE$/m);
	expect(out).toMatch(/^guide .* 2 hours ago +also helper, h$/m);
	expect(out).toMatch(/^org\/part +1\.2 GB of 4\.9 GB .*not complete: mofa pull org\/part goes on$/m);
	expect(out).toMatch(/^ollama\/a .*of ollama$/m);
	expect(out).toMatch(/^ollama\/b .*deleted by ollama$/m);
	expect((await runCli(['list', 'help'], {client})).out).toContain('guide');
});

test('an empty list says what to do on stderr', async () => {
	const {code, out, err} = await runCli(['list'], {client: fakeClient({models: []})});
	expect({code, out}).toEqual({code: 0, out: ''});
	expect(err).toContain('mofa run ./model.gguf');
});

test('show tells what a model is and where it would run', async () => {
	const {code, out} = await runCli(['show', 'guide']);
	expect(code).toBe(0);
	expect(out).toContain('    parameters        7.1M\n');
	expect(out).toContain('    temperature    0.2\n');
	expect(out).toContain('  Runs as\n');
});

test('show tells where a model came from, and the hash of each file', async () => {
	const model = fakeModel({
		repository: 'org/repo',
		commit: 'c0ffee'.repeat(7).slice(0, 40),
		revision: 'main',
		origin: 'huggingface',
		aliases: ['helper'],
		lastUsedAt: new Date(Date.now() - 7_200_000).toISOString(),
		files: [
			{role: 'weights', path: '/m.gguf', bytes: 7_600_000, hash: 'a'.repeat(64)},
			{role: 'config', path: '/c.json', bytes: 12, hash: 'b'.repeat(40)},
			{role: 'other', path: '/o', bytes: 1, hash: null},
		],
	});
	const {out} = await runCli(['show', 'guide'], {client: fakeClient({models: [model]})});
	expect(out).toMatch(/^ +repository +org\/repo \(main, c0ffeec0ffee\)$/m);
	expect(out).toMatch(/^ +also called +helper$/m);
	expect(out).toMatch(/^ +last used +2 hours ago$/m);
	expect(out).toMatch(/^ +sha256 a{64}$/m);
	expect(out).toMatch(/^ +git b{40}$/m);
	const partial = fakeClient({models: [fakeModel({state: 'partial', presentBytes: 1e6})]});
	expect((await runCli(['show', 'guide'], {client: partial})).out).toContain('1.0 MB of 7.6 MB');
});

test('show --why tells only the choice, with what was passed over', async () => {
	const {out} = await runCli(['show', 'guide', '--why']);
	expect(out).not.toContain('parameters');
	expect(out).toContain('q8_0 with other    it knows no gguf');
});

test('show --template prints the template alone', async () => {
	expect((await runCli(['show', 'guide', '--template'])).out).toBe('{{ messages }}\n');
	const none = await runCli(['show', 'base', '--template'], {
		client: fakeClient({models: [fakeModel({name: 'base', template: null})]}),
	});
	expect(none.code).toBe(3);
	expect(none.out).toBe('');
});

test('a model that is not there ends with 3', async () => {
	const {code, err} = await runCli(['show', 'nothing']);
	expect(code).toBe(3);
	expect(err).toContain('no model called "nothing"');
});

test('ps lists what is in memory and until when', async () => {
	const expiresAt = new Date(Date.now() + 250_000).toISOString();
	const residents = [
		fakeResident(),
		fakeResident({name: 'big', pinned: false, expiresAt, accelerator: 'cuda:0', footprint: {ram: 4e9, 'cuda:0': 6e9}}),
		fakeResident({name: 'busy', pinned: false, active: 1}),
		fakeResident({name: 'new', state: 'loading', pinned: false}),
	];
	const {out} = await runCli(['ps'], {client: fakeClient({residents})});
	const [header, ...rows] = out.trimEnd().split('\n');
	expect(header).toBe('NAME     SIZE     DEVICE                 CONTEXT    THREADS    BUSY    UNTIL');
	expect(rows[0]).toMatch(/^guide +20 MB +cpu +2048 +2 +0\/2 +forever$/);
	expect(rows[1]).toMatch(/^big +10 GB +60% cuda:0, 40% cpu .* 4 minutes from now$/);
	expect(rows[2]).toMatch(/1\/2 +in use$/);
	expect(rows[3]).toMatch(/loading…$/);
});

test.each([['ps'], ['stop', '--all']])('%s starts no daemon', async (...argv) => {
	const {code, out, err, connections} = await runCli(argv, {client: null});
	expect(connections).toEqual(['running']);
	expect({code, out}).toEqual({code: 0, out: ''});
	expect(err).not.toBe('');
});

test('stop unloads what is in memory and ends with 3 for what is not', async () => {
	const {code, out, err, client} = await runCli(['stop', 'guide', 'gide'], {
		client: fakeClient({residents: [fakeResident()]}),
	});
	expect(code).toBe(3);
	expect(out).toBe('stopped guide\n');
	expect(err).toContain('did you mean guide?');
	expect(client.calls).toContain('unload guide');
});

test('stop --all ends the daemon', async () => {
	const {code, out, client} = await runCli(['stop', '--all'], {client: fakeClient({residents: [fakeResident()]})});
	expect(code).toBe(0);
	expect(out).toBe('stopped guide\nstopped the daemon\n');
	expect(client.calls).toContain('shutdown');
});

test('stop without a name says which there are', async () => {
	const {code, err} = await runCli(['stop'], {client: fakeClient({residents: [fakeResident()]})});
	expect(code).toBe(2);
	expect(err).toContain('guide');
});

const downloaded = (): FakeClient => fakeClient({models: [fakeModel({source: 'hub-cache'})]});

test('rm asks before it deletes, and no is no', async () => {
	const person = {isTerminal: true, input: null, typed: ['']};
	const {code, client, terminal} = await runCli(['rm', 'guide'], {client: downloaded(), ...person});
	expect(terminal.questions).toEqual(['Delete guide (7.6 MB)? [y/N] ']);
	expect(code).toBe(1);
	expect(client.calls).not.toContain('removeModel guide');
});

test('rm deletes after a yes and says what it freed', async () => {
	const {code, out, client} = await runCli(['rm', 'guide', '--yes', '--force'], {client: downloaded()});
	expect({code, out}).toEqual({code: 0, out: 'deleted guide, freed 7.6 MB\n'});
	expect(client.calls).toContain('removeModel guide force');
});

test('rm deletes nothing when nobody can be asked, or when one name is wrong', async () => {
	expect((await runCli(['rm', 'guide'], {client: downloaded()})).code).toBe(2);
	const {code, client} = await runCli(['rm', 'guide', 'nothing', '--yes'], {client: downloaded()});
	expect(code).toBe(3);
	expect(client.calls).not.toContain('removeModel guide');
});

test.each([
	['starter', null, 'guide ships with mofa, and is not deleted'],
	['plugin', 'shapes', '→ mofa plugin remove shapes'],
	['file', null, '→ delete the file itself'],
])('rm asks nobody about what is not its to delete (%s)', async (source, origin, said) => {
	const client = fakeClient({models: [fakeModel({source, origin})]});
	const {code, err, terminal} = await runCli(['rm', 'guide'], {client, isTerminal: true, input: null, typed: ['y']});
	expect(code).toBe(2);
	expect(err).toContain(said);
	expect(terminal.questions).toEqual([]);
	expect(client.calls).not.toContain('removeModel guide');
});

test('rm of a second name takes that name away and nothing else', async () => {
	const aliased = fakeClient({models: [fakeModel({aliases: ['small']})]});
	const {code, out, client} = await runCli(['rm', 'Small', '--yes'], {client: aliased});
	expect({code, out}).toEqual({code: 0, out: 'forgot Small; guide stays\n'});
	expect(client.calls).toContain('removeModel Small');
	const {terminal} = await runCli(['rm', 'small'], {client: aliased, isTerminal: true, input: null, typed: ['']});
	expect(terminal.questions).toEqual(['Forget small, a second name of guide? [y/N] ']);
});

test('rm of a download that was not finished deletes what there is of it', async () => {
	const partial = fakeModel({name: 'someone/Large:F32', state: 'partial', aliases: []});
	const {code, out, client} = await runCli(['rm', 'someone/large:f32', '--yes'], {
		client: fakeClient({models: [partial]}),
	});
	expect({code, out}).toEqual({code: 0, out: 'deleted the unfinished download of someone/Large:F32, freed 7.6 MB\n'});
	expect(client.calls).toContain('removeModel someone/Large:F32');
});

test('info tells the hardware and why a backend is missing', async () => {
	const {code, out} = await runCli(['info']);
	expect(code).toBe(0);
	expect(out).toContain('2 usable of 8 (control group quota)');
	expect(out).toContain('llama    usable, cpu, 3.22.1');
	expect(out).toContain('onnx     not usable: not-installed, install a pack');
});

test('backend list shows every pack and its state', async () => {
	const {out, err} = await runCli(['backend', 'list'], {
		client: fakeClient({
			packs: [fakePack(), fakePack({name: 'llama-cuda', state: 'unsupported', recommended: false, hint: 'no GPU'})],
		}),
	});
	expect(out).toMatch(/^llama-cpu +3\.22\.1 +recommended +cpu +45 MB/m);
	expect(err).toBe('llama-cuda: no GPU\n');
});

test('backend list says of a pack that is built here how long that takes', async () => {
	const {out} = await runCli(['backend', 'list'], {
		client: fakeClient({packs: [fakePack({name: 'llama-server', buildMinutes: 8})]}),
	});
	expect(out).toMatch(/^llama-server +3\.22\.1 +recommended +cpu +builds, 8 min/m);
});

test.each([
	[45_000_000, null, ' (45 MB)'],
	[null, null, ''],
	[36_000_000, 8, ' (36 MB, then built here: 8 minutes on two cores)'],
	[null, 8, ' (built here: 8 minutes on two cores)'],
])('a pack of %s bytes and %s minutes costs what it says', (downloadBytes, buildMinutes, words) => {
	expect(packCost({downloadBytes, buildMinutes})).toBe(words);
});

test('backend install without a name takes the recommended pack', async () => {
	const {code, client} = await runCli(['backend', 'install']);
	expect(code).toBe(0);
	expect(client.calls).toContain('installPack llama-cpu');
});

test.each([
	['installed', 0, ''],
	['unsupported', 7, 'cannot be used here: no GPU'],
])('backend install of a pack that is %s installs nothing and ends with %i', async (state, code, said) => {
	const client = fakeClient({packs: [fakePack({state: state as 'installed', hint: 'no GPU'})]});
	const result = await runCli(['backend', 'install', 'llama-cpu'], {client});
	expect(result.code).toBe(code);
	expect(result.err).toContain(said);
	expect(client.calls).not.toContain('installPack llama-cpu');
});

test('a misspelt pack comes with the one that was meant', async () => {
	const {code, err} = await runCli(['backend', 'install', 'llama-cup']);
	expect(code).toBe(3);
	expect(err).toContain('did you mean llama-cpu?');
});

test('backend remove and update act on what is installed', async () => {
	const client = fakeClient({packs: [fakePack({state: 'outdated'})]});
	expect((await runCli(['backend', 'remove', 'llama-cpu', '-y'], {client})).out).toBe(
		'deleted llama-cpu, freed 40 MB\n',
	);
	expect((await runCli(['backend', 'update', '-y'], {client})).code).toBe(0);
	expect(client.calls).toContain('installPack llama-cpu');
	expect((await runCli(['backend', 'remove', 'llama-cpu', '-y'])).code).toBe(3);
});

test('config sets, gets, lists and takes back a setting without a daemon', async () => {
	expect((await runCli(['config', 'path'])).out).toBe(`${path.join(home, 'settings.json')}\n`);
	expect((await runCli(['config', 'set', 'keep-alive', '1h'], {client: null})).code).toBe(0);
	expect((await runCli(['config', 'get', 'keep_alive'])).out).toBe('1h\n');
	expect((await runCli(['config', 'list'])).out).toMatch(/^keep_alive +1h +file/m);
	expect((await runCli(['config', 'set', 'keep_alive'])).code).toBe(0);
	expect((await runCli(['config', 'get', 'keep_alive'])).out).toBe('5m\n');
});

test('config refuses a key or value that is none', async () => {
	const key = await runCli(['config', 'get', 'keepalive']);
	expect(key.code).toBe(2);
	expect(key.err).toContain('did you mean keep_alive?');
	const value = await runCli(['config', 'set', 'keep_alive', 'soon']);
	expect(value.code).toBe(2);
	expect(value.err).toContain('a duration such as');
});

test('config set model makes a path absolute', async () => {
	await runCli(['config', 'set', 'model', './x.gguf'], {client: null});
	expect(JSON.parse(readFileSync(path.join(home, 'settings.json'), 'utf8'))).toEqual({model: path.resolve('x.gguf')});
});

test('config list hides the key that HTTP clients must send, config get shows it', async () => {
	await runCli(['config', 'set', 'api_key', 'sesame'], {client: null});
	expect((await runCli(['config', 'list'])).out).not.toContain('sesame');
	expect((await runCli(['config', 'list', '--json'])).out).not.toContain('sesame');
	expect((await runCli(['config', 'get', 'api_key'])).out).toBe('sesame\n');
});

test('config set says when a running daemon keeps the old value', async () => {
	expect((await runCli(['config', 'set', 'parallel', '2'])).err).toContain('mofa stop --all');
});

test('doctor is content with a working installation', async () => {
	const {code, out} = await runCli(['doctor']);
	expect(out).not.toContain('FAIL');
	expect(code).toBe(0);
	expect(out).toContain('ok    daemon: version 0.0.0-source, process 4242');
});

test('doctor says what to do about what is wrong, and ends with 1', async () => {
	const backends = [
		{name: 'llama', usable: false, version: null, accelerator: null, reason: 'not-installed' as const, hint: null},
	];
	const {code, out} = await runCli(['doctor'], {
		client: fakeClient({device: fakeDevice({backends})}),
		env: {MOFA_API_KEY: 'sesame'},
	});
	expect(code).toBe(1);
	expect(out).toContain(
		'FAIL  llama backend: not usable, not-installed\n      → mofa backend install llama-cpu (45 MB)',
	);
	expect(out).not.toContain('sesame');
});

test('doctor goes on when the daemon does not answer', async () => {
	const {code, out} = await runCli(['doctor'], {client: null});
	expect(code).toBe(1);
	expect(out).toContain('FAIL  daemon: the daemon does not answer');
	expect(out).toContain('ok    node: ');
});

test.each(['bash', 'zsh', 'fish', 'pwsh'])('completion %s prints a script that asks mofa', async shell => {
	const {code, out} = await runCli(['completion', shell]);
	expect(code).toBe(0);
	expect(out).toContain('__complete');
});

test('completion for another shell ends with 2 and names those there are', async () => {
	const {code, err} = await runCli(['completion', 'tcsh']);
	expect(code).toBe(2);
	expect(err).toContain('bash, zsh, fish, pwsh');
});
