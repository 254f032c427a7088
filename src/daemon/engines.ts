import path from 'node:path';
import type {AnyEngine} from '../contract/engine.ts';
import type {MofaError} from '../contract/error.ts';
import {packageRoot} from '../lib/package-root.ts';
import {largePagesEnvironment} from '../backends/llama/large-pages.ts';
import {startRunner} from '../backends/worker/start-runner.ts';
import type {LoadedEngine} from '../scheduler/loader.ts';
import type {StartEngine} from './loader.ts';

/** Every engine in a process of its own: what it breaks is its own. */
export function inRunners(log: (line: string) => void): StartEngine {
	const entry = path.join(packageRoot(), 'dist', 'runner.js');
	return ({adapter, model, settings, device}, {threads, signal, progress}) =>
		startRunner({
			entry,
			adapter: adapter.name,
			...(adapter.plugin === undefined ? {} : {plugin: adapter.plugin}),
			model,
			device,
			threads,
			settings,
			...(adapter.backend === 'llama' ? {env: largePagesEnvironment(process.env)} : {}),
			signal,
			progress,
			log: line => log(`${model.manifest.name}: ${line}`),
		});
}

/**
 * In this process, for `--no-daemon` and the library: nothing to start, nothing between it and the caller. Weights lie in small
 * pages here: the C library reads whether to ask for large ones as a process starts, and to start another for that would be a
 * runner again. Where a user has set it (`GLIBC_TUNABLES=glibc.malloc.hugetlb=1`) they are large here too.
 */
export const inThisProcess: StartEngine = async ({adapter, model, settings, device}, {threads, signal, progress}) => {
	const engine = await adapter.load(model, {settings, device, threads, signal, progress});
	return new LocalEngine(engine);
};

/** It cannot die without taking this process along, so `died` never settles. */
class LocalEngine implements LoadedEngine {
	readonly #engine: AnyEngine;
	readonly pid: number = process.pid;
	readonly died: Promise<MofaError> = new Promise(() => undefined);
	readonly shrink: () => Promise<void>;
	readonly setThreads: (count: number) => void;

	constructor(engine: AnyEngine) {
		this.#engine = engine;
		this.shrink = async () => engine.shrink?.();
		this.setThreads = count => engine.setThreads?.(count);
	}

	get tasks(): AnyEngine['tasks'] {
		return this.#engine.tasks;
	}

	get footprint(): AnyEngine['footprint'] {
		return this.#engine.footprint;
	}

	get reclaimable(): NonNullable<AnyEngine['reclaimable']> {
		return this.#engine.reclaimable ?? {};
	}

	get facts(): NonNullable<AnyEngine['facts']> {
		return this.#engine.facts ?? {};
	}

	get slots(): number {
		return this.#engine.slots;
	}

	get usefulThreads(): number {
		return this.#engine.usefulThreads;
	}

	rss(): number {
		return process.memoryUsage.rss();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#engine[Symbol.asyncDispose]();
	}
}
