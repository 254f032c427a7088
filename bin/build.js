// Makes dist/ from src/: one fast bundle per process (command line, daemon, runner) and one for the library.
// With --release also the type declarations and the licences of what is bundled.
import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';
import {writeIndexes} from './indexes.js';

const root = path.resolve(import.meta.dirname, '..');
const release = process.argv.includes('--release');
const {version} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

writeIndexes(root);
rmSync(path.join(root, 'dist'), {recursive: true, force: true});
const {metafile} = await build({
	absWorkingDir: root,
	entryPoints: {
		cli: 'src/cli/main.ts',
		daemon: 'src/daemon/background.ts',
		runner: 'src/backends/worker/main.ts',
		index: 'src/index.ts',
		testing: 'src/testing.ts',
	},
	outdir: 'dist',
	chunkNames: 'chunks/[name]-[hash]',
	bundle: true,
	splitting: true,
	format: 'esm',
	platform: 'node',
	target: 'node20.19',
	// Native runtimes come from node_modules of a checkout or from a backend pack, never from the bundle.
	external: ['node-llama-cpp'],
	define: {MOFA_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"'},
	// CommonJS packages inside the bundle call require() for node's own modules.
	banner: {js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);"},
	minifySyntax: true,
	minifyWhitespace: true,
	legalComments: 'none',
	metafile: true,
	plugins: [leaveOut('react-devtools-core')],
	logLevel: 'warning',
});
if (release) {
	writeLicences(metafile);
	declareTypes();
}

/** Ink asks for React's development tools only when DEV is set; they would double the bundle. */
function leaveOut(name) {
	return {
		name: `leave-out-${name}`,
		setup(bundler) {
			bundler.onResolve({filter: new RegExp(`^${name}$`)}, () => ({path: name, namespace: 'left-out'}));
			bundler.onLoad({filter: /.*/, namespace: 'left-out'}, () => ({contents: 'export default {initialize() {}, connectToDevTools() {}};'}));
		},
	};
}

/** Every package whose code is in the bundle, with its licence text. */
function writeLicences({inputs}) {
	const folders = new Set();
	for (const input of Object.keys(inputs)) {
		const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
		if (match?.[1]) folders.add(match[1]);
	}
	const texts = [...folders].toSorted().map(folder => {
		const {name, version, license} = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
		const file = readdirSync(path.join(root, folder)).find(entry => /^(licen[cs]e|copying)/i.test(entry));
		const text = file === undefined ? '' : readFileSync(path.join(root, folder, file), 'utf8').trim();
		return `${name} ${version} (${license ?? 'see text'})\n\n${text}`;
	});
	writeFileSync(path.join(root, 'dist', 'THIRD-PARTY.txt'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

function declareTypes() {
	const compiler = path.join(root, 'node_modules', '.bin', 'tsc');
	execFileSync(compiler, ['-p', 'src/tsconfig.json'], {cwd: root, stdio: 'inherit'});
}
