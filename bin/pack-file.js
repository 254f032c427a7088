// Packs a file for a release, and writes down the hash of what came of it: nobody else knows it.
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {brotliCompressSync, constants} from 'node:zlib';

/** `target` is packed, and `target.sha256` beside it is a line as `sha256sum` writes it. */
export function packFile(source, target) {
	const content = packed(readFileSync(source));
	const hash = createHash('sha256').update(content).digest('hex');
	mkdirSync(path.dirname(target), {recursive: true});
	writeFileSync(target, content);
	writeFileSync(`${target}.sha256`, `${hash}  ${path.basename(target)}\n`);
}

/** A better quality takes minutes, and wins two in a hundred. */
function packed(bytes) {
	const {BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT} = constants;
	const params = {[BROTLI_PARAM_QUALITY]: 6, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: bytes.length};
	return brotliCompressSync(bytes, {params});
}
