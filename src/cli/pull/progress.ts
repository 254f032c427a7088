import type {PullEvent} from '../../contract/store.ts';

type PullStart = Extract<PullEvent, {type: 'pull-start'}>;

/** How far a pull is, as its events tell; all that the lines of `progress-lines.ts` are made of. */
export interface PullProgress {
	readonly model: string;
	readonly files: readonly FileProgress[];
}

export interface FileProgress {
	readonly file: string;
	readonly bytes: number;
	readonly totalBytes: number;
	readonly bytesPerSecond: number;
	readonly state: 'waiting' | 'running' | 'retrying' | 'done';
	/** Where the bytes of a file that is done came from. */
	readonly source: 'downloaded' | 'present' | 'shared' | null;
	/** Why it is being tried again, and when, on the clock of `heardAt`. */
	readonly problem: string | null;
	readonly triesAt: number;
	/** When the last event about it came, in milliseconds. */
	readonly heardAt: number;
}

export function startProgress({model, files}: PullStart, now: number): PullProgress {
	return {
		model,
		files: files.map(({file, bytes, presentBytes}) => ({
			file,
			bytes: presentBytes,
			totalBytes: bytes,
			bytesPerSecond: 0,
			state: 'waiting',
			source: null,
			problem: null,
			triesAt: 0,
			heardAt: now,
		})),
	};
}

/** The progress after one more event. A file never loses bytes that were shown. */
export function advance(progress: PullProgress, event: PullEvent, now: number): PullProgress {
	if (event.type === 'pull-start') return startProgress(event, now);
	if (event.type === 'pull-end') return progress;
	return {
		...progress,
		files: progress.files.map(file => (file.file === event.file ? advanceFile(file, event, now) : file)),
	};
}

function advanceFile(
	file: FileProgress,
	event: Exclude<PullEvent, {type: 'pull-start' | 'pull-end'}>,
	now: number,
): FileProgress {
	switch (event.type) {
		case 'file-progress': {
			const {totalBytes, bytesPerSecond} = event;
			const bytes = Math.max(file.bytes, event.bytes);
			return {...file, bytes, totalBytes, bytesPerSecond, state: 'running', problem: null, heardAt: now};
		}
		case 'file-retry':
			return {
				...file,
				bytesPerSecond: 0,
				state: 'retrying',
				problem: event.problem,
				triesAt: now + event.waitMs,
				heardAt: now,
			};
		case 'file-end': {
			const {bytes, source} = event;
			return {...file, bytes, totalBytes: bytes, bytesPerSecond: 0, state: 'done', source, problem: null, heardAt: now};
		}
	}
}

/** All files of the pull as if they were one. */
export function totalOf({files}: PullProgress): Pick<FileProgress, 'bytes' | 'totalBytes' | 'bytesPerSecond'> {
	return {
		bytes: sum(files.map(({bytes}) => bytes)),
		totalBytes: sum(files.map(({totalBytes}) => totalBytes)),
		bytesPerSecond: sum(files.map(({bytesPerSecond}) => bytesPerSecond)),
	};
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
