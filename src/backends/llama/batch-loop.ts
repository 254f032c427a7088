import type {Answer} from './answer.ts';
import {ReadingPace} from './reading-pace.ts';
import type {ThreadChoice} from './thread-choice.ts';

/** What is known of an answer when a step is planned. */
export interface Appetite {
	readonly reading: boolean;
	readonly appetite: number;
}

/**
 * How many tokens each answer puts into the next step, in the same order: one where it is being written, and to
 * prompts the `reading` tokens that are left for them, in order of arrival.
 */
export function planStep(answers: readonly Appetite[], reading: number): number[] {
	let left = reading;
	return answers.map(answer => {
		if (!answer.reading) return 1;
		const share = Math.min(answer.appetite, left);
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
	readonly #pace: ReadingPace;
	readonly #threads: Pick<ThreadChoice, 'take'>;
	readonly #release: (answer: Answer) => Promise<void>;
	#turning: Promise<void> | undefined;

	constructor(batchSize: number, threads: Pick<ThreadChoice, 'take'>, release: (answer: Answer) => Promise<void>) {
		this.#pace = new ReadingPace(batchSize);
		this.#threads = threads;
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

	async #turn(): Promise<void> {
		await this.#dropFinished();
		while (this.#answers.size > 0) {
			await this.#step([...this.#answers]);
			await this.#dropFinished();
		}
		this.#turning = undefined;
	}

	async #step(answers: readonly Answer[]): Promise<void> {
		const writing = answers.filter(answer => !answer.reading).length;
		const shares = planStep(answers, this.#pace.limit(writing));
		const start = performance.now();
		await this.#threads.take(writing === answers.length ? writing : undefined, () =>
			Promise.all(answers.map((answer, index) => advance(answer, shares[index] ?? 0))),
		);
		const tokens = shares.reduce((sum, share) => sum + share, 0);
		this.#pace.learn(tokens, performance.now() - start);
	}

	async #dropFinished(): Promise<void> {
		for (const answer of this.#answers)
			if (answer.over) {
				this.#answers.delete(answer);
				await this.#release(answer);
			}
	}
}

function advance(answer: Answer, share: number): Promise<void> | undefined {
	return share === 0 ? undefined : answer.advance(share);
}
