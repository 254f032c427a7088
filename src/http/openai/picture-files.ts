import {randomBytes} from 'node:crypto';
import type {Image} from '../../contract/media.ts';

export interface PictureFileLimits {
	/** Milliseconds. */
	readonly keptMs: number;
	readonly pictures: number;
	readonly bytes: number;
}

const usual: PictureFileLimits = {keptMs: 60 * 60 * 1000, pictures: 64, bytes: 128 * 2 ** 20};

/**
 * Pictures for clients that want an address instead of the bytes: in memory, for an hour, under names that nobody guesses. When
 * there are too many the oldest goes.
 */
export class PictureFiles {
	readonly #limits: PictureFileLimits;
	readonly #kept = new Map<string, {readonly picture: Image; readonly timer: NodeJS.Timeout}>();
	#bytes = 0;

	constructor(limits: PictureFileLimits = usual) {
		this.#limits = limits;
	}

	/** The name it has from now on. */
	keep(picture: Image): string {
		const name = randomBytes(16).toString('hex');
		// A daemon with nothing else to do may leave, and the pictures with it.
		const timer = setTimeout(() => this.#drop(name), this.#limits.keptMs).unref();
		this.#kept.set(name, {picture, timer});
		this.#bytes += picture.bytes.length;
		for (const oldest of this.#kept.keys()) {
			if (this.#kept.size <= this.#limits.pictures && this.#bytes <= this.#limits.bytes) break;
			if (oldest !== name) this.#drop(oldest);
		}
		return name;
	}

	get(name: string): Image | undefined {
		return this.#kept.get(name)?.picture;
	}

	#drop(name: string): void {
		const found = this.#kept.get(name);
		if (found === undefined) return;
		clearTimeout(found.timer);
		this.#bytes -= found.picture.bytes.length;
		this.#kept.delete(name);
	}
}
