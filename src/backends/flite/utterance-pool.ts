import {MofaError} from '../../contract/error.ts';
import {UtteranceThread, type ThreadAnswer, type ThreadProgram} from './utterance-thread.ts';

interface Job {
	readonly argv: readonly string[];
	readonly resolve: (answer: ThreadAnswer) => void;
	readonly reject: (error: unknown) => void;
}

/** Threads that take utterances in the order they come: one from the beginning, others once they are wanted. */
export class UtterancePool implements AsyncDisposable {
	readonly #program: ThreadProgram;
	readonly #threads: Set<UtteranceThread> = new Set();
	#idle: UtteranceThread[] = [];
	#starting = 0;
	#waiting: Job[] = [];
	#most: number;
	#isDisposed = false;

	/** `first` has not been asked for anything yet. What it is asked for waits until it is ready. */
	constructor(program: ThreadProgram, first: UtteranceThread, most: number) {
		this.#program = program;
		this.#most = Math.max(1, most);
		void this.#start(() => first);
	}

	/** How many compute at the same time, at most. */
	get most(): number {
		return this.#most;
	}

	/** How many threads there are, whether they compute or not. */
	get size(): number {
		return this.#threads.size;
	}

	/** What they hold. */
	get memoryBytes(): number {
		return sizeOf([...this.#threads]);
	}

	/** Of that, what `trim` gives back. */
	get spareBytes(): number {
		return sizeOf(this.#spare());
	}

	/** For what begins from now on; threads beyond it stay, and rest. */
	setMost(count: number): void {
		this.#most = Math.max(1, Math.floor(count));
		this.#handOut();
	}

	/** After the signal it throws `cancelled`: one that has not begun never will, and what has is computed for nobody. */
	async run(argv: readonly string[], signal: AbortSignal): Promise<ThreadAnswer> {
		if (signal.aborted || this.#isDisposed) throw new MofaError('cancelled', {});
		let drop = (): void => {};
		try {
			return await new Promise((resolve, reject) => {
				const job: Job = {argv, resolve, reject};
				drop = () => {
					this.#waiting = this.#waiting.filter(one => one !== job);
					reject(new MofaError('cancelled', {}));
				};
				signal.addEventListener('abort', drop);
				this.#waiting.push(job);
				this.#handOut();
			});
		} finally {
			signal.removeEventListener('abort', drop);
		}
	}

	/** Ends the threads that rest, but for one in all. */
	async trim(): Promise<void> {
		const spare = this.#spare();
		this.#idle = this.#idle.filter(thread => !spare.includes(thread));
		for (const thread of spare) this.#threads.delete(thread);
		await Promise.all(spare.map(thread => thread[Symbol.asyncDispose]()));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isDisposed = true;
		for (const {reject} of this.#waiting.splice(0)) reject(new MofaError('cancelled', {}));
		await Promise.all([...this.#threads].map(thread => thread[Symbol.asyncDispose]()));
	}

	#spare(): readonly UtteranceThread[] {
		return this.#idle.slice(this.#idle.length === this.#threads.size ? 1 : 0);
	}

	#handOut(): void {
		while (this.#waiting.length > 0 && this.#threads.size - this.#idle.length - this.#starting < this.#most) {
			const thread = this.#idle.pop();
			if (thread === undefined) break;
			const job = thread.hasEnded ? undefined : this.#waiting.shift();
			if (job === undefined) this.#threads.delete(thread);
			else void this.#work(thread, job);
		}
		while (this.#waiting.length > this.#starting && this.#threads.size < this.#most)
			void this.#start(() => new UtteranceThread());
	}

	/** One that has ended has failed its utterance with the reason; the next gets another thread. */
	async #work(thread: UtteranceThread, {argv, resolve, reject}: Job): Promise<void> {
		await thread.run(argv).then(resolve, reject);
		if (thread.hasEnded) this.#threads.delete(thread);
		else this.#idle.push(thread);
		this.#handOut();
		// Behind the answer.
		setImmediate(() => {
			if (this.#idle.includes(thread)) thread.prepare();
		});
	}

	/** Where another cannot be had, the others go on; who waits is told once there are none. */
	async #start(make: () => UtteranceThread): Promise<void> {
		this.#starting += 1;
		const started = await this.#opened(make).catch((error: unknown) => ({error}));
		this.#starting -= 1;
		if (this.#isDisposed) return;
		if (started instanceof UtteranceThread) {
			this.#idle.push(started);
			this.#handOut();
		} else if (this.#threads.size === 0) for (const {reject} of this.#waiting.splice(0)) reject(started.error);
	}

	async #opened(make: () => UtteranceThread): Promise<UtteranceThread> {
		const thread = make();
		this.#threads.add(thread);
		try {
			await thread.open(this.#program);
			return thread;
		} catch (error) {
			this.#threads.delete(thread);
			void thread[Symbol.asyncDispose]();
			throw error;
		}
	}
}

function sizeOf(threads: readonly UtteranceThread[]): number {
	return threads.reduce((sum, {memoryBytes}) => sum + memoryBytes, 0);
}
