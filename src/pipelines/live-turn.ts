import type {AnyPacket, AnyValue, Signal} from '../contract/stage.ts';

export interface LiveTurnOptions {
	readonly first: AnyValue;
	/** Undefined: nothing comes any more. */
	readonly read: () => Promise<AnyPacket | undefined>;
	/** Bytes of values to keep, for a model that is asked again; 0: none. */
	readonly keep: number;
	readonly weigh: (value: AnyValue) => number;
}

/** The values of one turn while they come, for a request that runs beside them. Only one reader at a time. */
export class LiveTurn {
	readonly #options: LiveTurnOptions;
	readonly #kept: AnyValue[];
	#weight: number;
	#ending: Signal | undefined;
	#stopped = false;
	#pending: Promise<AnyPacket | undefined> | undefined;
	#reader: object | undefined;
	#begun = false;

	constructor(options: LiveTurnOptions) {
		this.#options = options;
		this.#kept = [options.first];
		this.#weight = options.weigh(options.first);
	}

	/** Whether everything that came can be read once more. */
	get whole(): boolean {
		return !this.#begun || this.#weight <= this.#options.keep;
	}

	/** From the beginning of the turn to its end. Whoever read before gets nothing more. */
	values(): AsyncIterable<AnyValue> {
		const reader = {};
		this.#reader = reader;
		this.#begun = true;
		let at = 0;
		return {
			[Symbol.asyncIterator]: () => ({
				next: async (): Promise<IteratorResult<AnyValue, undefined>> => {
					const kept = this.#reader === reader ? this.#kept[at] : undefined;
					if (kept !== undefined) {
						if (this.#weight <= this.#options.keep) at += 1;
						else this.#kept.shift();
						return {done: false, value: kept};
					}
					const packet = await this.#peek(reader);
					if (packet?.type !== 'value') return {done: true, value: undefined};
					if (this.#keeps(packet)) at += 1;
					return {done: false, value: packet};
				},
				return: async () => ({done: true, value: undefined}),
			}),
		};
	}

	/** What ended the turn, once it came; values that nobody read are passed over. Undefined: nothing comes any more. */
	async ending(): Promise<Signal | undefined> {
		const reader = {};
		this.#reader = reader;
		while (this.#ending === undefined && !this.#stopped) await this.#peek(reader);
		return this.#ending;
	}

	/** Takes the next packet for this reader; one that is no longer the reader leaves it where it is. */
	async #peek(reader: object): Promise<AnyPacket | undefined> {
		if (this.#ending !== undefined || this.#stopped) return this.#ending;
		this.#pending ??= this.#options.read();
		const packet = await this.#pending;
		if (this.#reader !== reader || this.#stopped) return undefined;
		this.#pending = undefined;
		if (packet === undefined) this.#stopped = true;
		else if (packet.type === 'signal') this.#ending = packet;
		return packet;
	}

	#keeps(value: AnyValue): boolean {
		if (this.#options.keep === 0) return false;
		const before = this.#weight;
		this.#weight += this.#options.weigh(value);
		if (this.#weight > this.#options.keep) {
			if (before <= this.#options.keep) this.#kept.length = 0;
			return false;
		}
		this.#kept.push(value);
		return true;
	}
}
