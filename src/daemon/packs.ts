import path from 'node:path';
import type {Device} from '../contract/backend.ts';
import {MofaError} from '../contract/error.ts';
import type {InstallEvent} from '../contract/progress.ts';
import type {PackReport} from '../contract/report.ts';
import {findPack, readCatalogue, readClosure} from '../backends/packs/catalogue.ts';
import {jobsFor} from '../backends/packs/build.ts';
import {installPack} from '../backends/packs/install.ts';
import {installedEntry, installedVersions, packFolder, removeInstalled} from '../backends/packs/installed.ts';
import {currentPlatform, type Pack} from '../backends/packs/pack.ts';
import {recommendPack, supports} from '../backends/packs/recommend.ts';

export interface PacksOptions {
	/** `registry/backends`. */
	readonly catalogue: string;
	/** Where packs are installed. */
	readonly root: string;
	readonly device: Device;
	/** Whether a backend's runtime comes with the source tree. */
	readonly inCheckout: (backend: string) => boolean;
	/** Called when what is installed has changed; whoever asked hears of it only then, or would find the old state. */
	readonly changed: () => Promise<void>;
}

/** Backend packs as the daemon offers them: listed, installed, removed. */
export class Packs {
	readonly #options: PacksOptions;

	constructor(options: PacksOptions) {
		this.#options = options;
	}

	async list(): Promise<readonly PackReport[]> {
		const packs = await readCatalogue(this.#options.catalogue);
		return Promise.all(packs.map(pack => this.#report(pack, packs)));
	}

	/** The pack that would make a backend usable on this machine; undefined when none exists. */
	async recommended(backend: string): Promise<Pack | undefined> {
		return recommendPack(await readCatalogue(this.#options.catalogue), backend, this.#options.device);
	}

	/** Absolute path of the module that runs a backend: the recommended pack's, else any installed one's; null when none is. */
	async runtime(backend: string): Promise<{readonly entry: string; readonly accelerator: string} | null> {
		const packs = await readCatalogue(this.#options.catalogue);
		const best = recommendPack(packs, backend, this.#options.device);
		for (const pack of [best, ...packs.filter(other => other.backend === backend)].filter(pack => pack !== undefined)) {
			const entry = await installedEntry(this.#options.root, pack);
			if (entry !== null) return {entry, accelerator: pack.accelerator};
		}
		return null;
	}

	/** Where the module of the recommended pack stands once that is installed, be it or not; null when there is none. */
	async place(backend: string): Promise<string | null> {
		const pack = await this.recommended(backend);
		return pack === undefined ? null : path.join(packFolder(this.#options.root, pack), pack.entry);
	}

	async *install(name: string, signal: AbortSignal): AsyncGenerator<InstallEvent> {
		const {catalogue, root, device} = this.#options;
		const packs = await readCatalogue(catalogue);
		const pack = findPack(packs, name);
		const platform = pack.platforms[currentPlatform];
		if (platform === undefined)
			throw new MofaError('backend-unavailable', {
				backend: pack.backend,
				reason: 'unsupported',
				hint: unsupportedHint(pack),
			});
		if ((await installedEntry(root, pack)) === null) {
			const closure = await readClosure(catalogue, pack);
			yield* installPack({pack, platform, closure, root, jobs: jobsFor(device), signal});
			await this.#options.changed();
		}
		yield {type: 'pack-end', pack: await this.#report(pack, packs)};
	}

	async remove(name: string): Promise<{readonly freedBytes: number}> {
		const pack = findPack(await readCatalogue(this.#options.catalogue), name);
		const freedBytes = await removeInstalled(this.#options.root, pack.name);
		await this.#options.changed();
		return {freedBytes};
	}

	async #report(pack: Pack, packs: readonly Pack[]): Promise<PackReport> {
		const {root, device, inCheckout} = this.#options;
		const platform = pack.platforms[currentPlatform];
		const versions = await installedVersions(root, pack.name);
		const state = packState(pack, versions, {
			supported: supports(pack, device),
			inCheckout: inCheckout(pack.backend) && pack.accelerator === 'cpu',
		});
		return {
			name: pack.name,
			backend: pack.backend,
			summary: pack.summary,
			version: pack.version,
			state,
			hint: state === 'unsupported' ? unsupportedHint(pack) : null,
			recommended: recommendPack(packs, pack.backend, device) === pack,
			downloadBytes: platform?.downloadBytes ?? null,
			// Of what is fetched for a build, little stays, and how much nobody knows before.
			installedBytes: pack.build === undefined ? (platform?.installedBytes ?? null) : null,
			license: pack.license,
			accelerator: pack.accelerator,
			buildMinutes: pack.build?.minutes ?? null,
		};
	}
}

function packState(
	pack: Pack,
	versions: readonly string[],
	{supported, inCheckout}: {readonly supported: boolean; readonly inCheckout: boolean},
): PackReport['state'] {
	if (!supported) return 'unsupported';
	if (versions.includes(pack.version)) return 'installed';
	if (versions.length > 0) return 'outdated';
	return inCheckout ? 'checkout' : 'available';
}

function unsupportedHint(pack: Pack): string {
	return `there is no build for ${currentPlatform}; there is one for ${Object.keys(pack.platforms).join(', ')}`;
}
