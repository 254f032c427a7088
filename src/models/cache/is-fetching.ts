import path from 'node:path';
import {pidLockOwner} from '../../lib/pid-lock.ts';

/** Whether a living process is fetching the blob at this moment: it holds the blob's lock. */
export function isFetching(cache: string, folder: string, file: string): boolean {
	const etag = path.basename(file).replace(/\..*$/, '');
	return pidLockOwner(path.join(cache, '.locks', folder, `${etag}.mofa-lock`)) !== undefined;
}
