import type {PackReport} from './report.ts';
import type {EventOf, TaskName, Warning} from './task.ts';

/** What crosses from the daemon to a client while something runs: one JSON line each, on HTTP. */

export type LoadEvent =
	| {readonly type: 'load-progress'; readonly model: string; readonly fraction: number}
	| {readonly type: 'load-end'; readonly model: string; readonly waitedMs: number};

/** A task's own events, with what came before them and beside them. */
export type RunEvent<T extends TaskName> =
	| EventOf<T>
	| LoadEvent
	| {readonly type: 'warning'; readonly warning: Warning};

/** Bytes fetched so far and in all; how much is built, 0..1, where a pack is built on this machine. */
export type InstallProgress =
	| {
			readonly type: 'pack-progress';
			readonly phase: 'download' | 'unpack' | 'check';
			readonly bytes: number;
			readonly totalBytes: number | null;
	  }
	| {readonly type: 'pack-progress'; readonly phase: 'build'; readonly fraction: number};

export type InstallEvent = InstallProgress | {readonly type: 'pack-end'; readonly pack: PackReport};

export interface DefaultModel {
	readonly model: string;
	/** A sentence for stderr, e.g. that it is a toy of N parameters. */
	readonly because: string;
	/** Built in to be tried: whoever has real work needs another. */
	readonly toy: boolean;
}
