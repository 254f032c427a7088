import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import {createApp} from '../../src/http/app.ts';
import {listen, type Listening} from '../../src/http/listen.ts';
import type {AppOptions} from '../../src/http/options.ts';
import type {Services} from '../../src/http/services.ts';

export interface Served {
	/** `http://127.0.0.1:PORT` */
	readonly url: string;
	readonly socketPath: string;
	readonly listening: Listening;
}

/** The app on a real port and a real socket, until the test is over. */
export async function serveApp(services: Services, options: AppOptions = {}): Promise<Served> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-http-'));
	const socketPath = path.join(folder, 'daemon.sock');
	const host = {hostname: '127.0.0.1', port: 0};
	const listening = await listen(createApp(services, options), {socketPath, host});
	onTestFinished(async () => {
		await listening.close(AbortSignal.abort());
		await rm(folder, {recursive: true, force: true});
	});
	const url = listening.addresses.find(address => address.startsWith('http://')) ?? '';
	return {url, socketPath, listening};
}
