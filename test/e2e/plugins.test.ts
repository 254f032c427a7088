import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {PluginReport, TaskReport} from '../../src/contract/plugin.ts';
import {isAlive} from '../helpers/processes.ts';
import {classificationPlugin, drawShape, quickdrawPlugin} from '../helpers/shapes.ts';
import {isPresent, sharedFile} from '../helpers/real-sound.ts';
import {writeTutorial} from '../helpers/tutorial.ts';
import {pcmWave} from '../helpers/wave.ts';
import {guidePresent, newUser, patience, until, User, type Daemon} from '../helpers/user.ts';

const quickdrawModel = sharedFile('models/quickdraw-cvae');
const drawsPresent = isPresent(quickdrawModel);

/** A package of its own, made of the example and changed. */
function copyOf(user: User, name: string, change: (folder: string) => void): string {
	const folder = user.file(name);
	cpSync(classificationPlugin, folder, {recursive: true});
	change(folder);
	return folder;
}

function writePlugin(user: User, name: string, index: string): string {
	const folder = user.file(name);
	mkdirSync(folder, {recursive: true});
	writeFileSync(path.join(folder, 'package.json'), JSON.stringify({name, version: '1.0.0', type: 'module'}));
	writeFileSync(path.join(folder, 'index.js'), index);
	return folder;
}

const json = async (user: User, words: readonly string[]): Promise<unknown> => {
	const {out, err} = await user.run([...words, '--json']);
	if (out === '') throw new Error(err);
	return JSON.parse(out);
};
const tasksOf = async (user: User): Promise<readonly TaskReport[]> => (await json(user, ['task'])) as TaskReport[];
const pluginsOf = async (user: User): Promise<readonly PluginReport[]> =>
	(await json(user, ['plugin', 'list'])) as PluginReport[];

