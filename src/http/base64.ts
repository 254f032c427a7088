import {invalid} from './envelope.ts';

/** Throws `invalid-request` naming `path`. */
export function base64Of(text: string, path: string): Uint8Array {
	const plain = text.replaceAll(/\s/g, '');
	// Buffer.from skips what is not base64 in silence; a damaged upload must not become a damaged picture.
	if (plain === '' || !/^[a-z0-9+/_-]*={0,2}$/i.test(plain)) throw invalid(path, 'base64');
	return Buffer.from(plain, 'base64');
}
