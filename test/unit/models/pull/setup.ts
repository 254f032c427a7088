import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, onTestFinished} from 'vitest';
import {createHub} from '../../../../src/models/hub/create-hub.ts';
import type {Hub} from '../../../../src/models/hub/hub.ts';
import {hubSettings} from '../../../../src/models/hub/hub-settings.ts';
import {pullVariant, type FetchEvent, type PulledFile} from '../../../../src/models/pull/pull-variant.ts';
import type {RemoteVariant} from '../../../../src/models/remote-model.ts';
import {seeded, type Content, type HubRepository} from '../../../fixtures/hub/repository.ts';
import {startHub, type HubServer, type HubServerOptions} from '../../../fixtures/hub/start-hub.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

export const megabyte: number = 2 ** 20;

export interface PullSetup {
	readonly server: HubServer;
	readonly repository: HubRepository;
	readonly hub: Hub;
	readonly cache: string;
	readonly state: string;
	readonly variant: RemoteVariant;
	readonly totalBytes: number;
	/** Every file of the repository as it is now. */
	describe(): Promise<RemoteVariant>;
	pull(options?: PullWishes): Promise<{readonly events: readonly FetchEvent[]; readonly files: readonly PulledFile[]}>;
	/** Every file of the variant is in the cache with the content it should have. */
	expectRight(): void;
}

export interface PullWishes {
	readonly variant?: RemoteVariant;
	readonly signal?: AbortSignal;
	readonly stallMs?: number;
	readonly onEvent?: (event: FetchEvent) => void;
}

const name = 'org/model';
const standard: Readonly<Record<string, Content>> = {
	'config.json': Buffer.from('{"model_type": "test"}'),
	'onnx/tokenizer.json': seeded(3, 2000),
	'model-Q8_0.gguf': {seed: 7, bytes: 25 * megabyte + 12_345},
};

/** A model of three files on a Hub of its own, and an empty cache. */
export async function openPull(
	options: Omit<HubServerOptions, 'repositories'> = {},
	files: Readonly<Record<string, Content>> = standard,
): Promise<PullSetup> {
	const repository: HubRepository = {name, files};
	const server = await startHub({...options, repositories: [repository]});
	onTestFinished(() => server.close());
	const hub = createHub({settings: hubSettings({HF_ENDPOINT: server.endpoint}, '/nowhere')});
	onTestFinished(() => hub.close());
	const folder = temporaryFolder();
	const [cache, state] = [path.join(folder, 'hub'), path.join(folder, 'state')];
	const describe = async (): Promise<RemoteVariant> => describeAll(hub, server.commitOf(name));
	const variant = await describe();
	const pull: PullSetup['pull'] = async ({onEvent, ...wishes} = {}) => {
		const model = {name, repository: name, revision: 'main'};
		const signal = new AbortController().signal;
		const events: FetchEvent[] = [];
		const pulling = pullVariant({hub, cache, state, model, variant, fit: null, signal, ...wishes});
		for (;;) {
			const {value, done} = await pulling.next();
			if (done === true) return {events, files: value};
			events.push(value);
			onEvent?.(value);
		}
	};
	return {
		server,
		repository,
		hub,
		cache,
		state,
		variant,
		totalBytes: variant.files.reduce((sum, {bytes}) => sum + bytes, 0),
		describe,
		pull,
		expectRight() {
			for (const {file, sha256: hash, blobId} of variant.files) {
				const content = readFileSync(path.join(cacheOf({cache, variant}).snapshot, ...file.split('/')));
				expect(hash === null ? gitSha1(content) : sha256(content)).toBe(hash ?? blobId);
			}
		},
	};
}

async function describeAll(hub: Hub, commit: string): Promise<RemoteVariant> {
	const files = await hub.tree(name, commit, new AbortController().signal);
	return {
		variant: {tag: 'Q8_0', format: 'gguf', files: []},
		repository: name,
		commit,
		files: files.filter(({file}) => file !== 'README.md').map(file => Object.assign({role: file.file}, file)),
		runs: true,
		because: null,
	};
}

export function cacheOf(
	{cache, variant}: Pick<PullSetup, 'cache' | 'variant'>,
	commit: string = variant.commit,
): {readonly root: string; readonly blobs: string; readonly snapshot: string; readonly refs: string} {
	const root = path.join(cache, 'models--org--model');
	return {
		root,
		blobs: path.join(root, 'blobs'),
		snapshot: path.join(root, 'snapshots', commit),
		refs: path.join(root, 'refs'),
	};
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function gitSha1(content: Buffer): string {
	return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
