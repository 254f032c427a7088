/** The guide's reader of the command reference, which needs no copy. */
import path from 'node:path';
import {build} from 'esbuild';

export {flatten} from '../../guide/make/reference.mjs';

const source = path.resolve(import.meta.dirname, '../../../../src');

/** What a source exports, types taken off. */
export async function load(file) {
	const result = await build({entryPoints: [path.join(source, file)], bundle: true, write: false, platform: 'node', format: 'esm', logLevel: 'silent'});
	return import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString('base64')}`);
}