describe.skipIf(!guidePresent)('a tenth modality', patience, () => {
	let user: User;
	let daemon: Daemon;
	let picture: string;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
		picture = user.file('star.png');
		writeFileSync(picture, drawShape('star'));
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test('is unknown before its plugin is there', async () => {
		expect((await tasksOf(user)).map(({name}) => name)).not.toContain('classification');
		const {code, err} = await user.run(['task', 'classification', picture]);
		expect(code).not.toBe(0);
		expect(err).toContain('classification');
	});

	test('is not installed unless somebody says yes to its code', async () => {
		const {code, err} = await user.run(['plugin', 'install', classificationPlugin]);
		expect(code).toBe(2);
		expect(err).toContain('--yes');
		expect(await pluginsOf(user)).toEqual([]);
	});

	test('is installed from a folder, and there at once', async () => {
		const {code, err} = await user.run(['plugin', 'install', classificationPlugin, '--yes']);
		expect({code, err}).toEqual({
			code: 0,
			err: 'installed classification 1.0.0, which adds classification, picture-classifier, shapes\n',
		});
		expect(await pluginsOf(user)).toMatchObject([
			{
				name: 'classification',
				version: '1.0.0',
				tasks: ['classification'],
				adapters: ['picture-classifier'],
				models: ['shapes'],
				source: 'installed',
				problem: null,
			},
		]);
		expect((await tasksOf(user)).find(({name}) => name === 'classification')).toEqual({
			name: 'classification',
			accepts: ['image'],
			emits: ['text'],
			plugin: 'classification',
			models: 1,
			defaultModel: 'shapes',
		});
		// What is installed stays as it is: it is a copy, and nothing but what the package lists.
		const [installed] = await pluginsOf(user);
		expect(readdirSync(installed?.path ?? '').toSorted()).toEqual([
			'index.js',
			'models',
			'package.json',
			'picture-classifier.js',
			'task.js',
		]);
		expect((await user.run(['doctor'])).out).toContain('plugins: classification');
	});

	test('has a command', async () => {
		expect(await user.run(['task', 'classification', picture])).toMatchObject({code: 0, out: 'star\n', err: ''});
		const {out} = await user.run(['task', 'classification', '--json', '--set', 'top=2'], {
			stdin: Buffer.from(drawShape('cross')),
		});
		const events = out
			.trim()
			.split('\n')
			.map(line => JSON.parse(line) as {type: string; labels?: ReadonlyArray<{label: string}>});
		expect(events).toMatchObject([{type: 'label-final', text: 'cross'}, {type: 'classification-end'}]);
		expect(events[1]?.labels).toHaveLength(2);
		expect(events[1]?.labels?.[0]?.label).toBe('cross');
	});

	test('has a command without a daemon', async () => {
		expect(await user.run(['task', 'classification', picture, '--no-daemon'])).toMatchObject({code: 0, out: 'star\n'});
	});

	test('takes a whole request, and refuses one that is wrong by the name of its field', async () => {
		const bytes = {$binary: Buffer.from(drawShape('circle')).toString('base64'), type: 'Uint8Array'};
		const file = user.file('request.json');
		writeFileSync(file, JSON.stringify({image: {bytes, mediaType: 'image/png'}, top: 1}));
		const whole = await user.run(['task', 'classification', '--request', file]);
		expect(whole).toMatchObject({code: 0, err: ''});
		expect(whole.out).toContain('"text":"circle"');
		const wrong = await user.run(['task', 'classification', picture, '--set', 'bottom=1']);
		expect(wrong.code).not.toBe(0);
		expect(wrong.err).toContain('bottom');
		const text = await user.run(['task', 'classification', 'no such file']);
		expect(text.code).not.toBe(0);
		expect(text.err).toContain('no such file: expected a file that is there: image');
	});

	test('has an endpoint, for clients without a library too', async () => {
		const uri = `data:image/png;base64,${Buffer.from(drawShape('triangle')).toString('base64')}`;
		const post = async (body: object): Promise<{status: number; text: string}> => {
			const response = await fetch(`${daemon.url}/v1/tasks/classification`, {
				method: 'POST',
				body: JSON.stringify(body),
				headers: {'content-type': 'application/json'},
			});
			return {status: response.status, text: await response.text()};
		};
		const one = await post({model: 'shapes', inputs: [uri], request: {top: 1}, stream: false});
		expect(one.status).toBe(200);
		expect(JSON.parse(one.text)).toMatchObject({result: {labels: [{label: 'triangle'}]}, warnings: []});
		const both = await post({inputs: [uri, uri], stream: false});
		expect((JSON.parse(both.text) as {results: unknown[]}).results).toHaveLength(2);
		const lines = await post({inputs: [uri]});
		expect(lines.text).toContain('"text":"triangle"');
		expect(await post({inputs: ['a text']})).toMatchObject({
			status: 400,
			text: expect.stringContaining('inputs.0') as string,
		});
		expect(await post({inputs: ['data:image/png;base64,AAAA'], stream: false})).toMatchObject({
			status: 400,
			text: expect.stringContaining('image') as string,
		});
		expect((await post({model: 'shapes'})).status).toBe(400);
		const list = (await (await fetch(`${daemon.url}/v1/tasks`)).json()) as {tasks: TaskReport[]};
		expect(list.tasks.map(({name}) => name)).toContain('classification');
	});

	test('cannot be installed or loaded anew by whoever may ask over HTTP', async () => {
		const reload = await fetch(`${daemon.url}/v1/plugins/reload`, {method: 'POST'});
		expect(reload.status).toBe(403);
		const install = await fetch(`${daemon.url}/v1/plugins`, {method: 'POST', headers: {'x-mofa': '1'}});
		expect(install.status).toBe(405);
	});

	test('is a stage of pipelines', async () => {
		expect(await user.run(['pipe', 'classification'], {stdin: Buffer.from(drawShape('square'))})).toMatchObject({
			code: 0,
			out: 'square\n',
		});
		const {out} = await user.run(['pipe', 'classification', 'tts', '--plan', '--json']);
		expect(JSON.parse(out)).toMatchObject({
			accepts: ['image'],
			emits: ['audio'],
			stages: [{task: 'classification', model: 'shapes'}, {task: 'speech'}],
		});
	});

	test('is scheduled as everything else, and dies alone', async () => {
		await user.run(['task', 'voice-activity', '--json'], {stdin: wave()});
		await user.run(['task', 'classification', picture]);
		const shown = await daemon.client.residents();
		const runner = shown.find(({name}) => name === 'shapes');
		const other = shown.find(({name}) => name === 'energy-gate');
		expect(runner).toMatchObject({tasks: ['classification'], backend: 'onnx', slots: 4});
		expect((await user.run(['ps'])).out).toContain('shapes');
		const pid = runner?.pid ?? 0;
		process.kill(pid, 'SIGKILL');
		await until('the runner is gone', () => !isAlive(pid));
		await until('the daemon has noticed', async () =>
			(await daemon.client.residents()).every(({name}) => name !== 'shapes'),
		);
		expect(isAlive(daemon.pid)).toBe(true);
		expect((await daemon.client.residents()).map(resident => resident.pid)).toContain(other?.pid);
		expect(await user.run(['task', 'classification', picture])).toMatchObject({code: 0, out: 'star\n'});
		await user.run(['stop', 'shapes']);
		expect((await user.run(['ps'])).out).not.toContain('shapes');
	});

	test('is replaced by a newer version out of a tarball, and what is wrong replaces nothing', async () => {
		const folder = copyOf(user, 'newer', target => {
			const file = path.join(target, 'package.json');
			writeFileSync(file, readFileSync(file, 'utf8').replace('1.0.0', '2.0.0'));
			cpSync(path.join(target, 'models/shapes'), path.join(target, 'models/more'), {recursive: true});
			const manifest = path.join(target, 'models/more/manifest.json');
			writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"shapes"', '"more-shapes"'));
		});
		const tarball = execFileSync('npm', ['pack', '--silent', '--ignore-scripts'], {
			cwd: folder,
			encoding: 'utf8',
		}).trim();
		const {code, err} = await user.run(['plugin', 'install', path.join(folder, tarball), '--yes']);
		expect({code, err}).toMatchObject({
			code: 0,
			err: expect.stringContaining('installed classification 2.0.0') as string,
		});
		expect(await pluginsOf(user)).toMatchObject([{version: '2.0.0', models: ['more-shapes', 'shapes']}]);
		expect(await user.run(['task', 'classification', picture, '-m', 'more-shapes'])).toMatchObject({out: 'star\n'});

		const broken = copyOf(user, 'broken', target =>
			writeFileSync(path.join(target, 'task.js'), 'throw new Error("no task today")'),
		);
		const refused = await user.run(['plugin', 'install', broken, '--yes']);
		expect(refused.code).not.toBe(0);
		expect(refused.err).toContain('does not provide an export');
		const shadowing = copyOf(user, 'shadowing', target => {
			const file = path.join(target, 'picture-classifier.js');
			writeFileSync(file, readFileSync(file, 'utf8').replace("name: 'picture-classifier'", "name: 'gguf'"));
		});
		const shadowed = await user.run(['plugin', 'install', shadowing, '--yes']);
		expect(shadowed.code).not.toBe(0);
		expect(shadowed.err).toContain('there is an adapter gguf already');
		expect(await pluginsOf(user)).toMatchObject([{version: '2.0.0', problem: null}]);
		expect(await user.run(['task', 'classification', picture])).toMatchObject({out: 'star\n'});
	});

	test('goes with its plugin, from memory too, and the daemon stays', async () => {
		await user.run(['task', 'classification', picture]);
		expect(await user.run(['plugin', 'remove', 'classification', '--yes'])).toMatchObject({
			code: 0,
			out: 'deleted classification\n',
		});
		await until('its model is gone from memory', async () =>
			(await daemon.client.residents()).every(({tasks}) => !tasks.includes('classification')),
		);
		expect((await tasksOf(user)).map(({name}) => name)).not.toContain('classification');
		expect((await user.run(['list'])).out).not.toContain('shapes');
		expect((await user.run(['task', 'classification', picture])).code).not.toBe(0);
		expect(readdirSync(user.paths.plugins)).toEqual([]);
		expect(await user.run(['plugin', 'remove', 'classification', '--yes'])).toMatchObject({code: 3});
		expect(user.daemonPid()).toBe(daemon.pid);
	});
});

