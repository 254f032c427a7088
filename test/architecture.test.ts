import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';

/** Who may import whom. A folder may always import itself. Nothing else is allowed. */
const allowed: Readonly<Record<string, readonly string[]>> = {
	lib: [],
	contract: ['lib'],
	media: ['contract', 'lib'],
	settings: ['contract', 'lib'],
	tasks: ['contract', 'media', 'lib'],
	backends: ['contract', 'media', 'settings', 'lib'],
	adapters: ['contract', 'tasks', 'media', 'backends', 'lib'],
	models: ['contract', 'settings', 'lib'],
	scheduler: ['contract', 'lib'],
	pipelines: ['contract', 'media', 'lib'],
	plugins: ['contract', 'lib'],
	testing: ['contract', 'tasks', 'models', 'device', 'lib'],
	device: ['contract', 'lib'],
	http: ['contract', 'tasks', 'media', 'lib'],
	daemon: [
		'contract',
		'settings',
		'tasks',
		'backends',
		'adapters',
		'models',
		'scheduler',
		'pipelines',
		'plugins',
		'device',
		'http',
		'media',
		'client',
		'lib',
	],
	client: ['contract', 'media', 'settings', 'tasks', 'lib'],
	passages: ['client', 'contract', 'lib'],
	tui: ['client', 'contract', 'settings', 'lib'],
	cli: ['client', 'tui', 'passages', 'contract', 'settings', 'media', 'lib'],
};

/** Doors opened lazily: the two commands that need the server, and the files that join folders by design. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
	'cli/commands/serve.ts': ['daemon'],
	'cli/in-process.ts': ['daemon'],
	'cli/plugin-store.ts': ['plugins'],
	'backends/worker/main.ts': ['adapters', 'tasks', 'plugins'],
	// The converter stands in lib because it knows nothing of models; its one error is the user's to read.
	'lib/json-schema/refusal.ts': ['contract'],
	'index.ts': ['contract', 'client', 'tasks', 'daemon', 'backends', 'media', 'plugins', 'lib'],
	'testing.ts': ['contract', 'tasks', 'testing', 'lib'],
};

/** Too heavy to load where they are not used. */
const heavy = /^(node-llama-cpp|onnxruntime-node|sharp|ink|react)(\/|$)/;

const root = path.resolve(import.meta.dirname, '../src');
const files = readdirSync(root, {recursive: true, encoding: 'utf8'})
	.filter(file => /\.tsx?$/.test(file))
	.map(file => file.split(path.sep).join('/'));
const source = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const importsOf = (file: string): string[] =>
	[...source(file).matchAll(/(?:from\s+|import\s+|import\()'(\.[^']+)'/g)].map(match =>
		path.posix.join(path.posix.dirname(file), match[1] ?? ''),
	);
const part = (file: string): string => file.split('/')[0] ?? '';

test.each(files)('%s imports only what its folder may', file => {
	const wrong = importsOf(file).filter(
		target =>
			part(target) !== part(file) &&
			!allowed[part(file)]?.includes(part(target)) &&
			!exceptions[file]?.includes(part(target)),
	);
	expect(wrong).toEqual([]);
});

test('adapters do not know each other', () => {
	// `gguf.ts` and the folder `gguf/` are one adapter.
	const top = (file: string): string => (file.split('/')[1] ?? '').replace(/\.ts$/, '');
	const wrong = files
		.filter(file => part(file) === 'adapters' && file !== 'adapters/index.ts')
		.flatMap(file =>
			importsOf(file)
				.filter(target => part(target) === 'adapters' && top(target) !== top(file) && top(target) !== 'index')
				.map(target => `${file} -> ${target}`),
		);
	expect(wrong).toEqual([]);
});

test('heavy packages are imported where they are used, not before', () => {
	const wrong = files
		.filter(file => part(file) !== 'tui')
		.flatMap(file =>
			[...source(file).matchAll(/^import (?!type)[^;]*?from '([^'.][^']*)'/gm)]
				.map(match => match[1] ?? '')
				.filter(name => heavy.test(name))
				.map(name => `${file} -> ${name}`),
		);
	expect(wrong).toEqual([]);
});

test('no file is longer than 400 lines', () => {
	const long = files.filter(file => source(file).split('\n').length > 400);
	expect(long).toEqual([]);
});

test('nothing escapes the compiler or the linter', () => {
	const escapes = files.filter(file =>
		/:\s*any\b|\bas any\b|@ts-ignore|oxlint-disable|eslint-disable/.test(source(file)),
	);
	expect(escapes).toEqual([]);
});
