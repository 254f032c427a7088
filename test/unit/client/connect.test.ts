import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {beforeAll, expect, onTestFinished, test} from 'vitest';
import {connect, connectRunning, type ConnectOptions} from '../../../src/client/connect.ts';
import {pidLockOwner} from '../../../src/lib/pid-lock.ts';
import {bundle, repositoryRoot} from '../../helpers/bundle.ts';

let entry = '';
beforeAll(async () => {
	entry = await bundle(path.join(repositoryRoot, 'test/fixtures/daemons/daemon.ts'));
});

interface Place {
	readonly folder: string;
	readonly options: ConnectOptions;
	readonly phases: string[];
	/** Every daemon that was started, alive or not. */
	starts(): readonly number[];
}

/** A folder of its own for a daemon; what is started in it ends with the test. */
function place(environment: Record<string, string> = {}, changes: Partial<ConnectOptions> = {}): Place {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-connect-'));
	const phases: string[] = [];
	const starts = (): readonly number[] =>
		existsSync(path.join(folder, 'starts'))
			? readFileSync(path.join(folder, 'starts'), 'utf8').trim().split('\n').map(Number)
			: [];
	onTestFinished(() => {
		for (const pid of starts()) kill(pid);
		rmSync(folder, {recursive: true, force: true});
	});
	return {
		folder,
		phases,
		starts,
		options: {
			entry,
			socketPath: path.join(folder, 'daemon.sock'),
			lockPath: path.join(folder, 'daemon.lock'),
			logPath: path.join(folder, 'daemon.log'),
			protocol: 1,
			version: '1.2.3',
			timeoutMs: 20_000,
			onWait: phase => phases.push(phase),
			environment: {...process.env, FIXTURE_MODE: 'ok', FIXTURE_FOLDER: folder, ...environment},
			...changes,
		},
	};
}

function kill(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {}
}

async function untilGone(lockPath: string): Promise<void> {
	while (pidLockOwner(lockPath) !== undefined) await new Promise(resolve => setImmediate(resolve));
}

test('the first client starts a daemon, the next one finds it', async () => {
	const {options, starts, phases} = place();
	const first = await connect(options);
	const second = await connect(options);
	expect((await first.version()).pid).toBe(starts()[0]);
	expect((await second.version()).pid).toBe(starts()[0]);
	expect(starts()).toHaveLength(1);
	expect(phases).toEqual(['starting']);
	expect(existsSync(`${options.lockPath}.start`)).toBe(false);
});

test('four processes that start at once get one daemon', async () => {
	const {options, starts} = place();
	const client = await bundle(path.join(repositoryRoot, 'test/fixtures/daemons/connects.ts'));
	const pids = await Promise.all(
		Array.from({length: 4}, () => {
			const child = spawn(process.execPath, [client, JSON.stringify(options)], {stdio: ['ignore', 'pipe', 'inherit']});
			return new Promise<string>(resolve => {
				let text = '';
				child.stdout.on('data', chunk => (text += String(chunk)));
				child.once('close', () => resolve(text));
			});
		}),
	);
	expect(starts()).toHaveLength(1);
	expect(pids).toEqual(Array.from({length: 4}, () => `${starts()[0]}\n`));
});

test('a daemon killed without a goodbye is replaced; its lock and its socket do not matter', async () => {
	const {options, starts} = place();
	const first = (await (await connect(options)).version()).pid;
	process.kill(first, 'SIGKILL');
	await untilGone(options.lockPath);
	expect(existsSync(options.socketPath)).toBe(true);
	const second = (await (await connect(options)).version()).pid;
	expect(second).not.toBe(first);
	expect(starts()).toEqual([first, second]);
});

test('a start lock whose owner is dead is cleared', async () => {
	const {options, starts} = place();
	const child = spawn(process.execPath, ['-e', '']);
	await new Promise(resolve => child.once('close', resolve));
	symlinkSync(`${child.pid}.1.abc`, `${options.lockPath}.start`);
	symlinkSync(`${child.pid}.1.abc`, options.lockPath);
	await connect(options);
	expect(starts()).toHaveLength(1);
});

test('a daemon of another version is asked to end, and one of ours takes its place', async () => {
	const {options, starts, phases} = place();
	const old = (await (await connect(options)).version()).pid;
	const environment = {...options.environment, FIXTURE_VERSION: '2.0.0'};
	const client = await connect({...options, version: '2.0.0', environment});
	expect(await client.version()).toMatchObject({version: '2.0.0'});
	expect(starts()).toHaveLength(2);
	expect((await client.version()).pid).not.toBe(old);
	expect(phases).toContain('replacing');
});

test('a daemon that dies while starting is an error with the last lines of its log', async () => {
	const {options, starts} = place({FIXTURE_MODE: 'dies'});
	await expect(connect(options)).rejects.toMatchObject({
		code: 'daemon-unreachable',
		data: {address: options.socketPath, problem: 'it ended with code 3 while starting\nthe reason why it died'},
	});
	expect(starts()).toHaveLength(1);
	expect(existsSync(`${options.lockPath}.start`)).toBe(false);
});

test('a failure that the daemon reports is thrown as it is', async () => {
	const {options} = place({FIXTURE_MODE: 'fails'});
	await expect(connect(options)).rejects.toMatchObject({code: 'network', data: {address: ':8420', problem: 'in use'}});
});

test('a daemon that is never ready is given up and ended', async () => {
	const {options, starts} = place({FIXTURE_MODE: 'silent'}, {timeoutMs: 1500});
	await expect(connect(options)).rejects.toMatchObject({
		code: 'daemon-unreachable',
		data: {problem: expect.stringContaining('not ready')},
	});
	const alive = (): boolean => {
		try {
			return starts().some(pid => process.kill(pid, 0));
		} catch {
			return false;
		}
	};
	while (alive()) await new Promise(resolve => setImmediate(resolve));
});

test('a living process that holds the lock and never answers is named', async () => {
	const {options} = place({}, {timeoutMs: 300});
	symlinkSync(`${process.pid}..abc`, options.lockPath);
	await expect(connect(options)).rejects.toMatchObject({
		code: 'daemon-unreachable',
		data: {problem: expect.stringContaining(`process ${process.pid}`)},
	});
});

test.skipIf(!existsSync('/dev/full'))('a full disk costs the log, not the daemon', async () => {
	const {options} = place({}, {logPath: '/dev/full'});
	expect(await (await connect(options)).version()).toMatchObject({version: '1.2.3'});
});

test('a log that grew large is set aside', async () => {
	const {options} = place();
	writeFileSync(options.logPath, 'x'.repeat(10_000_001));
	await connect(options);
	expect(readFileSync(options.logPath, 'utf8')).toMatch(/^\{.*starting the daemon/);
	expect(existsSync(`${options.logPath}.1`)).toBe(true);
});

test('a client that must not start one says that none runs', async () => {
	const {options, starts} = place();
	await expect(connectRunning(options)).rejects.toMatchObject({code: 'daemon-unreachable'});
	expect(starts()).toEqual([]);
});
