import {MofaError} from '../../src/contract/error.ts';
import type {Ask, Lease, Leases, RunOptions} from '../../src/contract/lease.ts';
import type {DefaultModel} from '../../src/contract/progress.ts';
import type {
	DaemonEvent,
	DeviceReport,
	ModelDetails,
	ModelReport,
	PackReport,
	ResidentReport,
} from '../../src/contract/report.ts';
import type {EventOf, RequestOf, TaskName} from '../../src/contract/task.ts';
import type {Services} from '../../src/http/services.ts';
import type {ChatEvent} from '../../src/tasks/chat.ts';
import type {Usage} from '../../src/tasks/generation.ts';
import {builtInTasks} from '../../src/tasks/index.ts';
import {createPipelines} from '../../src/pipelines/create-pipelines.ts';
import {requestsOf} from '../../src/pipelines/requests-of.ts';
import {fakePlugin, fakeTask, fakeVoice} from './fake-client.ts';
import {fakeStore, type FakeStore} from './fake-store.ts';

export type Script = (
	ask: Ask<TaskName>,
	request: RequestOf<TaskName>,
	options: RunOptions,
) => AsyncIterable<EventOf<TaskName>>;

export interface FakeLeases extends Leases {
	readonly asks: Array<Ask<TaskName>>;
	readonly requests: Array<RequestOf<TaskName>>;
	/** Leases that have been granted and not given back. */
	held(): number;
	/** Resolves when none is held. */
	idle(): Promise<void>;
}

export interface FakeOptions {
	readonly script: Script;
	/** Before a lease is granted; may throw, report progress, wait. */
	readonly admit?: (ask: Ask<TaskName>) => Promise<void> | void;
}

/** Grants a lease for every model but `missing`, and plays the script under it. */
export function fakeLeases({script, admit}: FakeOptions): FakeLeases {
	const asks: Array<Ask<TaskName>> = [];
	const requests: Array<RequestOf<TaskName>> = [];
	let held = 0;
	const idle: Array<() => void> = [];
	const give = (): void => {
		held -= 1;
		if (held === 0) for (const resolve of idle.splice(0)) resolve();
	};
	return {
		asks,
		requests,
		held: () => held,
		idle: () =>
			new Promise(resolve => {
				if (held === 0) resolve();
				else idle.push(resolve);
			}),
		async lease<T extends TaskName>(ask: Ask<T>): Promise<Lease<T>> {
			asks.push(ask as unknown as Ask<TaskName>);
			if (ask.model === 'missing') throw new MofaError('model-not-found', {model: 'missing', similar: ['tiny']});
			await admit?.(ask as unknown as Ask<TaskName>);
			if (ask.signal?.aborted) throw new MofaError('cancelled', {});
			held += 1;
			let open = true;
			return {
				model: ask.model,
				waitedMs: 3,
				run: (request, options = {}) => {
					requests.push(request as RequestOf<TaskName>);
					return script(ask as unknown as Ask<TaskName>, request as RequestOf<TaskName>, options) as AsyncIterable<
						EventOf<T>
					>;
				},
				[Symbol.asyncDispose]: async () => {
					if (open) give();
					open = false;
				},
			};
		},
	};
}

export const usage: Usage = {promptTokens: 5, cachedTokens: 2, completionTokens: 3, promptMs: 1, completionMs: 2};

/** A script that says these pieces and stops, for both tasks. */
export function says(...pieces: string[]): Script {
	return async function* (ask) {
		for (const text of pieces) yield {type: 'text-delta', text};
		yield ending(ask);
	};
}

/** A script of exactly these chat events. */
export function plays(...events: ChatEvent[]): Script {
	return async function* () {
		yield* events;
	};
}

export function ending(ask: Ask<TaskName>): EventOf<TaskName> {
	return {type: ask.task === 'chat' ? 'chat-end' : 'completion-end', reason: 'stop', usage};
}

/** Resolves when the signal aborts, by throwing as a runner would. */
export function untilAborted(signal: AbortSignal | undefined): Promise<never> {
	return new Promise((_, reject) => {
		const stop = (): void => reject(new MofaError('cancelled', {}));
		if (signal?.aborted) stop();
		else signal?.addEventListener('abort', stop, {once: true});
	});
}

export const tiny: ModelReport = {
	name: 'org/tiny:Q8_0',
	tasks: ['chat', 'completion'],
	family: 'llama',
	format: 'gguf',
	quantization: 'Q8_0',
	parameters: 260_000,
	contextLength: 512,
	bytes: 1_185_504,
	presentBytes: 1_185_504,
	state: 'present',
	modifiedAt: '2026-01-02T03:04:05.000Z',
	lastUsedAt: null,
	source: 'hub-cache',
	origin: 'huggingface',
	aliases: [],
};

export const tinyDetails: ModelDetails = {
	...tiny,
	accepts: [],
	license: 'MIT',
	description: null,
	repository: 'org/tiny',
	commit: 'a'.repeat(40),
	revision: 'main',
	files: [{role: 'weights', path: '/models/tiny.gguf', bytes: 1_185_504, hash: 'b'.repeat(64)}],
	template: null,
	settings: {},
	metadata: {'general.architecture': 'llama'},
	choice: {ok: true, variant: 'Q8_0', adapter: 'gguf', accelerator: 'cpu', needs: {ram: 2e6}, passedOver: []},
};