describe.skipIf(!guidePresent)('plugins', patience, () => {
	test('that are bad are left out with a reason, and hold up nothing', async () => {
		const user = newUser();
		const define = (fields: string): string =>
			`import {definePlugin} from 'mofa';\nexport default definePlugin({apiVersion: 1, ${fields}});`;
		const task = (name: string): string =>
			`{name: '${name}', accepts: ['text'], emits: ['text'], parse: x => x, collect: async () => 1, visible: () => true}`;
		const bad = {
			throwing: 'throw new Error("it is Saturday")',
			older: define('name: "older"').replace('apiVersion: 1', 'apiVersion: 0'),
			shadow: define(`name: 'shadow', tasks: [${task('chat')}]`),
			nothing: 'export const plugin = 1;',
			nameless: define('name: "No Name"'),
			undone: define(`name: 'undone', tasks: [{name: 'undone', accepts: [], emits: []}]`),
		};
		const rude = define(
			`name: 'rude', adapters: [{name: 'rude', backend: 'built-in', tasks: ['chat'], serves() { throw new Error('ask me not'); },
			async probe() { throw new Error('never'); }, async probedFrom() { throw new Error('never'); }, estimate: () => ({ram: 1}), load() {}}]`,
		);
		const vague = define(
			`name: 'vague', adapters: [{name: 'vague', backend: 'built-in', tasks: ['chat'], serves: () => true,
			probe: async () => ({ok: true, version: '1', accelerator: 'cpu'}), probedFrom: async () => null,
			estimate: () => ({ram: nobody.knows}), load() {}}]`,
		);
		const folders = [
			...Object.entries(bad).map(([name, index]) => writePlugin(user, name, index)),
			writePlugin(user, 'rude', rude),
			writePlugin(user, 'vague', vague),
			user.file('absent'),
		];
		user.env['MOFA_PLUGINS'] = folders.join(path.delimiter);
		const daemon = await user.daemon();
		const reports = new Map((await pluginsOf(user)).map(({name, problem}) => [name, problem]));
		expect(Object.fromEntries(reports)).toEqual({
			throwing: expect.stringContaining('it is Saturday') as string,
			older: expect.stringContaining('version 0') as string,
			shadow: 'there is a task chat already',
			nothing: expect.stringContaining('exports no plugin') as string,
			nameless: expect.stringContaining('its name is not made of') as string,
			undone: 'its task undone has no function parse',
			rude: null,
			vague: null,
			absent: expect.stringContaining('no package.json') as string,
		});
		const {code, out} = await user.run(['doctor']);
		expect(code).not.toBe(0);
		expect(out).toContain('plugin throwing: left out: it fails when it is opened: it is Saturday');
		expect((await user.run(['run', 'guide', 'Hello'])).code).toBe(0);
		expect(user.daemonPid()).toBe(daemon.pid);
		expect(user.log()).toContain('ask me not');
	});

	test('as the tutorial has them written do what it says', async () => {
		const user = newUser({MOFA_HOST: '127.0.0.1:0'});
		const folder = user.file('letters');
		writeTutorial(folder);
		expect((await user.run(['config', 'set', 'plugins', folder])).code).toBe(0);
		const {url} = await user.daemon();
		expect((await tasksOf(user)).find(({name}) => name === 'letters')).toMatchObject({
			models: 1,
			defaultModel: 'letters',
		});
		const question = 'How many letters?';
		expect(await user.run(['task', 'letters', question])).toMatchObject({code: 0, out: '14\n', err: ''});
		expect((await user.run(['task', 'letters', question, '--json'])).out).toBe(
			'{"type":"count-final","text":"14"}\n{"type":"letters-end","count":14}\n',
		);
		expect(await user.run(['pipe', 'letters'], {stdin: question})).toMatchObject({code: 0, out: '14\n'});
		const response = await fetch(`${url}/v1/tasks/letters`, {
			method: 'POST',
			body: JSON.stringify({inputs: [question], stream: false}),
			headers: {'content-type': 'application/json'},
		});
		expect(await response.json()).toEqual({result: {count: 14}, warnings: []});
		const runner = (await user.client().residents()).find(({name}) => name === 'letters');
		expect(runner?.pid).not.toBe(user.daemonPid());
	});

	test('that cannot be had leave nothing behind', async () => {
		const unreachable = {npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0'};
		const user = newUser(unreachable);
		const {code, err} = await user.run(['plugin', 'install', '@nobody/no-such-plugin', '--yes']);
		expect(code).not.toBe(0);
		expect(err).toContain('the npm registry cannot be reached');
		expect(readdirSync(user.paths.plugins)).toEqual([]);
		const file = user.file('plugin.tgz');
		writeFileSync(file, 'not a tarball');
		expect((await user.run(['plugin', 'install', file, '--yes'])).code).not.toBe(0);
		expect(readdirSync(user.paths.plugins)).toEqual([]);
	});

	test('that end whoever opens them can be removed all the same', async () => {
		const user = newUser();
		const place = path.join(user.paths.plugins, 'deadly/20260101-1.0.0');
		mkdirSync(path.join(place, 'node_modules'), {recursive: true});
		writeFileSync(path.join(place, 'package.json'), '{"dependencies": {"deadly": "1.0.0"}}');
		cpSync(writePlugin(user, 'deadly', 'process.exit(7);'), path.join(place, 'node_modules/deadly'), {recursive: true});
		expect((await user.run(['list'])).code).not.toBe(0);
		expect(await user.run(['plugin', 'remove', 'deadly', '--yes'])).toMatchObject({code: 0, out: 'deleted deadly\n'});
		expect((await user.run(['list'])).code).toBe(0);
	});

	test('make room for each other as all models do', async () => {
		const user = newUser({MOFA_MEMORY: '40kB'});
		const folder = copyOf(user, 'two', target => {
			cpSync(path.join(target, 'models/shapes'), path.join(target, 'models/more'), {recursive: true});
			const manifest = path.join(target, 'models/more/manifest.json');
			writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"shapes"', '"more-shapes"'));
		});
		user.env['MOFA_PLUGINS'] = folder;
		const {client} = await user.daemon();
		const stdin = Buffer.from(drawShape('circle'));
		for (const model of ['shapes', 'more-shapes', 'shapes']) {
			expect(await user.run(['task', 'classification', '-m', model], {stdin})).toMatchObject({
				code: 0,
				out: 'circle\n',
			});
			expect((await client.residents()).map(({name}) => name)).toEqual([model]);
		}
	});

	test.skipIf(!drawsPresent)('draw for the commands and endpoints that are there already', async () => {
		const user = newUser({MOFA_HOST: '127.0.0.1:0'});
		expect((await user.run(['plugin', 'install', quickdrawPlugin, '--yes'])).code).toBe(0);
		const {url} = await user.daemon();
		const file = user.file('mushroom.png');
		const words = ['task', 'image', 'a mushroom', '-m', quickdrawModel, '--set', 'seed=4'];
		expect(await user.run([...words, '-o', file])).toMatchObject({code: 0, err: ''});
		const drawn = readFileSync(file);
		expect(drawn.subarray(1, 4).toString()).toBe('PNG');
		const response = await fetch(`${url}/v1/tasks/image`, {
			method: 'POST',
			body: JSON.stringify({model: quickdrawModel, request: {prompt: 'mushroom', seed: 4}, stream: false}),
			headers: {'content-type': 'application/json'},
		});
		const {result} = (await response.json()) as {result: {images: ReadonlyArray<{image: {bytes: {$binary: string}}}>}};
		expect(result.images).toHaveLength(1);
		const again = await user.run([...words, '-o', user.file('again.png')]);
		expect(again.code).toBe(0);
		expect(readFileSync(user.file('again.png')).equals(drawn)).toBe(true);
		const unknown = await user.run(['task', 'image', 'a submarine', '-m', quickdrawModel, '-o', file]);
		expect(unknown.code).not.toBe(0);
		expect(unknown.err).toContain('airplane');
		expect(existsSync(file)).toBe(true);
	});
});

/** Two seconds of a tone. */
function wave(): Buffer {
	const samples = Int16Array.from({length: 32_000}, (_, at) => 9000 * Math.sin((2 * Math.PI * 300 * at) / 16_000));
	return pcmWave(samples, 16_000);
}
