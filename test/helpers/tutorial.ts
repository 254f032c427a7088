import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {repositoryRoot} from './bundle.ts';
import {fences} from './markdown.ts';

/** Writes the files of `test/examples/README.md` as a reader would; gives their names. */
export function writeTutorial(folder: string): readonly string[] {
	const page = readFileSync(path.join(repositoryRoot, 'test/examples/README.md'), 'utf8');
	return fences(page).flatMap(({info, lines}) => {
		const name = info.find(word => word.startsWith('file='))?.slice('file='.length);
		if (name === undefined) return [];
		mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
		writeFileSync(path.join(folder, name), lines.join('\n'));
		return [name];
	});
}
