import {constants} from 'node:fs';
import {access, statfs} from 'node:fs/promises';
import path from 'node:path';
import {findRecorder, recorderNames} from '../listen/recorder.ts';
import {findPlayer, playerNames} from '../speak/player.ts';
import {explain} from '../../client/explain.ts';
import type {CheckReport} from '../../contract/report.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {findProgram} from '../../lib/ffmpeg.ts';
import {currentPaths} from '../../settings/paths.ts';
import {readSettings, settingsTable} from '../../settings/settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Less than this, and the next model or pack will not fit. */
const littleSpace = 1e9;

export function checkNode(version: string = process.versions.node): CheckReport {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const ok = major > 20 || (major === 20 && minor >= 19);
	return {name: 'node', ok, found: version, next: ok ? null : 'install Node 20.19 or newer: nodejs.org'};
}

export async function checkFolders(): Promise<readonly CheckReport[]> {
	const {config, data, state, hubCache} = currentPaths();
	const folders = {settings: config, data, state, models: hubCache};
	return Promise.all(Object.entries(folders).map(([name, folder]) => checkFolder(`${name} folder`, folder)));
}

export async function checkFolder(name: string, folder: string): Promise<CheckReport> {
	const existing = await nearestFolder(folder);
	try {
		await access(existing, constants.W_OK);
		return {name, ok: true, found: existing === folder ? folder : `${folder} (not made yet)`, next: null};
	} catch {
		return {name, ok: false, found: `${folder} cannot be written`, next: `make ${existing} writable for this user`};
	}
}

export async function checkDisk(): Promise<readonly CheckReport[]> {
	const {data, hubCache} = currentPaths();
	const checks = [];
	for (const [name, folder] of Object.entries({'disk of data': data, 'disk of models': hubCache})) {
		try {
			const {bavail, bsize} = await statfs(await nearestFolder(folder));
			const free = bavail * bsize;
			const ok = free >= littleSpace;
			checks.push({
				name,
				ok,
				found: `${formatByteSize(free)} free`,
				next: ok ? null : 'free some space; mofa list shows what models take',
			});
		} catch (error) {
			checks.push({
				name,
				ok: false,
				found: error instanceof Error ? error.message : String(error),
				next: `look at ${folder}`,
			});
		}
	}
	return checks;
}

export async function checkSettings(env: Environment): Promise<CheckReport> {
	const {settingsFile} = currentPaths();
	try {
		await readSettings(settingsFile, env);
		return {name: 'settings', ok: true, found: settingsFile, next: null};
	} catch (error) {
		const {message} = explain(error);
		return {name: 'settings', ok: false, found: message, next: `correct it: mofa config set, or edit ${settingsFile}`};
	}
}

const watched = [
	'HTTPS_PROXY',
	'HTTP_PROXY',
	'NO_PROXY',
	'HF_HOME',
	'HF_HUB_CACHE',
	'HF_ENDPOINT',
	'HF_TOKEN',
	'MOFA_HOME',
	'CUDA_VISIBLE_DEVICES',
	'NODE_OPTIONS',
];

/** A machine without loudspeakers is in good health. */
export async function checkPlayer(env: Environment): Promise<CheckReport> {
	const player = await findPlayer(env['PATH'] ?? '');
	const found = player === null ? `nothing that plays it: ${playerNames} would` : player.file;
	return {name: 'sound', ok: true, found, next: null};
}

/** Nor is one without a microphone ill. */
export async function checkRecorder(env: Environment): Promise<CheckReport> {
	const recorder = await findRecorder(env['PATH'] ?? '');
	const found = recorder === null ? `nothing that records it: ${recorderNames()} would` : recorder.file;
	return {name: 'microphone', ok: true, found, next: null};
}

export async function checkFfmpeg(env: Environment): Promise<CheckReport> {
	const file = await findProgram('ffmpeg', env['PATH'] ?? '');
	const found = `wav, mp3, flac, ogg, opus and webm${file === null ? '; with ffmpeg also m4a and more' : `; the rest through ${file}`}`;
	return {name: 'sound files', ok: true, found, next: null};
}

/** What in the environment changes how mofa behaves. Names of secrets, never their values. */
export function checkEnvironment(env: Environment): readonly CheckReport[] {
	const names = [
		...watched,
		...watched.map(name => name.toLowerCase()),
		...settingsTable.map(({environment}) => environment),
	];
	return [...new Set(names)]
		.filter(name => env[name])
		.map(name => ({name, ok: true, found: /KEY|TOKEN|PROXY/i.test(name) ? 'set' : (env[name] ?? ''), next: null}));
}

async function nearestFolder(folder: string): Promise<string> {
	try {
		await access(folder);
		return folder;
	} catch {
		const parent = path.dirname(folder);
		return parent === folder ? folder : nearestFolder(parent);
	}
}
