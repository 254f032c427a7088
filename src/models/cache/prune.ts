import path from 'node:path';
import type {PruneReport} from '../../contract/store.ts';
import {removeRevision} from '../remove.ts';
import {isFetching} from './is-fetching.ts';
import {removeInside} from './remove-inside.ts';
import {currentOf, surveyAll, type DiskFile, type Survey} from './survey.ts';

export interface PruneOptions {
	readonly dryRun: boolean;
	/** Milliseconds since the last change after which a leftover is one; absent: an hour, and a week for downloads. */
	readonly olderThanMs?: number;
	readonly now?: number;
}

type Leftover = PruneReport['removed'][number] & {readonly commit: string | null; readonly paths: readonly string[]};

const hour = 3_600_000;
const week = 7 * 24 * hour;

/** Deletes what nothing uses; with `dryRun` it only says what that would be. Other tools' locks are left alone. */
export async function prune(cache: string, options: PruneOptions): Promise<PruneReport> {
	const removed: Leftover[] = [];
	for (const survey of await surveyAll(cache))
		for (const leftover of leftoversOf(survey, options)) {
			if (isFetching(cache, survey.folder, leftover.path)) continue;
			if (!options.dryRun) await removeLeftover(cache, survey, leftover);
			removed.push(leftover);
		}
	return {
		dryRun: options.dryRun,
		removed: removed.map(({path, bytes, kind}) => ({path, bytes, kind})),
		freedBytes: removed.reduce((total, {bytes}) => total + bytes, 0),
	};
}

/**
 * What nothing uses of a repository: revisions that are not current and that no branch or tag names, with the blobs only
 * they lead to; blobs that no link leads to; downloads left unfinished long ago; temporaries of mofa's. Pure.
 */
export function leftoversOf(survey: Survey, {olderThanMs, now = Date.now()}: PruneOptions): readonly Leftover[] {
	if (!survey.complete) return [];
	const old = (changedMs: number, fallback: number): boolean => now - changedMs >= (olderThanMs ?? fallback);
	const current = currentOf(survey.revisions);
	// Something newer came after it; else it may be one that another tool is fetching by its commit at this moment.
	const isReplaced = ({changedMs}: {readonly changedMs: number}): boolean =>
		(current !== undefined && changedMs < current.changedMs) || old(changedMs, hour);
	const superseded = survey.revisions.filter(
		revision => revision !== current && revision.refs.length === 0 && isReplaced(revision),
	);
	const kept = new Set(
		survey.revisions.filter(revision => !superseded.includes(revision)).flatMap(({blobs}) => Array.from(blobs)),
	);
	const counted = new Set<string>();
	const revisions = superseded.map(({path: at, commit, blobs, copies}): Leftover => {
		const own = survey.blobs.filter(file => {
			const name = path.basename(file.path);
			return blobs.has(name) && !kept.has(name) && !counted.has(name);
		});
		for (const file of own) counted.add(path.basename(file.path));
		return {kind: 'revision', path: at, bytes: sum([...own, ...copies]), commit, paths: []};
	});
	const linked = new Set(survey.revisions.flatMap(({blobs}) => Array.from(blobs)));
	const single =
		(kind: 'blob' | 'partial' | 'temporary') =>
		({path: at, bytes}: DiskFile): Leftover => ({kind, path: at, bytes, commit: null, paths: [at]});
	return [
		...revisions,
		...survey.blobs
			.filter(({path: at, changedMs}) => !linked.has(path.basename(at)) && old(changedMs, hour))
			.map(single('blob')),
		...abandoned(survey.partials, changedMs => old(changedMs, week)),
		...survey.temporaries.filter(({changedMs}) => old(changedMs, hour)).map(single('temporary')),
	];
}

/** The bytes of a download and what stands beside them go together, once none of them has changed for long. */
function abandoned(partials: readonly DiskFile[], old: (changedMs: number) => boolean): readonly Leftover[] {
	const sets = new Map<string, DiskFile[]>();
	for (const file of partials) {
		const key = file.path.replace(/(\.mofa-partial|\.incomplete).*$/, '$1');
		sets.set(key, [...(sets.get(key) ?? []), file]);
	}
	return [...sets]
		.filter(([, files]) => files.every(({changedMs}) => old(changedMs)))
		.map(([at, files]) => ({
			kind: 'partial',
			path: at,
			bytes: sum(files),
			commit: null,
			paths: files.map(file => file.path),
		}));
}

async function removeLeftover(cache: string, {root}: Survey, {commit, paths}: Leftover): Promise<void> {
	if (commit !== null) await removeRevision(cache, root, commit);
	for (const file of paths) await removeInside(cache, file);
}

const sum = (files: readonly DiskFile[]): number => files.reduce((total, {bytes}) => total + bytes, 0);
