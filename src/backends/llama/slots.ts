import type {LlamaContext, LlamaContextSequence, Token} from 'node-llama-cpp';

/** One sequence of the context and what its memory holds. */
export interface Slot {
	sequence: LlamaContextSequence;
	/** Tokens of the prompt it answered last; what it holds beyond them it wrote itself. */
	promptLength: number;
	/** Number of the last answer it wrote; 0 for none yet. */
	lastUsed: number;
}

export interface Candidate {
	/** Tokens it holds, of which `common` are the start of the prompt. */
	readonly held: number;
	readonly common: number;
	/** Of its last answer. */
	readonly promptLength: number;
	readonly lastUsed: number;
}

/**
 * Index of the best idle slot for a prompt: one that holds this very conversation (all of the prompt, all of
 * its own last prompt, or most of its state), the longest first; else the one unused for longest, so that a shared system prompt never
 * makes two chats fight for a slot.
 */
export function chooseSlot(candidates: readonly Candidate[], wanted: number): number {
	const continues = ({held, common, promptLength}: Candidate): boolean =>
		common > 0 && (common >= wanted || common >= promptLength || common * 2 >= held);
	const better = (a: Candidate, b: Candidate): boolean => {
		if (continues(a) !== continues(b)) return continues(a);
		return continues(a) && a.common !== b.common ? a.common > b.common : a.lastUsed < b.lastUsed;
	};
	return candidates.reduce((best, candidate, index) => {
		const champion = candidates[best];
		return champion === undefined || better(candidate, champion) ? index : best;
	}, 0);
}

/** The sequences of one context, lent one request at a time; asks wait in order. */
export class Slots {
	readonly #idle: Slot[];
	readonly #waiting: Array<(slot: Slot) => void> = [];
	#answers = 0;

	constructor(context: LlamaContext) {
		this.#idle = Array.from({length: context.totalSequences}, () => ({
			sequence: context.getSequence(),
			promptLength: 0,
			lastUsed: 0,
		}));
	}

	/** Waits for a slot. Rejects with the signal's reason when that fires first. */
	async take(tokens: readonly Token[], signal: AbortSignal): Promise<Slot> {
		signal.throwIfAborted();
		if (this.#idle.length > 0) return this.#takeIdle(tokens);
		return new Promise<Slot>((resolve, reject) => {
			const give = (slot: Slot): void => {
				signal.removeEventListener('abort', leave);
				resolve(slot);
			};
			const leave = (): void => {
				this.#waiting.splice(this.#waiting.indexOf(give), 1);
				reject(signal.reason);
			};
			this.#waiting.push(give);
			signal.addEventListener('abort', leave, {once: true});
		});
	}

	give(slot: Slot): void {
		this.#answers += 1;
		slot.lastUsed = this.#answers;
		const next = this.#waiting.shift();
		if (next === undefined) this.#idle.push(slot);
		else next(slot);
	}

	#takeIdle(tokens: readonly Token[]): Slot {
		const candidates = this.#idle.map(({sequence, promptLength, lastUsed}) => ({
			held: sequence.nextTokenIndex,
			common: commonPrefix(sequence.contextTokens, tokens),
			promptLength,
			lastUsed,
		}));
		const [slot] = this.#idle.splice(chooseSlot(candidates, tokens.length), 1);
		if (slot === undefined) throw new Error('no idle slot');
		return slot;
	}
}

/** Tokens both lists start with. */
export function commonPrefix(a: readonly Token[], b: readonly Token[]): number {
	const length = Math.min(a.length, b.length);
	let index = 0;
	while (index < length && a[index] === b[index]) index += 1;
	return index;
}
