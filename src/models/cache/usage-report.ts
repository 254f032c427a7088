import type {UsageReport} from '../../contract/store.ts';
import {freeBytes} from '../pull/free-space.ts';
import {leftoversOf} from './prune.ts';
import {surveyAll, type DiskFile, type Survey} from './survey.ts';

/** What each model takes of the disk. `lastUsed` is by name of model: the latest of a repository counts. */
export async function usageReport(
	cache: string,
	lastUsed: ReadonlyMap<string, string>,
	now: number = Date.now(),
): Promise<UsageReport> {
	const surveys = await surveyAll(cache);
	const used = latestByRepository(lastUsed);
	const seen = new Set<string>();
	const models = surveys.map(survey => ({
		repository: survey.repository,
		bytes: countOnce(filesOf(survey), seen),
		revisions: survey.revisions.length,
		lastUsedAt: used.get(survey.repository.toLowerCase()) ?? null,
	}));
	const partialBytes = sum(surveys.flatMap(({partials}) => partials));
	const reclaimable = surveys.flatMap(survey => leftoversOf(survey, {dryRun: true, now}));
	const free = await freeBytes(cache);
	return {
		folder: cache,
		totalBytes: models.reduce((total, {bytes}) => total + bytes, 0),
		// Before the first pull there is no such folder, and yet there is room.
		freeBytes: Number.isFinite(free) ? free : 0,
		models: models.toSorted((a, b) => b.bytes - a.bytes),
		partialBytes,
		reclaimableBytes: reclaimable.reduce((total, {bytes}) => total + bytes, 0),
	};
}

const filesOf = ({blobs, partials, temporaries, revisions}: Survey): readonly DiskFile[] => [
	...blobs,
	...partials,
	...temporaries,
	...revisions.flatMap(({copies}) => copies),
];

const sum = (files: readonly DiskFile[]): number => files.reduce((total, {bytes}) => total + bytes, 0);

/** A file that has two names takes its place once. */
function countOnce(files: readonly DiskFile[], seen: Set<string>): number {
	let bytes = 0;
	for (const file of files) {
		if (seen.has(file.identity)) continue;
		seen.add(file.identity);
		bytes += file.bytes;
	}
	return bytes;
}

function latestByRepository(lastUsed: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
	const latest = new Map<string, string>();
	for (const [name, at] of lastUsed) {
		const repository = name.replace(/[@:].*$/, '').toLowerCase();
		if (at > (latest.get(repository) ?? '')) latest.set(repository, at);
	}
	return latest;
}
