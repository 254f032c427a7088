import {formatByteSize} from '../lib/byte-size.ts';

/** ` (45 MB)`, to hang on a name; nothing where the size is not known. */
export function bracketedSize(bytes: number | null): string {
	return bytes === null ? '' : ` (${formatByteSize(bytes)})`;
}
