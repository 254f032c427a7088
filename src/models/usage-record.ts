import {RememberedFile} from '../lib/remembered-file.ts';
import {writeFileAtomic} from '../lib/write-file-atomic.ts';

/** More are not kept: those unused for longest go first. */
const most = 20_000;

/**
 * When each model was loaded last, by its name, remembered between starts. The time of access that file systems keep is
 * no substitute: most are mounted without it, and a backup changes it. Losing this costs a column of a list.
 */
export class UsageRecord {
	readonly #file: string;
	readonly #remembered: RememberedFile<ReadonlyMap<string, string>>;
	#writing: Promise<void> = Promise.resolve();

	constructor(file: string) {
		this.#file = file;
		this.#remembered = new RememberedFile(file, parse);
	}

	/** ISO 8601 by name. */
	async all(): Promise<ReadonlyMap<string, string>> {
		await this.#writing;
		return this.#remembered.read();
	}

	/** Reads what other processes have written since, so that none is lost but in the same millisecond. */
	touch(name: string, at: Date = new Date()): Promise<void> {
		this.#writing = this.#writing
			.then(async () => {
				const before = await this.#remembered.read();
				const kept = [...new Map(before).set(name, at.toISOString())]
					.toSorted(([, a], [, b]) => (a < b ? 1 : -1))
					.slice(0, most);
				await writeFileAtomic(this.#file, JSON.stringify(Object.fromEntries(kept)));
			})
			.catch(() => undefined);
		return this.#writing;
	}
}

function parse(text: string | null): ReadonlyMap<string, string> {
	try {
		const parsed: unknown = JSON.parse(text ?? '{}');
		if (typeof parsed !== 'object' || parsed === null) return new Map();
		return new Map(
			Object.entries(parsed).filter(
				(entry): entry is [string, string] => typeof entry[1] === 'string' && !Number.isNaN(Date.parse(entry[1])),
			),
		);
	} catch {
		return new Map();
	}
}
