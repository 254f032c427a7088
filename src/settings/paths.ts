import os from 'node:os';
import path from 'node:path';
import {shortHash} from '../lib/short-hash.ts';

/** Where mofa keeps things. Nothing is created here; whoever writes a file makes its folder. */
export interface Paths {
	readonly config: string;
	/** What would be missed: backend packs, plugins, sessions, aliases. */
	readonly data: string;
	/** What may be lost: logs, history, measurements, the lock. */
	readonly state: string;
	readonly settingsFile: string;
	readonly socket: string;
	readonly lock: string;
	readonly log: string;
	readonly history: string;
	readonly sessions: string;
	readonly packs: string;
	readonly plugins: string;
	readonly measurements: string;
	/** The Hugging Face hub cache, shared with every other tool that reads it. */
	readonly hubCache: string;
}

export interface PathSources {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly platform: NodeJS.Platform;
	readonly home: string;
	readonly temporary: string;
}

/** Longest socket path the kernel accepts, macOS being the strictest. */
const socketPathLimit = 103;

/**
 * XDG on Linux, `~/Library` on macOS, `%LOCALAPPDATA%` on Windows. `MOFA_HOME` puts everything but the model cache
 * in one folder instead.
 */
export function pathsFrom(sources: PathSources): Paths {
	const {config, data, state} = folders(sources);
	return {
		config,
		data,
		state,
		settingsFile: path.join(config, 'settings.json'),
		socket: socketPath(sources, state),
		lock: path.join(state, 'daemon.lock'),
		log: path.join(state, 'daemon.log'),
		history: path.join(state, 'history.jsonl'),
		sessions: path.join(data, 'sessions'),
		packs: path.join(data, 'backends'),
		plugins: path.join(data, 'plugins'),
		measurements: path.join(state, 'measurements.json'),
		hubCache: hubCache(sources),
	};
}

export function currentPaths(): Paths {
	return pathsFrom({env: process.env, platform: process.platform, home: os.homedir(), temporary: os.tmpdir()});
}

function folders({env, platform, home}: PathSources): {config: string; data: string; state: string} {
	const own = env['MOFA_HOME'];
	if (own) return {config: own, data: own, state: path.join(own, 'state')};
	if (platform === 'darwin') {
		const support = path.join(home, 'Library', 'Application Support', 'mofa');
		return {config: support, data: support, state: path.join(home, 'Library', 'Logs', 'mofa')};
	}
	if (platform === 'win32') {
		const local = path.join(env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local'), 'mofa');
		return {config: local, data: local, state: path.join(local, 'state')};
	}
	const xdg = (name: string, fallback: string): string => path.join(env[name] || path.join(home, fallback), 'mofa');
	return {
		config: xdg('XDG_CONFIG_HOME', '.config'),
		data: xdg('XDG_DATA_HOME', '.local/share'),
		state: xdg('XDG_STATE_HOME', '.local/state'),
	};
}

/** Beside the state; where that path is too long for a socket, in the temporary folder under a name made from it. */
function socketPath({platform, temporary}: PathSources, state: string): string {
	if (platform === 'win32') return `\\\\.\\pipe\\mofa-${shortHash(state)}`;
	const beside = path.join(state, 'daemon.sock');
	return Buffer.byteLength(beside) <= socketPathLimit ? beside : path.join(temporary, `mofa-${shortHash(state)}.sock`);
}

function hubCache({env, home}: PathSources): string {
	const cacheHome = env['XDG_CACHE_HOME'] || path.join(home, '.cache');
	return env['HF_HUB_CACHE'] || path.join(env['HF_HOME'] || path.join(cacheHome, 'huggingface'), 'hub');
}
