import {readFile} from 'node:fs/promises';
import type {AnyAdapter} from '../contract/adapter.ts';
import type {Availability, Device} from '../contract/backend.ts';
import {writeFileAtomic} from '../lib/write-file-atomic.ts';

type Available = Extract<Availability, {readonly ok: true}>;

interface Remembered {
	/** What the answer depends on, in the backend's words. */
	readonly from: string;
	readonly at: number;
	readonly answer: Available;
}

/** A driver may change without a trace, so even a good answer is asked for again after a day. */
const longestMs = 24 * 3_600_000;

/**
 * What probes of backends answered. Loading native code in a child process takes about a second, so a good answer is
 * remembered on disk until what it depends on changes; a bad one is asked for again by the next process.
 */
export class Probes {
	readonly #file: string;
	readonly #now: () => number;
	readonly #asked = new Map<string, Promise<Availability>>();

	constructor(file: string, now: () => number = Date.now) {
		this.#file = file;
		this.#now = now;
	}

	async get(adapter: Pick<AnyAdapter, 'backend' | 'probe' | 'probedFrom'>, device: Device): Promise<Availability> {
		const from = await adapter.probedFrom(device);
		if (from === null) return adapter.probe(device);
		const key = `${adapter.backend} ${from}`;
		const asked = this.#asked.get(key) ?? this.#answer(adapter, device, from);
		this.#asked.set(key, asked);
		return asked;
	}

	/** It said it would work, and did not. */
	async forget(backend: string): Promise<void> {
		for (const key of this.#asked.keys()) if (key.startsWith(`${backend} `)) this.#asked.delete(key);
		const {[backend]: _forgotten, ...others} = await this.#read();
		await this.#write(others);
	}

	async #answer(
		{backend, probe}: Pick<AnyAdapter, 'backend' | 'probe'>,
		device: Device,
		from: string,
	): Promise<Availability> {
		const known = (await this.#read())[backend];
		if (known?.from === from && this.#now() - known.at < longestMs && known.at <= this.#now()) return known.answer;
		const answer = await probe(device);
		if (answer.ok) await this.#write({...(await this.#read()), [backend]: {from, at: this.#now(), answer}});
		return answer;
	}

	async #read(): Promise<Readonly<Record<string, Remembered>>> {
		try {
			const parsed: unknown = JSON.parse(await readFile(this.#file, 'utf8'));
			if (typeof parsed !== 'object' || parsed === null) return {};
			return Object.fromEntries(Object.entries(parsed).filter(([, value]) => isRemembered(value)));
		} catch {
			return {};
		}
	}

	/** Losing it costs a second, so a full disk is no error. */
	async #write(content: Readonly<Record<string, Remembered>>): Promise<void> {
		await writeFileAtomic(this.#file, JSON.stringify(content)).catch(() => undefined);
	}
}

function isRemembered(value: unknown): value is Remembered {
	if (typeof value !== 'object' || value === null) return false;
	const {from, at, answer} = value as Partial<Record<keyof Remembered, unknown>>;
	if (typeof from !== 'string' || typeof at !== 'number' || typeof answer !== 'object' || answer === null) return false;
	const {ok, version, accelerator} = answer as Partial<Record<keyof Available, unknown>>;
	return ok === true && typeof version === 'string' && typeof accelerator === 'string';
}
