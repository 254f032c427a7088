import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {repositoryRoot} from '../helpers/bundle.ts';
import {guidePresent, newUser, patience, until} from '../helpers/user.ts';
import {isAlive} from '../helpers/processes.ts';

describe.skipIf(!guidePresent)('the daemon', patience, () => {
	test.each([2, 8])('is started once by %i commands that need it at the same moment', async count => {
		const user = newUser();
		const outcomes = await Promise.all(Array.from({length: count}, () => user.run(['list', '--json'])));
		expect(outcomes.filter(({code, err}) => code !== 0 || err !== '')).toEqual([]);
		expect(new Set(outcomes.map(({out}) => out)).size).toBe(1);
		expect(user.log().match(/daemon ready/g)).toHaveLength(1);
	});

	test('leaves by itself when it has had nothing to do for a while, and clears its socket and lock away', async () => {
		const user = newUser({MOFA_IDLE_EXIT: '200ms'});
		expect(await user.run(['list'])).toMatchObject({code: 0, err: ''});
		await until('it has left', () => user.daemonPid() === undefined);
		expect(existsSync(user.paths.socket)).toBe(false);
		expect(user.log()).toContain('nothing to do');
	});

	test('stays while a model is loaded, and leaves after it is unloaded', async () => {
		const user = newUser({MOFA_IDLE_EXIT: '1s', MOFA_KEEP_ALIVE: '1s'});
		expect((await user.run(['run', 'guide', 'Hello'])).code).toBe(0);
		const pid = user.daemonPid() ?? 0;
		await until('it has left', () => !isAlive(pid));
		const events = user.log();
		expect(events.indexOf('model-unloaded')).toBeGreaterThan(0);
		expect(events.indexOf('nothing to do')).toBeGreaterThan(events.indexOf('model-unloaded'));
	});

	test('lets a running answer end when it is told to stop, and is gone afterwards', async () => {
		const user = newUser();
		await user.run(['run', 'guide', 'Hello']);
		const pid = user.daemonPid() ?? 0;
		const running = user.start(['run', 'guide', '-f', user.longSchema(), 'numbers']);
		await running.says('stdout', /\d/);
		const stopping = user.run(['stop', '--all']);
		const {code, out, err} = await running.ended;
		expect({code, err}).toEqual({code: 0, err: ''});
		expect(JSON.parse(out)).toHaveLength(250);
		expect(await stopping).toMatchObject({code: 0, err: '', out: expect.stringContaining('stopped the daemon')});
		await until('it has left', () => !isAlive(pid));
		expect(existsSync(user.paths.socket)).toBe(false);
	});

	test('lets a running answer end when it is sent SIGTERM, takes no new ones, and a new daemon answers those', async () => {
		const user = newUser();
		await user.run(['run', 'guide', 'Hello']);
		const pid = user.daemonPid() ?? 0;
		const running = user.start(['run', 'guide', '-f', user.longSchema(), 'numbers']);
		await running.says('stdout', /\d/);
		process.kill(pid, 'SIGTERM');
		const next = user.run(['run', 'guide', '-o', 'num_predict=3', 'Hello']);
		const {code, out} = await running.ended;
		expect(code).toBe(0);
		expect(JSON.parse(out)).toHaveLength(250);
		expect(await next).toMatchObject({code: 0, err: ''});
		expect(user.daemonPid()).not.toBe(pid);
	});

	test('of another version is replaced by the next command', async () => {
		const user = newUser();
		const old = await user.daemon();
		// What answers there now says that it is older.
		process.kill(old.pid, 'SIGKILL');
		await until('it is dead', () => !isAlive(old.pid));
		const impostor = spawn(process.execPath, [path.join(repositoryRoot, 'test/fixtures/daemons/old-daemon.mjs')], {
			env: {...process.env, SOCKET: user.paths.socket, LOCK: user.paths.lock},
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		await once(impostor.stdout, 'data');
		const left = once(impostor, 'exit');
		expect(await user.run(['list'])).toMatchObject({code: 0, err: ''});
		expect(await left).toEqual([0, null]);
		expect(user.daemonPid()).not.toBe(impostor.pid);
	});

	test('in the background does without HTTP when its port is taken; in the foreground it says so', async () => {
		const taken = createServer().listen(0, '127.0.0.1');
		await once(taken, 'listening');
		const {port} = taken.address() as AddressInfo;
		const user = newUser({MOFA_HOST: `127.0.0.1:${port}`});
		try {
			expect((await user.run(['run', 'guide', '-o', 'num_predict=3', 'Hello'])).code).toBe(0);
			await user.run(['stop', '--all']);
			await until('it has left', () => user.daemonPid() === undefined);
			const {code, out, err} = await user.run(['serve']);
			expect({code, out}).toEqual({code: 1, out: ''});
			expect(err).toContain(`mofa cannot listen at 127.0.0.1:${port}: another program has it\n→ mofa serve --host`);
			expect(err.split('\n').filter(line => line.startsWith('error: '))).toHaveLength(1);
		} finally {
			taken.close();
		}
	});

	test('in the foreground says where it listens, refuses a second one, and leaves on Ctrl-C', async () => {
		const user = newUser();
		const serving = user.start(['serve', '--host', '127.0.0.1:0']);
		const said = await serving.says('stderr', /http:\/\/127\.0\.0\.1:\d+/);
		const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '';
		expect(await (await fetch(`${url}/v1/version`)).json()).toMatchObject({name: 'mofa', pid: serving.child.pid});
		const second = await user.run(['serve']);
		expect(second.code).toBe(1);
		expect(second.err).toBe(
			`error: a mofa daemon runs already, as process ${serving.child.pid}\n→ mofa doctor says where it answers; mofa stop --all ends it\n`,
		);
		expect((await user.run(['ps'])).code).toBe(0);
		serving.child.kill('SIGINT');
		expect((await serving.ended).code).toBe(0);
		expect(existsSync(user.paths.socket)).toBe(false);
	});

	test('is not started with a setting that makes no sense; the setting is named, and can be corrected', async () => {
		const user = newUser();
		mkdirSync(path.dirname(user.paths.settingsFile), {recursive: true});
		writeFileSync(user.paths.settingsFile, '{"max_queue": "some"}');
		const {code, err} = await user.run(['list']);
		expect(code).toBe(2);
		expect(err).toContain('max_queue');
		expect(err.split('\n').filter(line => line.startsWith('error: '))).toHaveLength(1);
		expect((await user.run(['config', 'set', 'max_queue', '7'])).code).toBe(0);
		expect((await user.run(['list'])).code).toBe(0);
	});

	test('that has no folder to write to is not started, in one line, and --no-daemon answers all the same', async () => {
		const user = newUser();
		mkdirSync(path.dirname(user.paths.state), {recursive: true});
		writeFileSync(user.paths.state, 'not a folder');
		const {code, out, err} = await user.run(['list']);
		expect({code, out}).toEqual({code: 1, out: ''});
		expect(err).toMatch(/^error: [^{}\n]*EEXIST[^{}\n]*\n$/);
		const answer = await user.run(['run', 'guide', '--no-daemon', '-o', 'num_predict=3', 'Hello']);
		expect(answer).toMatchObject({code: 0, err: ''});
	});

	test('clears a lock away whose owner is long gone, and one that says nothing sensible', async () => {
		for (const content of ['999999999.1.abc', 'nonsense']) {
			const user = newUser();
			mkdirSync(user.paths.state, {recursive: true});
			symlinkSync(content, user.paths.lock);
			writeFileSync(user.paths.socket, '');
			expect(await user.run(['list'])).toMatchObject({code: 0, err: ''});
			expect(readFileSync(user.paths.log, 'utf8')).toContain('daemon ready');
		}
	});
});
