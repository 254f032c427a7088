import type {Ask, Lease, Leases} from '../../src/contract/lease.ts';
import type {PipelineEvent, PipelineSpec} from '../../src/contract/pipeline.ts';
import type {AnyPacket} from '../../src/contract/stage.ts';
import type {ModelDetails} from '../../src/contract/report.ts';
import type {EventOf, RequestOf, RunContext, TaskName} from '../../src/contract/task.ts';
import {MofaError} from '../../src/contract/error.ts';
import type {PipelineHost} from '../../src/pipelines/host.ts';
import {createPipelines} from '../../src/pipelines/create-pipelines.ts';
import {builtInTasks} from '../../src/tasks/index.ts';
import {fakeModel} from './fake-client.ts';
import {usage} from './fake-services.ts';

/** What a fake model does with a request. */
export type Act = (request: never, context: RunContext) => AsyncIterable<unknown>;

export interface FakeModel {
	readonly task: TaskName;
	readonly act: Act;
	/** Before a lease is granted; may throw or wait. */
	readonly admit?: (ask: Ask<TaskName>) => Promise<void> | void;
	/** Bytes. */
	readonly needs?: number;
	/** Media that it takes beside the first of its task. */
	readonly accepts?: readonly string[];
}

export interface FakeHost extends PipelineHost {
	/** Everything that happened to leases and requests, in order: `lease llm`, `run llm`, `leave llm`. */
	readonly log: string[];
	held(): number;
}

/** A program with these models, each the default of its task unless one before it is. */
export function fakeHost(models: Readonly<Record<string, FakeModel>>, capacity = 1000): FakeHost {
	const log: string[] = [];
	let held = 0;
	const find = (name: string): FakeModel => {
		const model = models[name];
		if (model === undefined) throw new MofaError('model-not-found', {model: name, similar: []});
		return model;
	};
	const leases: Leases = {
		async lease<T extends TaskName>(ask: Ask<T>): Promise<Lease<T>> {
			const model = find(ask.model);
			log.push(`lease ${ask.model}`);
			await model.admit?.(ask as unknown as Ask<TaskName>);
			if (ask.signal?.aborted === true) throw new MofaError('cancelled', {});
			held += 1;
			let open = true;
			const leave = async (): Promise<void> => {
				if (!open) return;
				open = false;
				held -= 1;
				log.push(`leave ${ask.model}`);
			};
			ask.signal?.addEventListener('abort', () => void leave(), {once: true});
			return {
				model: ask.model,
				waitedMs: 0,
				async *run(request: RequestOf<T>, {signal = new AbortController().signal, warn = () => undefined} = {}) {
					log.push(`run ${ask.model}`);
					for await (const event of model.act(request as never, {signal, warn})) {
						if (signal.aborted) throw new MofaError('cancelled', {});
						yield event as EventOf<T>;
					}
					if (signal.aborted) throw new MofaError('cancelled', {});
				},
				[Symbol.asyncDispose]: leave,
			};
		},
	};
	return {
		log,
		held: () => held,
		leases,
		tasks: builtInTasks,
		accepts: async name => find(name).accepts ?? [],
		capacity: () => ({ram: capacity}),
		async defaultModel(task, accepts) {
			const model = Object.keys(models).find(
				name =>
					models[name]?.task === task && (accepts === undefined || models[name].accepts?.includes(accepts) === true),
			);
			if (model === undefined) throw new MofaError('task-unsupported', {model: '', task, supported: []});
			return {model, because: `the only ${task} model`, toy: false};
		},
		async model(name): Promise<ModelDetails> {
			const {task, needs = 10} = find(name);
			const details = fakeModel({name, tasks: [task]});
			return {...details, choice: {...details.choice, needs: {ram: needs}}};
		},
	};
}

/** Hears one word in each piece of sound: the number in its first sample. */
export const hears: FakeModel = {
	task: 'transcription',
	async *act({audio}: {readonly audio: AsyncIterable<{readonly samples: Float32Array}>}) {
		for await (const {samples} of audio)
			yield {type: 'segment-final', segment: {text: `word${samples[0] ?? 0}.`, start: 0, end: 1}};
		yield {type: 'transcription-end', usage: {audioSeconds: 1, computeMs: 1}};
	},
};

/** Answers every word of the last message with itself, and `!`. */
export const echoes: FakeModel = {
	task: 'chat',
	async *act({messages}: {readonly messages: ReadonlyArray<{readonly content: string}>}) {
		for (const word of (messages.at(-1)?.content ?? '').split(' ')) yield {type: 'text-delta', text: `${word}! `};
		yield {type: 'chat-end', reason: 'stop', usage};
	},
};

/** A second of sound for each clause; its samples are the clause's length. */
export const speaks: FakeModel = {
	task: 'speech',
	async *act({text}: {readonly text: string}) {
		yield {type: 'audio-start', sampleRate: 8000, channels: 1};
		yield {type: 'audio-delta', samples: new Float32Array(8).fill(text.length)};
		yield {type: 'speech-end', usage: {characters: text.length, audioSeconds: 1, computeMs: 1}};
	},
};

export const text = (value: string): AnyPacket => ({type: 'value', medium: 'text', value});
export const sound = (number: number): AnyPacket => ({
	type: 'value',
	medium: 'audio',
	value: {samples: new Float32Array(8).fill(number), sampleRate: 8000, channels: 1},
});
export const signal = (kind: 'flush' | 'interrupt' | 'end'): AnyPacket => ({type: 'signal', kind});

/** All events of a run on these packets. */
export async function runPackets(
	host: PipelineHost,
	pipeline: PipelineSpec | readonly string[],
	input: Iterable<AnyPacket> | AsyncIterable<AnyPacket>,
	stop: AbortSignal = new AbortController().signal,
): Promise<readonly PipelineEvent[]> {
	const spec = 'stages' in pipeline ? pipeline : {stages: pipeline};
	const events: PipelineEvent[] = [];
	for await (const event of createPipelines(host).run({pipeline: spec, input: stream(input), signal: stop}))
		events.push(event);
	return events;
}

export async function* stream<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
	yield* items;
}

/** What left, in short: text as it is, sound by its first sample, signals in brackets. */
export function shorten(events: readonly PipelineEvent[], stage?: string): readonly string[] {
	return events.flatMap(event => {
		if (event.type !== 'packet-out' || (stage !== undefined && event.stage !== stage)) return [];
		const {packet} = event;
		if (packet.type === 'signal') return [`[${packet.kind}]`];
		if (packet.medium === 'text') return [packet.value];
		return packet.medium === 'audio' ? [`audio ${packet.value.samples[0] ?? 0}`] : [packet.medium];
	});
}
