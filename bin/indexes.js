// Writes src/tasks/index.ts and src/adapters/index.ts from the files that stand there,
// so that adding a task or a family is adding one file.
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

export function writeIndexes(root) {
	for (const [file, content] of Object.entries(indexes(root))) {
		const target = path.join(root, file);
		if (!existsSync(target) || readFileSync(target, 'utf8') !== content) writeFileSync(target, content);
	}
}

/** File → content, for every generated index. */
export function indexes(root) {
	return {
		'src/tasks/index.ts': tasksIndex(path.join(root, 'src/tasks')),
		'src/adapters/index.ts': adaptersIndex(path.join(root, 'src/adapters')),
	};
}

function tasksIndex(folder) {
	// A file is a task when it adds itself to `Tasks`.
	const names = modules(folder).filter(name =>
		readFileSync(path.join(folder, `${name}.ts`), 'utf8').includes("declare module '../contract/task.ts'"),
	);
	return `// Written by bin/indexes.js from the files in this folder.
import type {AnyTask} from '../contract/task.ts';
${names.map(name => `import {${identifier(name)}} from './${name}.ts';`).join('\n')}

${list('const tasks = ', names.map(identifier))};

/** Every built-in task by name; plugins add theirs at run time. */
export const builtInTasks: Readonly<Record<string, AnyTask>> = Object.fromEntries(
	tasks.map(task => [task.name, task as AnyTask]),
);
`;
}

function adaptersIndex(folder) {
	const names = modules(folder);
	return `// Written by bin/indexes.js from the files in this folder.
import type {AnyAdapter} from '../contract/adapter.ts';
${names.map(name => `import {${identifier(name)}} from './${name}.ts';`).join('\n')}

/** Every built-in adapter, in the order they are asked; plugins add theirs at run time. */
${list('export const adapters: readonly AnyAdapter[] = ', names.map(identifier))};
`;
}

/** On one line where it fits, as the formatter would have it. */
function list(before, items) {
	const line = `${before}[${items.join(', ')}]`;
	return line.length < 120 ? line : `${before}[\n${items.map(item => `\t${item},\n`).join('')}]`;
}

const modules = folder =>
	readdirSync(folder)
		.filter(file => file.endsWith('.ts') && file !== 'index.ts')
		.map(file => file.slice(0, -3))
		.toSorted();

const identifier = name => name.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
