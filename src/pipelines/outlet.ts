import type {AnyPacket, AnyValue, Signal} from '../contract/stage.ts';
import type {Slot} from './inbox.ts';

/**
 * Where a stage's packets go: to every stage behind it, and out of the pipeline. The slowest of them holds it up. Between an
 * interruption and the `interrupt` that comes in order it gives nothing: that would be of the turn that is forgotten.
 */
export class Outlet {
	readonly #slots: readonly Slot[];
	readonly #onValue: (value: AnyValue) => void;
	#interruptions = 0;

	constructor(slots: readonly Slot[], onValue: (value: AnyValue) => void = () => undefined) {
		this.#slots = slots;
		this.#onValue = onValue;
	}

	get muted(): boolean {
		return this.#interruptions > 0;
	}

	/** Settles when the next may come. */
	async emit(packet: AnyPacket): Promise<void> {
		if (packet.type === 'signal') return this.signal(packet);
		if (this.muted) return;
		this.#onValue(packet);
		for (const slot of this.#slots) {
			const room = slot.push(packet);
			if (room === undefined) continue;
			await room;
			if (this.muted) return;
		}
	}

	/** A signal that begins here or that came from the stage before; an interruption that begins here is felt at once. */
	signal(signal: Signal): void {
		if (signal.kind === 'interrupt') for (const slot of this.#slots) slot.interrupt();
		this.#push(signal);
	}

	/** A signal that came in order from the stage before, whose interruption was felt when it began. */
	pass(signal: Signal): void {
		if (signal.kind === 'interrupt' && this.#interruptions > 0) this.#interruptions -= 1;
		this.#push(signal);
	}

	/** The interruption of a stage before this one. `mute`: what this one would still give is of the turn that is forgotten. */
	interrupted(mute: boolean): void {
		if (mute) this.#interruptions += 1;
		for (const slot of this.#slots) slot.interrupt();
	}

	/** Signals do not wait for room. */
	#push(signal: Signal): void {
		for (const slot of this.#slots) void slot.push(signal);
	}
}
