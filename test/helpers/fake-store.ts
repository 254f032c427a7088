import {MofaError} from '../../src/contract/error.ts';
import type {ModelReport} from '../../src/contract/report.ts';
import type {
	AdoptReport,
	FitReport,
	FitVariant,
	ModelStore,
	OutdatedReport,
	PruneReport,
	PullAsk,
	PullEvent,
	RegisteredModel,
	SearchHit,
	UsageReport,
	VerifyEvent,
} from '../../src/contract/store.ts';

/** What a fake store knows and how it answers; everything has a plain default. */
export interface FakeStoreOptions {
	/** Called for each `pull`, with the number of earlier ones. */
	readonly pull?: (ask: PullAsk, earlier: number) => AsyncIterable<PullEvent>;
	readonly fit?: FitReport | MofaError;
	readonly hits?: readonly SearchHit[];
	readonly outdated?: readonly OutdatedReport[];
	readonly usage?: UsageReport;
	readonly prune?: PruneReport;
	readonly verify?: readonly VerifyEvent[];
	readonly adopt?: readonly AdoptReport[];
	readonly registered?: readonly RegisteredModel[];
}

export interface FakeStore extends ModelStore {
	/** `method argument` for each call that asks for something in particular. */
	readonly calls: string[];
}

/** A `ModelStore` that answers from data, and remembers what was asked. */
export function fakeStore(options: FakeStoreOptions = {}): FakeStore {
	const calls: string[] = [];
	let pulls = 0;
	return {
		calls,
		pull(ask) {
			calls.push(`pull ${ask.model}${ask.evenIfUnfit ? ' even if unfit' : ''}`);
			pulls += 1;
			return (options.pull ?? pullsOneFile)(ask, pulls - 1);
		},
		async fit({model, task, contextLength}) {
			calls.push(`fit ${model} ${task} ${contextLength}`);
			const fit = options.fit ?? fakeFit({model});
			if (fit instanceof MofaError) throw fit;
			return fit;
		},
		async search({query, task, limit}) {
			calls.push(`search ${query} ${task} ${limit}`);
			return options.hits ?? [fakeHit()];
		},
		async outdated(models) {
			calls.push(`outdated ${models === null ? 'all' : models.join(' ')}`);
			return options.outdated ?? [fakeOutdated()];
		},
		usage: async () => options.usage ?? fakeUsage(),
		async prune({dryRun}) {
			calls.push(`prune${dryRun ? ' dry' : ''}`);
			return {...(options.prune ?? fakePrune()), dryRun};
		},
		async *verify({models, repair}) {
			calls.push(`verify ${models === null ? 'all' : models.join(' ')}${repair ? ' repair' : ''}`);
			yield* options.verify ?? verified;
		},
		async alias({model, alias, force}) {
			calls.push(`alias ${model} ${alias}${force ? ' force' : ''}`);
			return {alias, model};
		},
		async adopt({tool, folder}) {
			calls.push(`adopt ${tool} ${folder}`);
			return options.adopt ?? [fakeAdopt()];
		},
		registered: async () =>
			options.registered ?? [
				{name: 'qwen3:8b', tasks: ['chat'], bytes: 4_900_000_000, runs: true},
				{name: 'qwen3:0.6b', tasks: ['chat'], bytes: 600_000_000, runs: true},
			],
	};
}

export function fakeVariant(changes: Partial<FitVariant> = {}): FitVariant {
	return {
		variant: 'Q4_K_M',
		format: 'gguf',
		quantization: 'Q4_K_M',
		files: 1,
		downloadBytes: 4_900_000_000,
		presentBytes: 0,
		needs: {ram: 6_100_000_000},
		verdict: 'fits',
		accelerator: 'cpu',
		adapter: 'gguf',
		because: null,
		chosen: true,
		...changes,
	};
}

export function fakeFit(changes: Partial<FitReport> = {}): FitReport {
	return {
		model: 'qwen3',
		repository: 'Qwen/Qwen3-8B-GGUF',
		commit: 'a'.repeat(40),
		family: 'qwen3',
		tasks: ['chat', 'completion'],
		parameters: 8_190_000_000,
		license: 'apache-2.0',
		gated: false,
		contextLength: 4096,
		capacity: {ram: 8e9},
		free: {ram: 7e9},
		variants: [
			fakeVariant(),
			fakeVariant({
				variant: 'Q8_0',
				quantization: 'Q8_0',
				downloadBytes: 8_700_000_000,
				needs: {ram: 9_800_000_000},
				verdict: 'does-not-fit',
				accelerator: null,
				adapter: null,
				because: 'it needs 9.8 GB of ram and 8 GB can be had',
				chosen: false,
			}),
		],
		reasons: ['Q4_K_M is the first that fits'],
		sibling: 'qwen3:4b',
		...changes,
	};
}

