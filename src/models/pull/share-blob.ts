import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {bringBlob, type BlobListener, type Brought, type WantedBlob} from './bring-blob.ts';

interface Sharing {
	readonly listeners: Set<BlobListener>;
	readonly stop: AbortController;
	readonly brought: Promise<Brought>;
}

/** Blobs that this process is bringing now. */
const sharings = new Map<string, Sharing>();

/**
 * `bringBlob` for any number of askers in this process: those who want the same blob share one download, and it goes on
 * as long as one of them wants it. Throws `cancelled` to who does not want it any more.
 */
export async function shareBlob(wanted: WantedBlob, listener: BlobListener, signal: AbortSignal): Promise<Brought> {
	const key = path.join(path.resolve(wanted.cache), wanted.repository, wanted.etag);
	for (;;) {
		if (signal.aborted) throw new MofaError('cancelled', {});
		const known = sharings.get(key);
		// The last one who wanted it has left; what arrived is being written.
		if (known?.stop.signal.aborted) await known.brought.catch(() => undefined);
		else if (known === undefined) return join(begin(key, wanted), listener, signal);
		else return (await join(known, listener, signal)) === 'present' ? 'present' : 'shared';
	}
}

function begin(key: string, wanted: WantedBlob): Sharing {
	const listeners = new Set<BlobListener>();
	const stop = new AbortController();
	const everyone: BlobListener = {
		progress: bytes => listeners.forEach(listener => listener.progress(bytes)),
		retry: (problem, waitMs) => listeners.forEach(listener => listener.retry(problem, waitMs)),
	};
	const brought = bringBlob(wanted, everyone, stop.signal).finally(() => sharings.delete(key));
	brought.catch(() => undefined);
	const sharing = {listeners, stop, brought};
	sharings.set(key, sharing);
	return sharing;
}

async function join(
	{listeners, stop, brought}: Sharing,
	listener: BlobListener,
	signal: AbortSignal,
): Promise<Brought> {
	listeners.add(listener);
	let leave = (): void => undefined;
	const left = new Promise<never>((_, reject) => {
		leave = () => {
			listeners.delete(listener);
			const cancelled = (): void => reject(new MofaError('cancelled', {}));
			if (listeners.size > 0) return cancelled();
			stop.abort();
			// Nothing is lost only once it is written.
			void brought.then(cancelled, cancelled);
		};
	});
	signal.addEventListener('abort', leave, {once: true});
	try {
		return await Promise.race([brought, left]);
	} finally {
		signal.removeEventListener('abort', leave);
		listeners.delete(listener);
	}
}
