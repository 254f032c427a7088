import type {PackReport} from '../contract/report.ts';
import {formatByteSize} from '../lib/byte-size.ts';

/** ` (45 MB)`, to hang on a name; nothing where the size is not known. */
export function bracketedSize(bytes: number | null): string {
	return bytes === null ? '' : ` (${formatByteSize(bytes)})`;
}

/** What a pack costs to get: ` (45 MB)`; ` (36 MB, then built here: 8 minutes on two cores)`. */
export function packCost({downloadBytes, buildMinutes}: Pick<PackReport, 'downloadBytes' | 'buildMinutes'>): string {
	if (buildMinutes === null) return bracketedSize(downloadBytes);
	const fetched = downloadBytes === null ? '' : `${formatByteSize(downloadBytes)}, then `;
	return ` (${fetched}built here: ${buildMinutes} minutes on two cores)`;
}
