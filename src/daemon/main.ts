import {mkdir, rm} from 'node:fs/promises';
import {MofaError} from '../contract/error.ts';
import {createApp} from '../http/app.ts';
import {listen, type Listening} from '../http/listen.ts';
import {takePidLock, type PidLock} from '../lib/pid-lock.ts';
import {version} from '../lib/version.ts';
import {currentPaths, type Paths} from '../settings/paths.ts';
import {readSettings, type Settings} from '../settings/settings.ts';
import {checkExposure, parseHost, type Host} from './address.ts';
import {compose, type Composition} from './compose.ts';
import {inRunners} from './engines.ts';
import {IdleTimer} from './idle.ts';
import {createLog, type Logger} from './log.ts';

export interface ServeOptions {
	/** Where to listen for HTTP; absent: the setting. */
	readonly host?: string | undefined;
	/** False: the local socket only. */
	readonly http?: boolean | undefined;
	/** Started by the command line: leaves by itself when nothing happens for a while. */
	readonly background?: boolean | undefined;
	/** Called once, when requests are answered. */
	readonly ready?: ((addresses: readonly string[]) => void) | undefined;
}

/** Milliseconds running answers get to end once someone asked the daemon to leave. */
const graceMs = 30_000;

/**
 * Runs the daemon until it is asked to leave: by a signal, by `POST /v1/shutdown`, or by having nothing to do.
 * Throws `network` when an address cannot be had, `invalid-request` for a bad setting.
 */
export async function serve(options: ServeOptions): Promise<void> {
	const paths = currentPaths();
	const settings = await readSettings(paths.settingsFile, process.env);
	const host = options.http === false ? null : parseHost(options.host ?? settings.host);
	checkExposure(host, settings.api_key);
	const lock = await claim(paths);
	try {
		await serveUntilAsked({...options, paths, settings, host, log: createLog(process.env['MOFA_LOG_LEVEL'] ?? 'info')});
	} finally {
		lock.release();
	}
}

interface Serving extends Omit<ServeOptions, 'host'> {
	readonly paths: Paths;
	readonly settings: Settings;
	readonly host: Host | null;
	readonly log: Logger;
}

async function serveUntilAsked(serving: Serving): Promise<void> {
	const {settings, paths, log, background = false} = serving;
	const leaving = leave(log);
	const state: {listening: Listening | null} = {listening: null};
	const composition = await compose({
		settings,
		paths,
		start: inRunners(line => log.info({part: 'runner'}, line)),
		complain: (plugin, problem) => log.warn({plugin, problem}, 'plugin'),
		address: () => state.listening?.addresses.find(address => address.startsWith('http')) ?? null,
		shutdown: () => leaving.now('asked over HTTP'),
	});
	logEvents(composition, log);
	const idle = new IdleTimer({
		afterMs: background ? settings.idle_exit : Infinity,
		busy: () =>
			composition.services.residents().length > 0 ||
			composition.scheduler.waiting > 0 ||
			(state.listening?.answering() ?? 0) > 0,
		leave: () => leaving.now('nothing to do'),
	});
	state.listening = await openDoors(composition, serving, () => idle.touch());
	log.info({version, pid: process.pid, addresses: state.listening.addresses}, 'daemon ready');
	serving.ready?.(state.listening.addresses);

	const because = await leaving.requested;
	log.info({because}, 'daemon leaving');
	idle.stop();
	await closeDown(composition, state.listening);
	log.info('daemon gone');
}

/** Held while the daemon lives, so that a socket found beside it was left by a dead one. */
async function claim({state, lock, socket}: Paths): Promise<PidLock> {
	await mkdir(state, {recursive: true, mode: 0o700});
	const taken = takePidLock(lock);
	if ('heldBy' in taken)
		throw new MofaError('network', {
			address: socket,
			problem: `a mofa daemon runs already, as process ${taken.heldBy}`,
			daemon: 'running',
		});
	if (process.platform !== 'win32') await rm(socket, {force: true});
	return taken;
}

/** The first reason to leave wins; a second signal does not wait for running answers. */
function leave(log: Logger): {now: (because: string) => void; requested: Promise<string>} {
	let now = (_because: string): void => undefined;
	const requested = new Promise<string>(resolve => {
		now = resolve;
	});
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		let heard = false;
		process.on(signal, () => {
			if (heard) process.exit(130);
			heard = true;
			now(signal);
		});
	}
	// One request's fault must not end the others; what reaches this is a fault of mofa itself, and is written down.
	process.on('uncaughtException', error => log.error({error: error.stack ?? String(error)}, 'uncaught'));
	process.on('unhandledRejection', error =>
		log.error({error: error instanceof Error ? error.stack : String(error)}, 'unhandled'),
	);
	return {now, requested};
}

/** In the background a taken port is no reason to fail: the local socket is what the command line needs. */
async function openDoors({services}: Composition, serving: Serving, touch: () => void): Promise<Listening> {
	const {settings, paths, host, log, background = false} = serving;
	const app = createApp(services, {
		...(settings.api_key === null ? {} : {apiKey: settings.api_key}),
		onInternal: error => log.error({error: error instanceof Error ? error.stack : String(error)}, 'internal'),
		onRequest: touch,
		imageUrls: settings.image_urls,
	});
	try {
		return await listen(app, {socketPath: paths.socket, ...(host === null ? {} : {host})});
	} catch (error) {
		if (!background || host === null || !MofaError.is(error, 'network') || error.data.address === paths.socket)
			throw error;
		log.warn({address: error.data.address, problem: error.data.problem}, 'HTTP is off: the address cannot be had');
		return listen(app, {socketPath: paths.socket});
	}
}

function logEvents({services}: Composition, log: Logger): void {
	services.onEvent(event => {
		if (event.type !== 'queue-changed') log.info(event, event.type);
	});
}

async function closeDown({scheduler, close}: Composition, listening: Listening): Promise<void> {
	close();
	const patience = AbortSignal.timeout(graceMs);
	await Promise.all([listening.close(patience), scheduler.drain(patience)]);
}
