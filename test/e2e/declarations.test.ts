import {spawnSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {temporaryFolder} from '../helpers/temporary-folder.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Stricter than most users are, and with nothing installed but mofa and node's own types. */
const strict = {
	compilerOptions: {
		target: 'es2023',
		lib: ['es2023', 'esnext.disposable'],
		module: 'nodenext',
		strict: true,
		exactOptionalPropertyTypes: true,
		noUncheckedIndexedAccess: true,
		skipLibCheck: false,
		types: ['node'],
		noEmit: true,
	},
	include: ['program.ts'],
};

const program = `
import {builtInTasks, createHttpClient, defineAdapter, definePlugin, MofaError, openInProcess, type ChatRequest} from 'mofa';
import {testAdapter} from 'mofa/testing';

export const exported = {builtInTasks, createHttpClient, defineAdapter, definePlugin, MofaError, testAdapter};
const request: ChatRequest = {messages: [{role: 'user', content: 'Hello'}], sampling: {temperature: 0}};
// @ts-expect-error A message is an object: the types are there, and not any.
export const wrong: ChatRequest = {messages: ['Hello']};
await using mofa = await openInProcess();
for await (const event of mofa.run({model: 'guide', task: 'chat', request, signal: AbortSignal.timeout(1)}))
	if (event.type === 'text-delta') process.stdout.write(event.text);
`;

test('a strict program compiles against the published declarations, without the libraries inside mofa', () => {
	const folder = temporaryFolder();
	const mofa = path.join(folder, 'node_modules/mofa');
	mkdirSync(mofa, {recursive: true});
	copyFileSync(path.join(root, 'package.json'), path.join(mofa, 'package.json'));
	const types = path.join(mofa, 'dist/types');
	const declare = `import {declareTypes} from './bin/declare-types.js'; declareTypes('.', ${JSON.stringify(types)});`;
	run(['--input-type=module', '-e', declare], root);
	expect(packagesNamedIn(types)).toEqual(['@huggingface/transformers', 'onnxruntime-node']);

	mkdirSync(path.join(folder, 'node_modules/@types'));
	for (const name of ['@types/node', 'undici-types'])
		symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name), 'junction');
	writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
	writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(strict));
	writeFileSync(path.join(folder, 'program.ts'), program);
	run([path.join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder);
}, 120_000);

function run(args: readonly string[], cwd: string): void {
	const {status, stdout, stderr} = spawnSync(process.execPath, args, {cwd, encoding: 'utf8'});
	expect(stdout + stderr).toBe('');
	expect(status).toBe(0);
}

/** What is imported and is neither mofa's own nor node's: the runtimes that a plugin may be built on, and nothing else. */
function packagesNamedIn(types: string): readonly string[] {
	const files = readdirSync(types, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.d.ts'));
	const named = files.flatMap(file =>
		[...readFileSync(path.join(types, file), 'utf8').matchAll(/(?:from|import\(|import) ?['"]([^'"]+)['"]/g)].map(
			([, name = '']) => name,
		),
	);
	return [...new Set(named.filter(name => !/^(\.|node:)/.test(name)))].toSorted();
}