export const pack: PackReport = {
	name: 'llama-cpu',
	backend: 'llama',
	summary: 'llama.cpp on the processor',
	version: '3.22.1',
	state: 'available',
	hint: null,
	recommended: true,
	downloadBytes: 3e7,
	installedBytes: 3e7,
	license: 'MIT',
	accelerator: 'cpu',
	buildMinutes: null,
};

const resident: ResidentReport = {
	name: tiny.name,
	state: 'ready',
	tasks: tiny.tasks,
	backend: 'llama',
	accelerator: 'cpu',
	footprint: {ram: 2e6},
	rss: 9e7,
	threads: 2,
	pid: 42,
	active: 0,
	slots: 4,
	contextLength: 512,
	loadedMs: 12,
	expiresAt: null,
	pinned: true,
};

const device: DeviceReport = {
	platform: 'linux',
	arch: 'x64',
	cpu: {model: 'some', features: ['avx2'], cores: 4, usableCores: 2, limitedBy: 'cgroup'},
	memory: {total: 8e9, available: 4e9, limit: null, budget: {ram: 3e9}},
	gpus: [],
	backends: [],
};

export interface FakeServices extends Services {
	readonly leases: FakeLeases;
	readonly calls: string[];
	readonly store: FakeStore;
	emit(event: DaemonEvent): void;
	listeners(): number;
}

export function fakeServices(
	options: FakeOptions = {script: says('Hel', 'lo')},
	store: FakeStore = fakeStore(),
): FakeServices {
	const calls: string[] = [];
	const listeners = new Set<(event: DaemonEvent) => void>();
	const emit = (event: DaemonEvent): void => {
		for (const listener of listeners) listener(event);
	};
	const leases = fakeLeases(options);
	const model = async (name: string): Promise<ModelDetails> => {
		calls.push(`model ${name}`);
		if (name === tiny.name || name.startsWith('/')) return {...tinyDetails, name};
		throw new MofaError('model-not-found', {model: name, similar: [tiny.name]});
	};
	const defaultModel = async (): Promise<DefaultModel> => ({
		model: tiny.name,
		because: 'it is the only one',
		toy: false,
	});
	return {
		...store,
		store,
		calls,
		emit,
		listeners: () => listeners.size,
		leases,
		tasks: builtInTasks,
		pipelines: createPipelines({
			leases,
			tasks: builtInTasks,
			defaultModel,
			model,
			accepts: async () => [],
			capacity: () => device.memory.budget,
		}),
		savedPipelines: async () => [],
		async savePipeline({name, pipeline}) {
			calls.push(`save ${name}`);
			return {
				name,
				description: null,
				pipeline,
				accepts: ['text'],
				emits: ['text'],
				tasks: ['chat'],
				savedAt: '2026-01-01T00:00:00.000Z',
			};
		},
		requestsOf: (task, inputs, request) => {
			const known = builtInTasks[task];
			return known === undefined ? [] : requestsOf(known, inputs, request);
		},
		describeTasks: async () => [fakeTask()],
		plugins: async () => [fakePlugin()],
		async reloadPlugins() {
			calls.push('reload plugins');
			return [fakePlugin()];
		},
		version: () => ({
			name: 'mofa',
			version: '1.2.3',
			pid: process.pid,
			protocol: 1,
			address: null,
			startedAt: '2026-01-01T00:00:00.000Z',
		}),
		models: async () => [tiny],
		model,
		defaultModel,
		modelFor: async name => (/^(tts-1|dall-e-\d)$/.test(name) ? tiny.name : name),
		voices: async () => [fakeVoice()],
		async removeModel(name, {force}) {
			calls.push(`remove ${name} ${force}`);
			if (!force) throw new MofaError('model-in-use', {model: name, leases: 1});
			return {freedBytes: 7};
		},
		residents: () => [resident],
		async unload(name) {
			calls.push(`unload ${name}`);
		},
		device: async () => device,
		packs: async () => [pack],
		async *installPack(name, signal) {
			calls.push(`install ${name}`);
			if (name !== pack.name) throw new MofaError('invalid-request', {path: 'name', expected: 'a pack'});
			yield {type: 'pack-progress', phase: 'download', bytes: 1, totalBytes: 2};
			if (signal.aborted) throw new MofaError('cancelled', {});
			yield {type: 'pack-end', pack: {...pack, state: 'installed'}};
		},
		async removePack(name) {
			calls.push(`remove pack ${name}`);
			return {freedBytes: 3};
		},
		onEvent(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		shutdown() {
			calls.push('shutdown');
			emit({type: 'daemon-stopping'});
		},
	};
}

/** A script that fails before it has said anything. */
export function fails(error: Error): Script {
	return () => ({
		[Symbol.asyncIterator]: () => ({
			next: async () => {
				throw error;
			},
		}),
	});
}

/** A promise that the test settles. */
export function gate(): {readonly opened: Promise<void>; readonly open: () => void} {
	let open = (): void => undefined;
	const opened = new Promise<void>(resolve => {
		open = resolve;
	});
	return {opened, open: () => open()};
}
