import {stat} from 'node:fs/promises';
import type {FileGroup} from '../resolve/group-files.ts';
import {describeBuild, type BuildDescription, type LocalFile} from './describe-build.ts';

/** More headers are not kept: some of them hold a vocabulary's worth of text. */
const most = 100;

/** What headers say, remembered by file, size and time of change: every request asks, and a long header takes 30 ms. */
export class Descriptions {
	readonly #known = new Map<string, Promise<BuildDescription>>();

	async describe<F extends LocalFile>(
		group: FileGroup<F>,
		beside: readonly LocalFile[],
		name: string,
	): Promise<BuildDescription> {
		const first = group.files[0]?.file;
		// A configuration is short, and may change while the weights do not.
		if (group.format !== 'gguf' || first === undefined) return describeBuild(group, beside, name);
		const read = group.files
			.filter(({role, file}) => role === 'projector' || file === first)
			.map(({file}) => file.path);
		const key = (await Promise.all(read.map(stamp))).join(' ');
		const description = this.#known.get(key) ?? describeBuild(group, beside, name);
		this.#known.delete(key);
		this.#known.set(key, description);
		description.catch(() => this.#known.delete(key));
		for (const oldest of [...this.#known.keys()].slice(0, Math.max(0, this.#known.size - most)))
			this.#known.delete(oldest);
		return description;
	}
}

async function stamp(file: string): Promise<string> {
	const facts = await stat(file).catch(() => null);
	return `${file} ${facts?.size} ${facts?.mtimeMs} ${facts?.ino}`;
}
