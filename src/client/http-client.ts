import {MofaError, type WireFailure} from '../contract/error.ts';
import type {PipelineEvent, PipelinePlan, SavedPipeline} from '../contract/pipeline.ts';
import type {
	DaemonEvent,
	DeviceReport,
	ModelDetails,
	ModelReport,
	PackReport,
	ResidentReport,
	VersionReport,
	VoiceReport,
} from '../contract/report.ts';
import type {AdoptReport, ModelStore, OutdatedReport, RegisteredModel, SearchHit} from '../contract/store.ts';
import type {PluginReport, TaskReport} from '../contract/plugin.ts';
import type {TaskName} from '../contract/task.ts';
import {reviveBinary, stringifyBinary} from '../lib/binary-json.ts';
import type {Client, DefaultModel, InstallEvent, LoadAsk, LoadEvent, RunAsk, RunEvent} from './client.ts';
import {callFramed, hasStream} from './framed-call.ts';
import {readLines} from './read-lines.ts';
import {
	createTransport,
	fromWire,
	isWireFailure,
	type Call,
	type ClientTarget,
	type Transport,
	type TransportOptions,
} from './transport.ts';

/** Sound and pictures travel in a line, so it may be long; something that never ends is not ours. */
const lineLimit = 128 * 1024 ** 2;

/** The daemon's client. It opens nothing until it is used and keeps nothing open between calls. */
export function createHttpClient(target: ClientTarget, options: TransportOptions = {}): Client {
	const transport = createTransport(target, options);
	const get = async <T>(path: string): Promise<T> => (await readJson(transport, {method: 'GET', path})) as T;
	const remove = async <T>(path: string): Promise<T> => (await readJson(transport, {method: 'DELETE', path})) as T;
	const stream = <T>(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<T> =>
		streamEvents<T>(transport, {method: 'POST', path, body: stringifyBinary(body), signal});
	return {
		...storeOf(transport),
		version: async () => checkVersion(await get<VersionReport>('/v1/version'), transport),
		run<T extends TaskName>({task, request, signal, ...ask}: RunAsk<T>) {
			const path = `/v1/tasks/${encodeURIComponent(task)}`;
			const body = {...askBody(ask), request};
			const live = hasStream(request);
			return unprefixed(
				live ? callFramed<RunEvent<T>>(transport, {path, body, signal}) : stream<RunEvent<T>>(path, body, signal),
			);
		},
		planPipeline: async pipeline => {
			const call = {method: 'POST', path: '/v1/pipelines/plan', body: JSON.stringify({pipeline})} as const;
			return (await readJson(transport, call)) as PipelinePlan;
		},
		runPipeline: ({signal, ...body}) => callFramed<PipelineEvent>(transport, {path: '/v1/pipelines', body, signal}),
		savedPipelines: async () => (await get<{pipelines: readonly SavedPipeline[]}>('/v1/pipelines')).pipelines,
		savePipeline: async ({name, ...body}) => {
			const path = `/v1/pipelines/${encodeURIComponent(name)}`;
			return (await readJson(transport, {method: 'PUT', path, body: JSON.stringify(body)})) as SavedPipeline;
		},
		runInputs: ({task, inputs, request, signal, ...ask}) =>
			unprefixed(
				stream<RunEvent<TaskName>>(`/v1/tasks/${encodeURIComponent(task)}`, {...askBody(ask), inputs, request}, signal),
			),
		describeTasks: async () => (await get<{tasks: readonly TaskReport[]}>('/v1/tasks')).tasks,
		plugins: async () => (await get<{plugins: readonly PluginReport[]}>('/v1/plugins')).plugins,
		reloadPlugins: async () => {
			const call = {method: 'POST', path: '/v1/plugins/reload', body: '{}'} as const;
			return ((await readJson(transport, call)) as {plugins: readonly PluginReport[]}).plugins;
		},
		models: async () => (await get<{data: Array<{mofa: ModelReport}>}>('/v1/models')).data.map(({mofa}) => mofa),
		model: async name => (await get<{mofa: ModelDetails}>(modelPath(name))).mofa,
		defaultModel: (task, accepts) => get<DefaultModel>(withQuery('/v1/default-model', {task, accepts})),
		voices: async model =>
			(await get<{voices: Array<{mofa: VoiceReport}>}>(withQuery('/v1/audio/voices', {model}))).voices.map(
				({mofa}) => mofa,
			),
		removeModel: async (name, {force}) =>
			(await remove<{mofa: {freedBytes: number}}>(`${modelPath(name)}?force=${force}`)).mofa,
		residents: async () => (await get<{residents: readonly ResidentReport[]}>('/v1/ps')).residents,
		load: ({signal, ...ask}) => stream<LoadEvent>('/v1/load', askBody(ask), signal),
		unload: async model => {
			await readJson(transport, {method: 'POST', path: '/v1/unload', body: JSON.stringify({model})});
		},
		device: () => get<DeviceReport>('/v1/info'),
		packs: async () => (await get<{packs: readonly PackReport[]}>('/v1/backends')).packs,
		installPack: (name, signal) => stream<InstallEvent>(packPath(name), {}, signal),
		removePack: name => remove<{freedBytes: number}>(packPath(name)),
		events: signal => streamEvents<DaemonEvent>(transport, {method: 'GET', path: '/v1/events', signal}),
		shutdown: async () => {
			await readJson(transport, {method: 'POST', path: '/v1/shutdown', body: '{}'});
		},
		[Symbol.asyncDispose]: async () => undefined,
	};
}

/** Everything about fetching and keeping models, which the daemon then does with its own token and proxy. */
function storeOf(transport: Transport): ModelStore {
	const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
		(await readJson(transport, {method: 'GET', path, signal})) as T;
	const post = async <T>(path: string, body: object, signal?: AbortSignal): Promise<T> =>
		(await readJson(transport, {method: 'POST', path, body: JSON.stringify(body), signal})) as T;
	const stream = <T>(path: string, body: object, signal: AbortSignal): AsyncGenerator<T> =>
		streamEvents<T>(transport, {method: 'POST', path, body: JSON.stringify(body), signal});
	return {
		pull: ({signal, ...ask}) => stream('/v1/models/pull', ask, signal),
		fit: ({signal, ...ask}) => post('/v1/models/fit', ask, signal),
		search: async ({query, task, limit}, signal) => {
			const fields = new URLSearchParams({query, limit: String(limit), ...(task === null ? {} : {task})});
			return (await get<{models: readonly SearchHit[]}>(`/v1/models/search?${fields}`, signal)).models;
		},
		outdated: async (models, signal) => {
			const fields = new URLSearchParams((models ?? []).map((model): [string, string] => ['model', model]));
			return (await get<{models: readonly OutdatedReport[]}>(`/v1/models/outdated?${fields}`, signal)).models;
		},
		usage: () => get('/v1/models/usage'),
		prune: options => post('/v1/models/prune', options),
		verify: ({signal, ...ask}) => stream('/v1/models/verify', ask, signal),
		alias: ask => post('/v1/models/alias', ask),
		adopt: async ask => (await post<{tools: readonly AdoptReport[]}>('/v1/models/adopt', ask)).tools,
		registered: async () => (await get<{models: readonly RegisteredModel[]}>('/v1/models/registered')).models,
	};
}

function modelPath(name: string): string {
	return `/v1/models/${encodeURIComponent(name)}`;
}

function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
	const fields = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
	return fields.length === 0 ? path : `${path}?${new URLSearchParams(fields)}`;
}

