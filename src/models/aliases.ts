import {MofaError} from '../contract/error.ts';
import type {AliasReport} from '../contract/store.ts';
import {RememberedFile} from '../lib/remembered-file.ts';
import {writeFileAtomic} from '../lib/write-file-atomic.ts';
import {parseName} from './name.ts';

/** Second names of models, of the user's own making. They are looked up before any other name. */
export class Aliases {
	readonly #file: string;
	readonly #remembered: RememberedFile<ReadonlyMap<string, string> | null>;
	#changing: Promise<unknown> = Promise.resolve();

	constructor(file: string) {
		this.#file = file;
		this.#remembered = new RememberedFile(file, parse);
	}

	/** What each alias stands for, by the alias as it was typed. Throws `file-error` where the file is damaged. */
	async all(): Promise<ReadonlyMap<string, string>> {
		await this.#changing.catch(() => undefined);
		return this.#read();
	}

	/** Case does not matter. */
	async get(text: string): Promise<string | undefined> {
		const wanted = text.trim().toLowerCase();
		return [...(await this.all())].find(([alias]) => alias.toLowerCase() === wanted)?.[1];
	}

	/**
	 * `taken` tells whether a name already means a model. Throws `invalid-request` for such a name and for one that could
	 * be no model's; another alias is replaced with `force` only.
	 */
	set(ask: {
		readonly model: string;
		readonly alias: string;
		readonly force: boolean;
		readonly taken: (name: string) => Promise<boolean>;
	}): Promise<AliasReport> {
		return this.#change(async aliases => {
			const alias = ask.alias.trim();
			if (parseName(alias).kind === 'path') throw invalid('a name, not a path');
			const before = [...aliases.keys()].find(known => known.toLowerCase() === alias.toLowerCase());
			if (before !== undefined) {
				if (!ask.force && aliases.get(before) !== ask.model)
					throw invalid(`another name: "${before}" already means ${aliases.get(before)} (--force replaces it)`);
				aliases.delete(before);
			} else if (await ask.taken(alias)) throw invalid(`another name: "${alias}" is a model already`);
			aliases.set(alias, ask.model);
			return {alias, model: ask.model};
		});
	}

	/** True where there was one. */
	remove(text: string): Promise<boolean> {
		return this.#change(aliases => {
			const alias = [...aliases.keys()].find(known => known.toLowerCase() === text.trim().toLowerCase());
			return alias !== undefined && aliases.delete(alias);
		});
	}

	/** Those that mean the model: it is gone. */
	removeOf(model: string): Promise<void> {
		return this.#change(aliases => {
			for (const [alias, target] of aliases) if (target === model) aliases.delete(alias);
		});
	}

	/** One change after the other; nothing is written where nothing changed. */
	#change<T>(act: (aliases: Map<string, string>) => T | Promise<T>): Promise<T> {
		const change = this.#changing
			.catch(() => undefined)
			.then(async () => {
				const aliases = new Map(await this.#read());
				const before = JSON.stringify([...aliases]);
				const result = await act(aliases);
				if (JSON.stringify([...aliases]) !== before)
					await writeFileAtomic(this.#file, `${JSON.stringify(Object.fromEntries(aliases), null, '\t')}\n`);
				return result;
			});
		this.#changing = change;
		return change;
	}

	/** A damaged file is an error, not an empty one: writing would lose what a person could still mend. */
	async #read(): Promise<ReadonlyMap<string, string>> {
		const aliases = await this.#remembered.read();
		if (aliases === null)
			throw new MofaError('file-error', {path: this.#file, problem: 'it is no JSON object of names'});
		return aliases;
	}
}

const invalid = (expected: string): MofaError => new MofaError('invalid-request', {path: 'alias', expected});

function parse(text: string | null): ReadonlyMap<string, string> | null {
	try {
		const value: unknown = JSON.parse(text ?? '{}');
		if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
		const entries = Object.entries(value);
		return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string') ? new Map(entries) : null;
	} catch {
		return null;
	}
}
