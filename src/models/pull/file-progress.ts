import type {PullEvent} from '../../contract/store.ts';
import type {BlobListener, Brought} from './bring-blob.ts';
import {Rate} from './rate.ts';

/** Milliseconds between two events about one file. */
const everyMs = 200;

/** Tells how one file comes: not too often, and never that it goes backwards. */
export class FileProgress implements BlobListener {
	readonly #file: {readonly file: string; readonly bytes: number};
	readonly #tell: (event: Exclude<PullEvent, {type: 'pull-start' | 'pull-end'}>) => void;
	readonly #rate = new Rate();
	#furthest = 0;
	#toldAt = -Infinity;

	constructor(
		file: {readonly file: string; readonly bytes: number},
		tell: (event: Exclude<PullEvent, {type: 'pull-start' | 'pull-end'}>) => void,
	) {
		this.#file = file;
		this.#tell = tell;
	}

	progress(bytes: number): void {
		const now = performance.now();
		// A damaged part that is fetched again makes it fewer.
		const furthest = Math.max(this.#furthest, Math.min(bytes, this.#file.bytes));
		const bytesPerSecond = this.#rate.at(bytes, now);
		if (now - this.#toldAt < everyMs) return;
		this.#furthest = furthest;
		this.#toldAt = now;
		const {file, bytes: totalBytes} = this.#file;
		this.#tell({type: 'file-progress', file, bytes: furthest, totalBytes, bytesPerSecond});
	}

	retry(problem: string, waitMs: number): void {
		this.#tell({type: 'file-retry', file: this.#file.file, problem, waitMs});
	}

	end(source: Brought): void {
		const {file, bytes} = this.#file;
		this.#tell({type: 'file-end', file, bytes, source});
	}
}
