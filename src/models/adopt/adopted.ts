import {existsSync} from 'node:fs';
import {readFile, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {RememberedFile} from '../../lib/remembered-file.ts';
import {writeFileAtomic} from '../../lib/write-file-atomic.ts';

/** A model in another tool's store, that a link of mofa's leads to. */
export interface AdoptedModel {
	/** `ollama/llama3.2:3b`, `lmstudio/Qwen3-8B-GGUF:Q4_K_M`, `llama.cpp/tiny:Q8_0`. */
	readonly name: string;
	readonly tool: string;
	readonly format: string;
	readonly quantization: string | null;
	readonly family: string;
	readonly tasks: readonly string[];
	readonly parameters: number | null;
	readonly contextLength: number | null;
	/** ISO 8601, of the weights. */
	readonly modifiedAt: string;
	readonly files: readonly AdoptedFile[];
}

export interface AdoptedFile {
	/** `weights`, `weights-2`, `projector`. */
	readonly role: string;
	/** The link, below the folder of the adopted. */
	readonly link: string;
	/** Where the tool has it. */
	readonly target: string;
	readonly bytes: number;
	/** SHA-256, where the tool says it. */
	readonly sha256: string | null;
}

/** One record for each tool, so that adopting from one never touches what is known of another. */
export async function readAdopted(folder: string): Promise<readonly AdoptedModel[]> {
	return (await Promise.all((await recordsIn(folder)).map(name => readRecord(path.join(folder, name))))).flat();
}

/** The same, where each record is read again only when it has changed. */
export class AdoptedRecords {
	readonly #folder: string;
	readonly #files = new Map<string, RememberedFile<readonly AdoptedModel[]>>();

	constructor(folder: string) {
		this.#folder = folder;
	}

	async all(): Promise<readonly AdoptedModel[]> {
		// Most people have adopted nothing, and making an error of that takes longer than asking.
		if (!existsSync(this.#folder)) return [];
		return (await Promise.all((await recordsIn(this.#folder)).map(name => this.#file(name).read()))).flat();
	}

	#file(name: string): RememberedFile<readonly AdoptedModel[]> {
		const file = this.#files.get(name) ?? new RememberedFile(path.join(this.#folder, name), parseRecord);
		this.#files.set(name, file);
		return file;
	}
}

export async function readToolRecord(folder: string, tool: string): Promise<readonly AdoptedModel[]> {
	return readRecord(path.join(folder, `${tool}.json`));
}

export async function writeToolRecord(folder: string, tool: string, models: readonly AdoptedModel[]): Promise<void> {
	await writeFileAtomic(path.join(folder, `${tool}.json`), `${JSON.stringify(models, null, '\t')}\n`);
}

/** Bytes of it that are still there: nothing, once its own tool has deleted it. */
export async function presentBytes(folder: string, model: AdoptedModel): Promise<number> {
	const found = await Promise.all(
		model.files.map(async ({link, bytes}) => {
			const facts = await stat(path.join(folder, link)).catch(() => null);
			return facts?.isFile() && facts.size === bytes ? bytes : 0;
		}),
	);
	return found.reduce((sum, bytes) => sum + bytes, 0);
}

export const adoptedBytes = ({files}: AdoptedModel): number => files.reduce((sum, {bytes}) => sum + bytes, 0);

async function recordsIn(folder: string): Promise<readonly string[]> {
	return (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.json')).toSorted();
}

async function readRecord(file: string): Promise<readonly AdoptedModel[]> {
	return parseRecord(await readFile(file, 'utf8').catch(() => null));
}

/** Damaged, it is empty: adopting again makes it anew. */
function parseRecord(text: string | null): readonly AdoptedModel[] {
	try {
		const value: unknown = JSON.parse(text ?? '[]');
		return Array.isArray(value) ? value.filter(isAdopted) : [];
	} catch {
		return [];
	}
}

function isAdopted(value: unknown): value is AdoptedModel {
	if (typeof value !== 'object' || value === null) return false;
	const model = value as Partial<Record<keyof AdoptedModel, unknown>>;
	const texts = [model.name, model.tool, model.format, model.family, model.modifiedAt];
	return (
		texts.every(text => typeof text === 'string') &&
		Array.isArray(model.tasks) &&
		Array.isArray(model.files) &&
		model.files.length > 0 &&
		model.files.every(isAdoptedFile)
	);
}

/** A link stands in the folder itself: a record that was tampered with leads nowhere else. */
function isAdoptedFile(value: unknown): value is AdoptedFile {
	if (typeof value !== 'object' || value === null) return false;
	const {role, link, target, bytes} = value as Partial<Record<keyof AdoptedFile, unknown>>;
	if (typeof role !== 'string' || typeof target !== 'string' || typeof bytes !== 'number') return false;
	return typeof link === 'string' && !path.isAbsolute(link) && !link.split(/[/\\]/).includes('..');
}