function packPath(name: string): string {
	return `/v1/backends/${encodeURIComponent(name)}`;
}

/** JSON has no number for forever, so null stands for it. */
function askBody({model, keepAlive, settings}: Omit<LoadAsk, 'signal'>): Record<string, unknown> {
	return {
		model,
		...(keepAlive === undefined ? {} : {keepAlive: keepAlive === Infinity ? null : keepAlive}),
		...(settings === undefined ? {} : {settings}),
	};
}

function checkVersion(report: VersionReport, {unreachable}: Transport): VersionReport {
	if (report.name === 'mofa') return report;
	throw unreachable('something else answers there');
}

async function readJson(transport: Transport, call: Call): Promise<unknown> {
	const {body} = await transport.send(call);
	try {
		let text = '';
		for await (const chunk of body) {
			text += chunk;
			if (text.length > lineLimit) throw new Error('its answer has no end');
		}
		return JSON.parse(text);
	} catch (error) {
		throw transport.failure(error, call.signal);
	}
}

/** JSON lines, or the data of server-sent events. A failure that comes as the last line is thrown. */
async function* streamEvents<T>(transport: Transport, call: Call): AsyncGenerator<T> {
	const {body} = await transport.send(call);
	try {
		for await (const line of readLines(body, lineLimit)) {
			const text = line.startsWith('data: ') ? line.slice(6) : line;
			if (!text.startsWith('{')) continue;
			const event = parseLine(text);
			const failure = failureIn(event);
			if (failure !== undefined) throw fromWire(failure);
			yield event as T;
		}
		// Without this an abort that came between two lines would look like a complete answer.
		if (call.signal?.aborted) throw new MofaError('cancelled', {});
	} catch (error) {
		throw transport.failure(error, call.signal);
	}
}

function parseLine(text: string): unknown {
	const event: unknown = JSON.parse(text);
	return text.includes('"$binary"')
		? reviveBinary(event, (path, expected) => new Error(`${path}: ${expected}`))
		: event;
}

function failureIn(event: unknown): WireFailure | undefined {
	const {type, failure} = event as {readonly type?: unknown; readonly failure?: unknown};
	return type === 'failure' && isWireFailure(failure) ? failure : undefined;
}

/** HTTP says where in its body a request is wrong; here the request stands alone. */
async function* unprefixed<T>(events: AsyncIterable<T>): AsyncGenerator<T> {
	try {
		yield* events;
	} catch (error) {
		if (!MofaError.is(error, 'invalid-request') || !error.data.path.startsWith('request.')) throw error;
		const path = error.data.path.slice('request.'.length);
		throw new MofaError('invalid-request', {path, expected: error.data.expected}, {cause: error});
	}
}
