import type {LlamaContext, LlamaContextSequence, LlamaModel} from 'node-llama-cpp';
import {MofaError} from '../../contract/error.ts';
import {Answer, type AnswerPlan, type Outcome} from './answer.ts';
import {BatchLoop} from './batch-loop.ts';
import type {ContextShape} from './memory.ts';
import {commonPrefix, Slots, type Slot} from './slots.ts';
import type {ThreadChoice} from './thread-choice.ts';

/** One context of llama.cpp with its slots and the loop that moves all answers on in shared batches. */
export class LoadedContext {
	readonly #model: LlamaModel;
	readonly #context: LlamaContext;
	readonly #slots: Slots;
	readonly #loop: BatchLoop;
	readonly #underWay = new Set<Promise<unknown>>();

	private constructor(model: LlamaModel, context: LlamaContext, threads: ThreadChoice) {
		this.#model = model;
		this.#context = context;
		this.#slots = new Slots(context);
		this.#loop = new BatchLoop(context.batchSize, threads, answer => this.#release(answer));
	}

	static async create(model: LlamaModel, shape: ContextShape, threads: ThreadChoice): Promise<LoadedContext> {
		const context = await model.createContext({
			contextSize: shape.contextLength,
			sequences: shape.slots,
			batchSize: shape.batchSize,
			// The ceiling; what it may use at any time is set on the runtime.
			threads: threads.forNewContext(),
			failedCreationRemedy: false,
			// All that take part in a step have asked for it by the time the pending promises have run.
			batching: {dispatchSchedule: dispatch => process.nextTick(dispatch)},
		});
		return new LoadedContext(model, context, threads);
	}

	/** Tokens one slot holds. */
	get contextLength(): number {
		return this.#context.contextSize;
	}

	get memory(): {readonly ram: number; readonly vram: number} {
		return this.#context.memoryUsage;
	}

	/** Lends an idle sequence for something that is not an answer. */
	async borrow<T>(use: (sequence: LlamaContextSequence) => Promise<T>): Promise<T> {
		const slot = await this.#slots.take([], new AbortController().signal);
		try {
			return await use(slot.sequence);
		} finally {
			this.#slots.give(slot);
		}
	}

	answer(plan: AnswerPlan, signal: AbortSignal): Promise<Outcome> {
		const outcome = this.#answer(plan, signal);
		const settled: Promise<unknown> = outcome.catch(() => undefined);
		this.#underWay.add(settled);
		void settled.then(() => this.#underWay.delete(settled));
		return outcome;
	}

	/** Waits for every answer and for the step under way, then frees it: under a running step that hangs or crashes. */
	async dispose(): Promise<void> {
		while (this.#underWay.size > 0) await Promise.all(this.#underWay);
		await this.#loop.idle();
		await this.#context.dispose();
	}

	async #answer(plan: AnswerPlan, signal: AbortSignal): Promise<Outcome> {
		const slot = await this.#slots.take(plan.tokens, signal).catch(() => cancelled(signal));
		const answer = await this.#prepare(slot, plan);
		const cancel = (): void => answer.cancel(new MofaError('cancelled', {}, {cause: signal.reason}));
		signal.addEventListener('abort', cancel, {once: true});
		try {
			if (signal.aborted) cancel();
			this.#loop.add(answer);
			return await answer.outcome;
		} finally {
			signal.removeEventListener('abort', cancel);
		}
	}

	/** Keeps what the slot holds of this prompt, all but its last token, which has to be read to go on from. */
	async #prepare(slot: Slot, plan: AnswerPlan): Promise<Answer> {
		const kept = Math.min(commonPrefix(slot.sequence.contextTokens, plan.tokens), plan.tokens.length - 1);
		try {
			await slot.sequence.adaptStateToTokens(plan.tokens.slice(0, kept), false);
			slot.promptLength = plan.tokens.length;
			return new Answer(this.#model, slot, plan);
		} catch (error) {
			this.#slots.give(slot);
			throw error;
		}
	}

	async #release(answer: Answer): Promise<void> {
		await answer.close();
		if (answer.broken) await this.#renew(answer.slot);
		this.#slots.give(answer.slot);
		answer.settle();
	}

	/** A sequence whose cells may not be what its bookkeeping says is replaced by a clean one. */
	async #renew(slot: Slot): Promise<void> {
		try {
			await slot.sequence.dispose();
			slot.sequence = this.#context.getSequence();
		} catch {
			// The context is going away, or is beyond use: the next answer on this slot says so.
		}
	}
}

function cancelled(signal: AbortSignal): never {
	throw new MofaError('cancelled', {}, {cause: signal.reason});
}
