/**
 * How fast is `mofa pull` beside `curl`? The same file of the same server to the same disk, in turn; mofa's rate is that
 * of the transfer, from its first event to its last, with SHA-256 over every byte, which curl does not do. Where this
 * machine cannot hash as fast as curl fetches, no one can be as fast as curl: so the base of the first figure is what is
 * slower of the two, curl or hashing alone, and the plain ratio to curl stands beside it.
 */
import {spawn, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {PullEvent} from '../../../src/contract/store.ts';
import {seeded} from '../../fixtures/hub/repository.ts';
import type {HubServerOptions} from '../../fixtures/hub/start-hub.ts';
import {startHubProcess, type HubProcess} from '../../fixtures/hub/start-hub-process.ts';
import {tinyLlama, writeGguf} from '../../helpers/gguf.ts';
import {median, mofaScript, print} from '../measure.ts';

const megabyte = 1_000_000;
const name = 'org/Bench-GGUF';
const file = 'Bench-F32.gguf';
const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));

interface Transfer {
	readonly bytesPerSecond: number;
	/** Above what the process held before its first byte. */
	readonly residentBytes: number;
}

try {
	if (spawnSync('curl', ['--version']).status !== 0) throw new Error('pull: curl is needed, which is not here');
	await compare({title: '1 GB over loopback', megabytes: 1000, rounds: 3, limit: 0.8, withHash: true}, {});
	await compare(
		{title: '300 MB at 100 MB/s', megabytes: 300, rounds: 3, limit: 0.97},
		{totalBytesPerSecond: 100 * megabyte},
	);
	await compare(
		{title: '300 MB, 80 ms away, 20 MB/s for each connection', megabytes: 300, rounds: 2, limit: 3},
		{latencyMs: 80, bytesPerSecond: 20 * megabyte},
	);
} finally {
	rmSync(folder, {recursive: true, force: true});
}

interface Comparison {
	readonly title: string;
	readonly megabytes: number;
	readonly rounds: number;
	/** Of the base's throughput, at least. */
	readonly limit: number;
	readonly withHash?: boolean;
}

async function compare(
	{title, megabytes, rounds, limit, withHash = false}: Comparison,
	network: Pick<HubServerOptions, 'latencyMs' | 'bytesPerSecond' | 'totalBytesPerSecond'>,
): Promise<void> {
	const bytes = megabytes * megabyte;
	const content = path.join(folder, file);
	writeModel(content, bytes);
	await using hub = await startHubProcess({
		repositories: [{name, files: {[file]: {path: content}}, tags: ['gguf']}],
		...network,
	});
	const pairs: Array<{readonly curl: number; readonly hashing: number; readonly pull: Transfer}> = [];
	for (let round = 0; round < rounds; round += 1)
		pairs.push({
			curl: await curl(hub, bytes),
			hashing: withHash ? hashRate() : Infinity,
			pull: await pull(hub, bytes),
		});
	const rates = {curl: median(pairs.map(pair => pair.curl)), pull: median(pairs.map(pair => pair.pull.bytesPerSecond))};
	const toCurl = median(pairs.map(pair => pair.pull.bytesPerSecond / pair.curl));
	const bases = pairs.map(pair => Math.min(pair.curl, pair.hashing));
	const toBase = median(pairs.map((pair, round) => pair.pull.bytesPerSecond / (bases[round] ?? Number.NaN)));
	const figures = {value: rates.pull / megabyte, unit: 'MB/s', direction: 'above'} as const;
	if (withHash) {
		print({name: `pull ÷ curl, ${title}`, ratio: toCurl, base: rates.curl / megabyte, ...figures});
		print({
			name: `pull ÷ the slower of curl and SHA-256 alone, ${title}`,
			ratio: toBase,
			base: median(bases) / megabyte,
			limit,
			...figures,
		});
	} else print({name: `pull ÷ curl, ${title}`, ratio: toCurl, base: rates.curl / megabyte, limit, ...figures});
	const resident = Math.max(...pairs.map(pair => pair.pull.residentBytes)) / megabyte;
	print({name: `memory of a pull above idle, ${title}`, value: resident, unit: 'MB', limit: 150});
}

/** A header that can be read, and then noise. */
function writeModel(at: string, bytes: number): void {
	const handle = openSync(at, 'w');
	const header = writeGguf(tinyLlama);
	writeSync(handle, header);
	for (let left = bytes - header.length, seed = 1; left > 0; left -= 16 * megabyte, seed += 1)
		writeSync(handle, seeded(seed, Math.min(left, 16 * megabyte)));
	closeSync(handle);
}

/** Bytes each second of SHA-256 alone, on one core. */
function hashRate(): number {
	const block = seeded(1, 4 * 2 ** 20);
	const hash = createHash('sha256');
	const start = performance.now();
	for (let count = 0; count < 100; count += 1) hash.update(block);
	hash.digest();
	return (100 * block.length * 1000) / (performance.now() - start);
}

async function curl(hub: HubProcess, bytes: number): Promise<number> {
	const to = path.join(folder, 'curl.gguf');
	const start = performance.now();
	const url = `${hub.endpoint}/${name}/resolve/main/${file}`;
	await new Promise<void>((resolve, reject) => {
		const child = spawn('curl', ['--location', '--silent', '--fail', '--noproxy', '*', '--output', to, url], {
			stdio: 'ignore',
		});
		child.once('error', reject);
		child.once('close', code => (code === 0 ? resolve() : reject(new Error(`curl ended with ${code}`))));
	});
	const rate = (bytes * 1000) / (performance.now() - start);
	rmSync(to);
	return rate;
}

async function pull(hub: HubProcess, bytes: number): Promise<Transfer> {
	const home = mkdtempSync(path.join(folder, 'home-'));
	const child = spawn(process.execPath, [mofaScript, 'pull', name, '--json'], {
		env: {
			PATH: process.env['PATH'],
			HOME: home,
			MOFA_HOME: path.join(home, 'mofa'),
			HF_HOME: path.join(home, 'hf'),
			HF_ENDPOINT: hub.endpoint,
			NO_PROXY: '*',
		},
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	let [start, end, idle, peak] = [0, 0, 0, 0];
	for await (const line of createInterface({input: child.stdout})) {
		const event = JSON.parse(line) as PullEvent;
		if (event.type === 'pull-start') [start, idle] = [performance.now(), resident(child.pid, 'VmRSS')];
		if (event.type === 'file-end') end = performance.now();
		peak = Math.max(peak, resident(child.pid, 'VmHWM'));
	}
	rmSync(home, {recursive: true, force: true});
	if (end === 0) throw new Error('the pull did not end');
	return {bytesPerSecond: (bytes * 1000) / (end - start), residentBytes: peak - idle};
}

/** 0 where the system does not tell, or the process has gone. */
function resident(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
	try {
		const status = readFileSync(`/proc/${pid}/status`, 'utf8');
		return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
	} catch {
		return 0;
	}
}
