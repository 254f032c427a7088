import {readdir} from 'node:fs/promises';
import path from 'node:path';

/** A model in another tool's store, as its own records describe it. */
export interface FoundModel {
	readonly name: string;
	readonly files: readonly FoundFile[];
	/** Why it cannot be adopted; null where nothing is against it so far. */
	readonly because: string | null;
}

export interface FoundFile {
	/** `weights`, `weights-2`, `projector`. */
	readonly role: string;
	readonly path: string;
	/** As the tool says, or as the disk does. */
	readonly bytes: number;
	/** Where the tool says it. */
	readonly sha256: string | null;
}

/** Reads one tool's store. What it does not understand it leaves out, or refuses with the reason. */
export type FindModels = (folder: string) => Promise<readonly FoundModel[]>;

export interface ToolSources {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly platform: NodeJS.Platform;
	readonly home: string;
}

export interface Tool {
	readonly name: string;
	/** Where it keeps its models, most likely first. */
	folders(sources: ToolSources): readonly string[];
	readonly find: FindModels;
}

/** One part of a name of a model, of letters that names may have. */
export const namePart = (text: string): string =>
	text
		.replaceAll(/[^\w.-]+/g, '-')
		.replaceAll(/^[^A-Za-z0-9]+|-+$/g, '')
		.slice(0, 150) || 'model';

/** No store has more; a folder that holds more is another thing. */
const most = 20_000;

/** Files below a folder, `/` between folders, links to folders left alone. */
export async function filesBelow(folder: string, deepest: number): Promise<readonly string[]> {
	const found: string[] = [];
	const walk = async (inside: string, depth: number): Promise<void> => {
		const entries = await readdir(path.join(folder, inside), {withFileTypes: true}).catch(() => []);
		for (const entry of entries) {
			const file = inside === '' ? entry.name : `${inside}/${entry.name}`;
			if (found.length >= most) return;
			if (entry.isDirectory()) {
				if (depth < deepest) await walk(file, depth + 1);
			} else found.push(file);
		}
	};
	await walk('', 1);
	return found.toSorted();
}
