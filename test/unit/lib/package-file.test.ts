import {mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {packageFile} from '../../../src/lib/package-file.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

function install(folder: string): string {
	const file = path.join(folder, 'node_modules', 'some-runtime', 'dist', 'index.js');
	mkdirSync(path.dirname(file), {recursive: true});
	writeFileSync(file, '');
	return file;
}

test('a package is found above the module that asks, the nearest first', () => {
	const root = temporaryFolder();
	const module = path.join(root, 'dist', 'chunks', 'main.js');
	const find = (): string | undefined => packageFile(module, 'some-runtime', 'dist', 'index.js');
	expect(find()).toBeUndefined();
	const above = install(root);
	expect(find()).toBe(above);
	expect(packageFile(module, 'some-runtime', 'dist', 'other.js')).toBeUndefined();
	expect(packageFile(path.join(temporaryFolder(), 'main.js'), 'some-runtime', 'dist', 'index.js')).toBeUndefined();
});

test('a package that goes is gone, one that moves is found where it is, and one that comes back is there', () => {
	const root = temporaryFolder();
	const module = path.join(root, 'dist', 'main.js');
	const find = (): string | undefined => packageFile(module, 'some-runtime', 'dist', 'index.js');
	const file = install(root);
	expect(find()).toBe(file);
	mkdirSync(path.join(root, 'dist'));
	renameSync(path.join(root, 'node_modules'), path.join(root, 'dist', 'node_modules'));
	expect(find()).toBe(path.join(root, 'dist', 'node_modules', 'some-runtime', 'dist', 'index.js'));
	rmSync(path.join(root, 'dist', 'node_modules'), {recursive: true});
	expect(find()).toBeUndefined();
	expect(install(root)).toBe(find());
});
