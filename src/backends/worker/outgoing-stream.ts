import {MofaError} from '../../contract/error.ts';

export interface OutgoingPort {
	/** Returns what the event costs of the credit, and a promise where its memory must be left alone until it is written. */
	send(event: unknown): {readonly cost: number; readonly written: Promise<void> | undefined};
	end(failure?: MofaError): void;
}

/**
 * The sending end of a stream: pulls events from an iterable only while the other side grants credit,
 * so a slow reader stops the producer at its next event.
 */
export class OutgoingStream {
	readonly #port: OutgoingPort;
	readonly #controller: AbortController = new AbortController();
	#credit = 0;
	#wake: (() => void) | undefined;

	constructor(port: OutgoingPort) {
		this.#port = port;
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	grant(bytes: number): void {
		this.#credit += bytes;
		if (this.#credit > 0) this.#wake?.();
	}

	cancel(reason: MofaError): void {
		this.#controller.abort(reason);
		this.#wake?.();
	}

	/** Never rejects: every outcome is told to the other side. */
	async pump(produce: (signal: AbortSignal) => AsyncIterable<unknown>): Promise<void> {
		const {signal} = this;
		try {
			await this.#sendAll(produce(signal), signal);
			this.#port.end(signal.aborted ? MofaError.from(signal.reason) : undefined);
		} catch (error) {
			this.#port.end(MofaError.from(error));
		}
	}

	async #sendAll(events: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
		for await (const event of events) {
			while (this.#credit <= 0 && !signal.aborted) await this.#granted();
			if (signal.aborted) return;
			const {cost, written} = this.#port.send(event);
			this.#credit -= cost;
			if (written !== undefined) await written;
		}
	}

	#granted(): Promise<void> {
		return new Promise(resolve => {
			this.#wake = resolve;
		});
	}
}
