import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, test, vi} from 'vitest';
import {openPlugin} from '../../../src/plugins/open-plugin.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';
import {writeTutorial} from '../../helpers/tutorial.ts';

test('what the tutorial has its reader write is a plugin, and its test passes', async () => {
	const folder = temporaryFolder();
	expect(writeTutorial(folder)).toHaveLength(6);
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
