import type {Client, InstallEvent, LoadEvent, RunAsk, RunEvent} from '../../src/client/client.ts';
import {MofaError} from '../../src/contract/error.ts';
import type {
	PipelineAsk,
	PipelineEvent,
	PipelinePlan,
	PipelineSpec,
	SavedPipeline,
} from '../../src/contract/pipeline.ts';
import type {
	DeviceReport,
	ModelDetails,
	ModelReport,
	PackReport,
	ResidentReport,
	VoiceReport,
} from '../../src/contract/report.ts';
import type {PluginReport, TaskReport} from '../../src/contract/plugin.ts';
import type {TaskName} from '../../src/contract/task.ts';
import {fakeStore} from './fake-store.ts';

/** The first two, as far as most tests are about them. */
export type FakeAsk = RunAsk<'chat'> | RunAsk<'completion'>;

/** What a fake client knows and how it answers; everything has a plain default. */
export interface FakeClientOptions {
	readonly models?: readonly ModelDetails[];
	readonly residents?: readonly ResidentReport[];
	readonly packs?: readonly PackReport[];
	readonly device?: DeviceReport;
	/** Why the default model is that. */
	readonly because?: string;
	/** Called for each `run`, with the number of earlier ones. */
	readonly answer?: (ask: FakeAsk, earlier: number) => AsyncIterable<unknown>;
	readonly plan?: (pipeline: PipelineSpec) => PipelinePlan;
	readonly saved?: readonly SavedPipeline[];
	readonly pipe?: (ask: PipelineAsk) => AsyncIterable<PipelineEvent>;
	readonly tasks?: readonly TaskReport[];
	readonly plugins?: readonly PluginReport[];
	/** What inputs of any task are answered with. */
	readonly events?: readonly unknown[];
}

export interface FakeClient extends Client {
	readonly asks: ReadonlyArray<FakeAsk>;
	/** Calls that change something, as `method argument`. */
	readonly calls: readonly string[];
}

export const usage = {promptTokens: 26, cachedTokens: 6, completionTokens: 259, promptMs: 130, completionMs: 4200};

/** A `Client` that answers from data, and remembers what was asked. */
export function fakeClient(options: FakeClientOptions = {}): FakeClient {
	const models = options.models ?? [fakeModel()];
	const asks: Array<FakeAsk> = [];
	const calls: string[] = [];
	const find = (name: string): ModelDetails => {
		const found = models.find(model => model.name === name);
		if (found === undefined) throw new MofaError('model-not-found', {model: name, similar: []});
		return found;
	};
	return {
		...fakeStore(),
		asks,
		calls,
		version: async () => ({
			name: 'mofa',
			version: '0.0.0-source',
			pid: 4242,
			protocol: 1,
			address: 'http://127.0.0.1:8420',
			startedAt: '2026-01-01T00:00:00.000Z',
		}),
		run<T extends TaskName>(ask: RunAsk<T>): AsyncIterable<RunEvent<T>> {
			const known = ask as unknown as FakeAsk;
			asks.push(known);
			return (options.answer ?? sayHello)(known, asks.length - 1) as AsyncIterable<RunEvent<T>>;
		},
		async planPipeline(pipeline) {
			return (options.plan ?? fakePlan)(pipeline);
		},
		runPipeline: ask => (options.pipe ?? unpiped)(ask),
		describeTasks: async () => options.tasks ?? [fakeTask()],
		async *runInputs(ask) {
			calls.push(`runInputs ${ask.task} ${ask.model} ${JSON.stringify(ask.inputs)} ${JSON.stringify(ask.request)}`);
			yield* (options.events ?? []) as ReadonlyArray<RunEvent<TaskName>>;
		},
		plugins: async () => options.plugins ?? [],
		async reloadPlugins() {
			calls.push('reloadPlugins');
			return options.plugins ?? [];
		},
		savedPipelines: async () => options.saved ?? [],
		async savePipeline({name, description = null, pipeline, force = false}) {
			calls.push(`savePipeline ${name}${force ? ' force' : ''}`);
			const savedAt = '2026-01-01T00:00:00.000Z';
			return {name, description, pipeline, accepts: ['text'], emits: ['text'], tasks: ['chat'], savedAt};
		},
		models: async () => models.map(modelReport),
		model: async name => find(name),
		async defaultModel(task) {
			if (task === 'speech') return {model: 'voice', because: 'the built-in voice', toy: false};
			const because = options.because ?? (task === 'transcription' ? 'the only one' : 'the built-in guide, a toy');
			return {model: models[0]?.name ?? 'guide', because, toy: because.includes('a toy')};
		},
		voices: async () => [fakeVoice(), fakeVoice({name: 'rms', description: null, isDefault: false})],
		async removeModel(name, {force}) {
			calls.push(`removeModel ${name}${force ? ' force' : ''}`);
			const isAlias = models.some(({aliases}) => aliases.some(alias => alias.toLowerCase() === name.toLowerCase()));
			return {freedBytes: isAlias ? 0 : find(name).bytes};
		},
		residents: async () => options.residents ?? [],
		async *load({model}): AsyncGenerator<LoadEvent> {
			calls.push(`load ${model}`);
			yield {type: 'load-end', model: find(model).name, waitedMs: 1};
		},
		async unload(name) {
			calls.push(`unload ${name}`);
		},
		device: async () => options.device ?? fakeDevice(),
		packs: async () => options.packs ?? [fakePack()],
		async *installPack(name): AsyncGenerator<InstallEvent> {
			calls.push(`installPack ${name}`);
			yield {type: 'pack-progress', phase: 'download', bytes: 5, totalBytes: 10} as InstallEvent;
			yield {type: 'pack-end', pack: fakePack({name, state: 'installed'})};
		},
		async removePack(name) {
			calls.push(`removePack ${name}`);
			return {freedBytes: 40_000_000};
		},
		async *events() {},
		async shutdown() {
			calls.push('shutdown');
		},
		async [Symbol.asyncDispose]() {
			calls.push('dispose');
		},
	};
}

