import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, test, vi} from 'vitest';
import {openPlugin} from '../../../src/plugins/open-plugin.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {fences} from '../../helpers/markdown.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

/** Writes the files of the tutorial as a reader would. */
function write(folder: string): readonly string[] {
	const page = readFileSync(path.join(repositoryRoot, 'test/examples/README.md'), 'utf8');
	return fences(page).flatMap(({info, lines}) => {
		const name = info.find(word => word.startsWith('file='))?.slice('file='.length);
		if (name === undefined) return [];
		mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
		writeFileSync(path.join(folder, name), lines.join('\n'));
		return [name];
	});
}

test('what the tutorial has its reader write is a plugin, and its test passes', async () => {
	const folder = temporaryFolder();
	expect(write(folder)).toHaveLength(6);
	const {plugin, package: found, models} = await openPlugin(folder);
	expect(found).toMatchObject({name: 'mofa-letters', version: '1.0.0'});
	expect(plugin).toMatchObject({name: 'letters', tasks: [{name: 'letters'}], adapters: [{name: 'letter-counter'}]});
	expect(models).toBe(`${path.join(folder, 'models')}/`);
	const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
	const here = process.cwd();
	try {
		process.chdir(folder);
		await import(pathToFileURL(path.join(folder, 'letters.test.js')).href);
		expect(log.mock.calls.flat()).toContain('ok  letters: it stops where it is cancelled');
	} finally {
		process.chdir(here);
		log.mockRestore();
	}
});