export function fakeHit(changes: Partial<SearchHit> = {}): SearchHit {
	return {
		name: 'Qwen/Qwen3-8B-GGUF',
		sizes: [],
		task: 'chat',
		format: 'gguf',
		downloads: 1_234_567,
		likes: 321,
		updatedAt: '2026-01-01T00:00:00.000Z',
		gated: false,
		runs: true,
		because: null,
		source: 'hub',
		...changes,
	};
}

export function fakeOutdated(changes: Partial<OutdatedReport> = {}): OutdatedReport {
	return {
		model: 'qwen3:8b',
		repository: 'Qwen/Qwen3-8B-GGUF',
		commit: 'a'.repeat(40),
		latestCommit: 'b'.repeat(40),
		filesChanged: true,
		downloadBytes: 4_900_000_000,
		...changes,
	};
}

export function fakeUsage(changes: Partial<UsageReport> = {}): UsageReport {
	return {
		folder: '/home/someone/.cache/huggingface/hub',
		totalBytes: 6_100_000_000,
		freeBytes: 80_000_000_000,
		models: [
			{repository: 'Qwen/Qwen3-8B-GGUF', bytes: 4_900_000_000, revisions: 2, lastUsedAt: '2026-01-01T00:00:00.000Z'},
			{repository: 'org/small', bytes: 1_200_000, revisions: 1, lastUsedAt: null},
		],
		partialBytes: 1_200_000_000,
		reclaimableBytes: 1_300_000_000,
		...changes,
	};
}

export function fakePrune(changes: Partial<PruneReport> = {}): PruneReport {
	return {
		dryRun: false,
		removed: [
			{path: '/cache/models--org--a/blobs/aa.incomplete', bytes: 1_200_000_000, kind: 'partial'},
			{path: '/cache/models--org--a/snapshots/bb', bytes: 100_000_000, kind: 'revision'},
		],
		freedBytes: 1_300_000_000,
		...changes,
	};
}

export function fakeAdopt(changes: Partial<AdoptReport> = {}): AdoptReport {
	return {
		tool: 'ollama',
		folder: '/home/someone/.ollama/models',
		models: [
			{name: 'ollama/llama3.2:3b', path: '/x/blobs/sha256-1', bytes: 2e9, state: 'linked', because: null},
			{name: 'ollama/odd', path: '/x/blobs/sha256-2', bytes: 10, state: 'refused', because: 'it is no GGUF file'},
		],
		...changes,
	};
}

const verified: readonly VerifyEvent[] = [
	{type: 'verify-progress', file: 'a.gguf', bytes: 50, totalBytes: 100},
	{type: 'verify-file', model: 'qwen3:8b', file: 'a.gguf', bytes: 100, state: 'good', ranges: []},
	{type: 'verify-end', files: 1, damaged: 0, repaired: 0, unknown: 0},
];

export const pulledModel: ModelReport = {
	name: 'qwen3:8b',
	tasks: ['chat', 'completion'],
	family: 'qwen3',
	format: 'gguf',
	quantization: 'Q4_K_M',
	parameters: 8_190_000_000,
	contextLength: 40_960,
	bytes: 4_900_000_000,
	presentBytes: 4_900_000_000,
	state: 'present',
	modifiedAt: '2026-01-01T00:00:00.000Z',
	lastUsedAt: null,
	source: 'hub-cache',
	origin: 'huggingface',
	aliases: [],
};

/** The first event of a pull of one file. */
export function pullStart(
	changes: Partial<Extract<PullEvent, {type: 'pull-start'}>> = {},
): Extract<PullEvent, {type: 'pull-start'}> {
	return {
		type: 'pull-start',
		model: 'qwen3:8b',
		repository: 'Qwen/Qwen3-8B-GGUF',
		commit: 'a'.repeat(40),
		variant: 'Q4_K_M',
		files: [{file: 'Qwen3-8B-Q4_K_M.gguf', bytes: 4_900_000_000, presentBytes: 0}],
		totalBytes: 4_900_000_000,
		presentBytes: 0,
		fit: fakeVariant(),
		...changes,
	};
}

/** A pull of one file, from its start to its end. */
export async function* pullsOneFile({model}: PullAsk): AsyncGenerator<PullEvent> {
	if (model === 'missing') throw new MofaError('model-not-found', {model, similar: ['qwen3']});
	const file = 'Qwen3-8B-Q4_K_M.gguf';
	yield pullStart();
	yield {type: 'file-progress', file, bytes: 1_200_000_000, totalBytes: 4_900_000_000, bytesPerSecond: 52_000_000};
	yield {type: 'file-end', file, bytes: 4_900_000_000, source: 'downloaded'};
	yield {type: 'pull-end', model: pulledModel};
}