async function* sayHello(ask: FakeAsk): AsyncGenerator<unknown> {
	yield {type: 'load-end', model: ask.model, waitedMs: 100};
	yield {type: 'text-delta', text: 'Hello'};
	yield {type: 'text-delta', text: ' there.'};
	yield {type: ask.task === 'chat' ? 'chat-end' : 'completion-end', reason: 'stop', usage};
}

export function fakeModel(changes: Partial<ModelDetails> = {}): ModelDetails {
	return {
		name: 'guide',
		tasks: ['chat', 'completion'],
		family: 'llama',
		format: 'gguf',
		quantization: 'Q8_0',
		parameters: 7_100_000,
		contextLength: 2048,
		bytes: 7_600_000,
		presentBytes: 7_600_000,
		state: 'present',
		modifiedAt: null,
		lastUsedAt: null,
		source: 'starter',
		origin: null,
		aliases: [],
		accepts: [],
		license: 'Apache-2.0',
		description: 'knows mofa',
		repository: null,
		commit: null,
		revision: null,
		files: [{role: 'weights', path: '/models/guide.gguf', bytes: 7_600_000, hash: null}],
		template: '{{ messages }}',
		settings: {temperature: 0.2},
		metadata: {'general.name': 'guide'},
		choice: {
			ok: true,
			variant: 'q8_0',
			adapter: 'gguf',
			accelerator: 'cpu',
			needs: {ram: 20_000_000},
			passedOver: [{variant: 'q8_0', adapter: 'other', because: 'it knows no gguf'}],
		},
		...changes,
	};
}

function modelReport(model: ModelDetails): ModelReport {
	const {
		accepts: _a,
		license: _l,
		description: _d,
		repository: _r,
		commit: _c,
		revision: _v,
		files: _f,
		...rest
	} = model;
	const {template: _t, settings: _s, metadata: _m, choice: _h, ...report} = rest;
	return report;
}

export function fakeResident(changes: Partial<ResidentReport> = {}): ResidentReport {
	return {
		name: 'guide',
		state: 'ready',
		tasks: ['chat', 'completion'],
		backend: 'llama',
		accelerator: 'cpu',
		footprint: {ram: 20_000_000},
		rss: 90_000_000,
		threads: 2,
		pid: 99,
		active: 0,
		slots: 2,
		contextLength: 2048,
		loadedMs: 120,
		expiresAt: null,
		pinned: true,
		...changes,
	};
}

export function fakeTask(changes: Partial<TaskReport> = {}): TaskReport {
	return {
		name: 'chat',
		accepts: ['text', 'image', 'audio'],
		emits: ['text'],
		plugin: null,
		models: 1,
		defaultModel: 'guide',
		...changes,
	};
}

export function fakePlugin(changes: Partial<PluginReport> = {}): PluginReport {
	return {
		name: 'shapes',
		version: '1.0.0',
		description: 'names shapes',
		tasks: ['naming'],
		adapters: ['shape-namer'],
		models: ['shapes'],
		source: 'installed',
		path: '/plugins/shapes',
		problem: null,
		...changes,
	};
}

export function fakePack(changes: Partial<PackReport> = {}): PackReport {
	return {
		name: 'llama-cpu',
		backend: 'llama',
		summary: 'llama.cpp for the processor',
		version: '3.22.1',
		state: 'available',
		hint: null,
		recommended: true,
		downloadBytes: 45_000_000,
		installedBytes: 120_000_000,
		license: 'MIT',
		accelerator: 'cpu',
		buildMinutes: null,
		...changes,
	};
}

export function fakeDevice(changes: Partial<DeviceReport> = {}): DeviceReport {
	return {
		platform: 'linux',
		arch: 'x64',
		cpu: {model: 'A Processor', features: ['avx2'], cores: 8, usableCores: 2, limitedBy: 'control group quota'},
		memory: {total: 16e9, available: 9e9, limit: 8e9, budget: {ram: 6e9}},
		gpus: [],
		backends: [
			{name: 'llama', usable: true, version: '3.22.1', accelerator: 'cpu', reason: null, hint: null},
			{name: 'onnx', usable: false, version: null, accelerator: null, reason: 'not-installed', hint: 'install a pack'},
		],
		...changes,
	};
}

export function fakeVoice(changes: Partial<VoiceReport> = {}): VoiceReport {
	return {name: 'slt', model: 'voice', language: 'en-US', description: 'a woman', isDefault: true, ...changes};
}

/** Each stage with the model of its name. */
export function fakePlan({stages}: PipelineSpec): PipelinePlan {
	const ids = stages.map((stage, index) =>
		typeof stage === 'string' ? stage : (stage.id ?? `${stage.stage}${index}`),
	);
	return {
		stages: ids.map((id, index) => ({
			id,
			stage: id,
			task: 'chat',
			model: id,
			because: 'the only one',
			adapter: 'gguf',
			needs: {ram: 1e6},
			accepts: ['text'],
			emits: ['text'],
			from: [ids[index - 1] ?? 'input'],
			output: index === ids.length - 1,
			onFailure: 'fail',
			holds: 'run',
		})),
		accepts: ['text'],
		emits: ['text'],
		needs: {ram: 2e6},
		has: {ram: 8e9},
		together: true,
		because: 'they fit into memory at once',
	};
}

function unpiped(): AsyncIterable<PipelineEvent> {
	throw new Error('this client runs no pipelines');
}
