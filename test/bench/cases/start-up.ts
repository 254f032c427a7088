import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {mofaScript, paired, print, wallTime} from '../measure.ts';

/** What a person waits for before anything happens, against a bare node. */
const home = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));
const env = {...process.env, MOFA_HOME: home, MOFA_HOST: 'off'};
const node = (): Promise<number> => wallTime(['-e', '0'], env);
try {
	print({
		name: 'mofa --version ÷ node -e 0',
		...(await paired(25, () => wallTime([mofaScript, '--version'], env), node)),
		unit: 'ms',
		limit: 1.3,
	});
	// Listing starts a daemon; mofa ps would not.
	execFileSync(process.execPath, [mofaScript, 'list'], {env, stdio: 'ignore'});
	print({
		name: 'client of a warm daemon (mofa ps) ÷ node -e 0',
		...(await paired(25, () => wallTime([mofaScript, 'ps', '--json'], env), node)),
		unit: 'ms',
		limit: 1.25,
	});
	print({name: 'idle daemon, resident', value: residentMegabytes(daemonPid()), unit: 'MB', limit: 90});
} finally {
	execFileSync(process.execPath, [mofaScript, 'stop', '--all'], {env, stdio: 'ignore'});
	rmSync(home, {recursive: true, force: true});
}

function daemonPid(): number {
	const log = readFileSync(path.join(home, 'state', 'daemon.log'), 'utf8');
	const ready = log.split('\n').find(line => line.includes('daemon ready')) ?? '{}';
	return (JSON.parse(ready) as {pid: number}).pid;
}

function residentMegabytes(pid: number): number {
	const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
	return Number(kilobytes) / 1000;
}
