import {spawn} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {mkdir, rename, rm, utimes} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type {Device} from '../../contract/backend.ts';
import {MofaError} from '../../contract/error.ts';
import type {InstallProgress} from '../../contract/progress.ts';
import type {Pack, PackBuild} from './pack.ts';

export interface BuildOptions {
	readonly pack: Pack;
	readonly build: PackBuild;
	/** Holds the unpacked packages; afterwards the entry and nothing else. */
	readonly staging: string;
	readonly jobs: number;
	readonly signal: AbortSignal;
}

/** Bytes that one compiler takes with the largest file there is. */
const compilerBytes = 1.5e9;

/** Compilers at the same time: as many as there are cores, and memory. Pure. */
export function jobsFor({cores, pools}: Device): number {
	const memory = Math.max(...Object.values(pools).filter(Number.isFinite), 0);
	return Math.max(1, Math.min(cores, Math.floor(memory / compilerBytes)));
}

/**
 * Makes the entry of a pack from the source that its packages carry, behind whatever else this machine does.
 * Throws `backend-unavailable` with the compiler's first error; what the signal says where it aborts, with every process gone.
 */
export async function* buildPack({pack, build, staging, jobs, signal}: BuildOptions): AsyncGenerator<InstallProgress> {
	const source = path.join(staging, 'source');
	const made = path.join(staging, 'build');
	const variables = Object.entries(build.variables).map(([name, value]) => `-D${name}=${value}`);
	const steps = [
		['git', 'clone', '--quiet', path.join(staging, build.source), source],
		['cmake', '-S', source, '-B', made, ...variables],
		['cmake', '--build', made, '--config', 'Release', '--target', build.target, '--parallel', String(jobs)],
	];
	yield {type: 'pack-progress', phase: 'build', fraction: 0};
	for (const [program = '', ...words] of steps)
		for await (const fraction of runStep(program, words, pack, signal)) {
			// Whoever looks for what was left behind goes by this.
			await utimes(staging, new Date(), new Date());
			yield {type: 'pack-progress', phase: 'build', fraction};
		}
	const entry = path.join(staging, pack.entry);
	await mkdir(path.dirname(entry), {recursive: true});
	await rename(path.join(made, build.product), entry);
	await Promise.all(['source', 'build', 'node_modules'].map(name => removeFolder(path.join(staging, name))));
}

const removeFolder = (folder: string): Promise<void> => rm(folder, {recursive: true, force: true, maxRetries: 3});

/** Runs one program of the build and gives how far it says it is, when that has changed. */
async function* runStep(
	program: string,
	words: readonly string[],
	pack: Pack,
	signal: AbortSignal,
): AsyncGenerator<number> {
	signal.throwIfAborted();
	// A group of its own: the compilers below it are ended with it.
	const child = spawn(program, words, {stdio: ['ignore', 'pipe', 'pipe'], detached: true, windowsHide: true});
	const end = (): void => endGroup(child.pid);
	signal.addEventListener('abort', end);
	let said = '';
	const keep = (text: string): void => {
		said = `${said.slice(0, firstWords)}${`${said.slice(firstWords)}${text}`.slice(-lastWords)}`;
	};
	const outcome = new Promise<number | null>(resolve => {
		child.once('error', error => {
			keep(error.message);
			resolve(null);
		});
		child.once('close', resolve);
	});
	child.stderr.setEncoding('utf8').on('data', keep);
	if (child.pid !== undefined) yieldToOthers(child.pid);
	try {
		let told = -1;
		for await (const text of child.stdout.setEncoding('utf8')) {
			keep(String(text));
			const fraction = progressIn(String(text));
			if (fraction === null || fraction <= told) continue;
			told = fraction;
			yield fraction;
		}
		const code = await outcome;
		signal.throwIfAborted();
		if (code === 0) return;
		const hint = `it could not be built: ${problemIn(said)}`;
		throw new MofaError('backend-unavailable', {backend: pack.backend, reason: 'crashed', hint});
	} finally {
		signal.removeEventListener('abort', end);
		end();
	}
}

/** Characters of what it says that are kept: an error of the compiler may be followed by much. */
const firstWords = 20_000;
const lastWords = 20_000;

/** How far the last line is that tells it, as make (`[ 42%]`) and ninja (`[12/345]`) do; null where none does. Pure. */
export function progressIn(text: string): number | null {
	const [, percent, step, steps] = [...text.matchAll(/^\[ *(?:(\d+)%|(\d+)\/(\d+))\]/gm)].at(-1) ?? [];
	if (percent !== undefined) return Math.min(1, Number(percent) / 100);
	return step === undefined ? null : Math.min(1, Number(step) / Math.max(1, Number(steps)));
}

/** The line that says most. Pure. */
export function problemIn(said: string): string {
	const lines = said
		.split('\n')
		.map(line => line.trim())
		.filter(line => line !== '');
	const line = lines.find(text => /\b(fatal )?error\b/i.test(text) && !/^\[ *\d/.test(text)) ?? lines.at(-1);
	return line?.slice(0, 300) ?? 'it gave no reason';
}

function yieldToOthers(pid: number): void {
	try {
		os.setPriority(pid, os.constants.priority.PRIORITY_BELOW_NORMAL);
		// Linux weighs sessions before processes, and this is one of its own.
		if (process.platform === 'linux') writeFileSync(`/proc/${pid}/autogroup`, '10');
	} catch {
		// Over already, or not allowed here: then it is built beside the others and not behind them.
	}
}

function endGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// Nobody is left in it.
	}
}
