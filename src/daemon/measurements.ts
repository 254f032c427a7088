import {readFile} from 'node:fs/promises';
import type {Footprint} from '../contract/engine.ts';
import {writeFileAtomic} from '../lib/write-file-atomic.ts';

/** What an engine really took on this machine the last time it was loaded. */
export interface Measurement {
	readonly footprint: Footprint;
	readonly loadMs: number;
}

/** More are not kept: the oldest go first. */
const most = 500;

/** Measured footprints by engine id, remembered between starts. Losing them costs an estimate, so a full disk is no error. */
export class Measurements {
	readonly #file: string;
	#known: Map<string, Measurement> | undefined;
	#writing: Promise<void> = Promise.resolve();

	constructor(file: string) {
		this.#file = file;
	}

	async get(id: string): Promise<Measurement | undefined> {
		return (await this.#read()).get(id);
	}

	async set(id: string, measurement: Measurement): Promise<void> {
		const known = await this.#read();
		known.delete(id);
		known.set(id, measurement);
		for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(oldest);
		this.#writing = this.#writing
			.then(() => writeFileAtomic(this.#file, JSON.stringify(Object.fromEntries(known))))
			.catch(() => undefined);
		return this.#writing;
	}

	async #read(): Promise<Map<string, Measurement>> {
		this.#known ??= new Map(Object.entries(await stored(this.#file)));
		return this.#known;
	}
}

async function stored(file: string): Promise<Record<string, Measurement>> {
	try {
		const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
		if (typeof parsed !== 'object' || parsed === null) return {};
		return Object.fromEntries(Object.entries(parsed).filter(([, value]) => isMeasurement(value)));
	} catch {
		return {};
	}
}

function isMeasurement(value: unknown): value is Measurement {
	if (typeof value !== 'object' || value === null || !('footprint' in value) || !('loadMs' in value)) return false;
	const {footprint, loadMs} = value;
	if (typeof footprint !== 'object' || footprint === null || typeof loadMs !== 'number') return false;
	return Object.values(footprint).every(bytes => typeof bytes === 'number' && bytes >= 0);
}
