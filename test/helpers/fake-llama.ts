import type {LlamaModel, Token} from 'node-llama-cpp';
import {onTestFinished, vi} from 'vitest';
import type {LlamaSession} from '../../src/backends/llama/llama.ts';
import type {Clock} from '../../src/backends/llama/thread-trial.ts';

/** A machine on which only steps of a model take time: as long as it is told for so many threads. */
export class FakeMachine {
	now = 0;
	cpu = 0;
	/** Of the time of each thread, what other programs leave it. */
	share = 1;
	stepMs: (threads: number) => number;
	/** Threads of each step, in order. */
	steps: number[] = [];

	constructor(stepMs: (threads: number) => number) {
		this.stepMs = stepMs;
	}

	step(threads: number): void {
		const ms = this.stepMs(threads);
		this.steps.push(threads);
		this.now += ms;
		this.cpu += ms * threads * this.share;
	}

	get clock(): Clock {
		return {now: () => this.now, cpu: () => this.cpu};
	}

	/** The clocks of the process are the machine's until the test ends. */
	takeClocks(): void {
		const now = vi.spyOn(performance, 'now').mockImplementation(() => this.now);
		const cpu = vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({user: this.cpu * 1000, system: 0}));
		onTestFinished(() => {
			now.mockRestore();
			cpu.mockRestore();
		});
	}
}

/** The parts of llama.cpp that an engine uses; its models never end an answer by themselves. */
export function fakeLlamaSession(machine: FakeMachine, cores: number): LlamaSession {
	const llama = {
		maxThreads: cores,
		loadModel: async () => fakeModel(machine, llama),
		async dispose() {},
	};
	return {llama, module: {}, log: () => '', async [Symbol.asyncDispose]() {}} as unknown as LlamaSession;
}

function fakeModel(machine: FakeMachine, llama: {readonly maxThreads: number}): LlamaModel {
	return {
		...fakeVocabulary,
		memoryUsage: {ram: 1, vram: 0},
		createContext: async ({threads, sequences}: {threads: number; sequences: number}) => {
			// What is set now is the most that it will ever use.
			const most = Math.min(threads, llama.maxThreads);
			const step = (): void => machine.step(Math.min(most, llama.maxThreads));
			return {
				totalSequences: sequences,
				batchSize: 8,
				contextSize: 1000,
				memoryUsage: {ram: 1, vram: 0},
				getSequence: () => fakeSequence(step),
				async dispose() {},
			};
		},
		async dispose() {},
	} as unknown as LlamaModel;
}

/** Each token is its own number, in words of text. */
export const fakeVocabulary: Pick<LlamaModel, 'detokenize' | 'isEogToken' | 'isSpecialToken'> & {
	readonly tokens: {readonly bos: Token};
} = {
	tokens: {bos: 1 as Token},
	detokenize: tokens => tokens.map(token => `${token} `).join(''),
	isEogToken: () => false,
	isSpecialToken: () => false,
};

export function fakeSequence(step: () => void): object {
	return {
		nextTokenIndex: 0,
		contextTokens: [],
		contextSize: 1000,
		needsCheckpoints: false,
		evaluateWithoutGeneratingNewTokens: async () => step(),
		async adaptStateToTokens() {},
		async clearHistory() {},
		async *evaluateWithMetadata() {
			for (let token = 10; ; token += 1) {
				step();
				yield {token};
			}
		},
	};
}
