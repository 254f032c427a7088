import type {Ask, Lease, Leases} from '../contract/lease.ts';
import type {TaskName} from '../contract/task.ts';

export interface SeatOptions {
	readonly leases: Leases;
	readonly ask: Omit<Ask<TaskName>, 'progress' | 'signal'>;
	readonly signal: AbortSignal;
	/** `run`: held from the first use to the end; `turn`: given back after each request. */
	readonly holds: 'run' | 'turn';
	readonly now: () => number;
	readonly progress: (model: string, fraction: number) => void;
	/** Milliseconds in the queue and loading. */
	readonly granted: (model: string, waited: {readonly queueMs: number; readonly loadMs: number}) => void;
}

/** A stage's place at its model: one lease at a time, taken early where it is kept. */
export class Seat implements AsyncDisposable {
	readonly #options: SeatOptions;
	#model: string;
	#lease: Promise<Lease<TaskName>> | undefined;

	constructor(options: SeatOptions) {
		this.#options = options;
		this.#model = options.ask.model;
	}

	get model(): string {
		return this.#model;
	}

	/** Begins to load, where the model will be kept. Throws what a lease can throw. */
	async warm(): Promise<void> {
		if (this.#options.holds === 'run') (await this.take(true)).rest?.();
	}

	/** Throws what a lease can throw. The next call asks anew. `resting`: nothing will be asked of it at once. */
	take(resting = false): Promise<Lease<TaskName>> {
		if (this.#lease === undefined) {
			const lease = this.#ask(resting);
			this.#lease = lease;
			lease.catch(() => {
				if (this.#lease === lease) this.#lease = undefined;
			});
		}
		return this.#lease;
	}

	/** A request is over. */
	async rest(): Promise<void> {
		if (this.#options.holds === 'turn') await this.leave();
		else (await this.#lease?.catch(() => undefined))?.rest?.();
	}

	async leave(): Promise<void> {
		const lease = this.#lease;
		this.#lease = undefined;
		await lease?.then(
			one => one[Symbol.asyncDispose](),
			() => undefined,
		);
	}

	/** From now on another model is asked. */
	async move(model: string): Promise<void> {
		await this.leave();
		this.#model = model;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.leave();
	}

	async #ask(resting: boolean): Promise<Lease<TaskName>> {
		const {leases, ask, signal, now, progress, granted} = this.#options;
		const model = this.#model;
		const since = now();
		let loading: number | undefined;
		const lease = await leases.lease({
			...ask,
			model,
			signal,
			...(resting ? {resting} : {}),
			progress: fraction => {
				loading ??= now();
				progress(model, fraction);
			},
		});
		const at = now();
		granted(model, {queueMs: (loading ?? at) - since, loadMs: loading === undefined ? 0 : at - loading});
		return lease;
	}
}
