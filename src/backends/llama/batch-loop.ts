import type {Answer} from './answer.ts';

/** Tokens of prompts read in one step while other answers are being written: bounds how long those stand still. */
const readingWhileWriting = 128;

/** What is known of an answer when a step is planned. */
export interface Appetite {
	readonly reading: boolean;
	readonly appetite: number;
}

/**
 * How many tokens each answer puts into the next step, in the same order. Answers being written come first
 * with their one token; what is left of the batch goes to prompts in order of arrival.
 */
export function planStep(answers: readonly Appetite[], batchSize: number): number[] {
	const writing = answers.filter(answer => !answer.reading).length;
	let left = writing === 0 ? batchSize : Math.min(batchSize - writing, readingWhileWriting);
	return answers.map(({reading, appetite}) => {
		if (!reading) return 1;
		const share = Math.min(appetite, left);
		left -= share;
		return share;
	});
}

/**
 * Moves all answers on together, one shared batch for each step. The library's own scheduling starts the next
 * batch as soon as the first sampled token asks for it, which splits eight sequences into batches of seven and
 * one; waiting for all of a step costs nothing and keeps the batch whole.
 */
export class BatchLoop {
	readonly #answers = new Set<Answer>();
	readonly #batchSize: number;
	readonly #release: (answer: Answer) => Promise<void>;
	#turning: Promise<void> | undefined;

	constructor(batchSize: number, release: (answer: Answer) => Promise<void>) {
		this.#batchSize = batchSize;
		this.#release = release;
	}

	add(answer: Answer): void {
		this.#answers.add(answer);
		this.#turning ??= this.#turn();
	}

	/** Resolves when nothing is being computed any more. */
	async idle(): Promise<void> {
		while (this.#turning !== undefined) await this.#turning;
	}

	cancelAll(reason: unknown): void {
		for (const answer of this.#answers) answer.cancel(reason);
	}

	async #turn(): Promise<void> {
		await this.#dropFinished();
		while (this.#answers.size > 0) {
			const answers = [...this.#answers];
			const shares = planStep(answers, this.#batchSize);
			await Promise.all(answers.map((answer, index) => this.#advance(answer, shares[index] ?? 0)));
			await this.#dropFinished();
		}
		this.#turning = undefined;
	}

	#advance(answer: Answer, share: number): Promise<void> | undefined {
		return share === 0 ? undefined : answer.advance(share);
	}

	async #dropFinished(): Promise<void> {
		for (const answer of this.#answers)
			if (answer.over) {
				this.#answers.delete(answer);
				await this.#release(answer);
			}
	}
}
