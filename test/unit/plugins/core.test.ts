import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {classificationPlugin, quickdrawPlugin} from '../../helpers/shapes.ts';

/** What the examples are called, and what they bring. */
const names = /['"`]classification['"`]|picture-?classifier|quick-?draw/i;

const filesOf = (folder: string): readonly string[] =>
	readdirSync(folder, {recursive: true, encoding: 'utf8'})
		.filter(file => /\.(tsx?|js|json)$/.test(file))
		.map(file => path.join(folder, file));

test('a task more is no edit to the core: nothing of mofa names the plugins of the examples', () => {
	const core = ['src', 'registry/models', 'registry/schema', 'bin'].flatMap(folder =>
		filesOf(path.join(repositoryRoot, folder)),
	);
	expect(core.length).toBeGreaterThan(100);
	expect(core.filter(file => names.test(readFileSync(file, 'utf8')))).toEqual([]);
	const examples = [classificationPlugin, quickdrawPlugin].flatMap(filesOf);
	expect(examples.filter(file => names.test(readFileSync(file, 'utf8'))).length).toBeGreaterThan(5);
});
