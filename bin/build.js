// Makes dist/ from src/: one fast bundle per process (command line, daemon, runner) and one for the library.
// When npm packs it, or with --release, also the type declarations, the licences of what is bundled, and what starters need.
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';
import {declareTypes} from './declare-types.js';
import {writeIndexes} from './indexes.js';
import {packFile} from './pack-file.js';

const root = path.resolve(import.meta.dirname, '..');
// npm builds once more after `prepack`, so the one script that it always runs must know.
const release = process.argv.includes('--release') || ['pack', 'publish'].includes(process.env.npm_command ?? '');
const {version} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

writeIndexes(root);
const shared = {
	absWorkingDir: root,
	outdir: 'dist',
	bundle: true,
	format: 'esm',
	platform: 'node',
	target: 'node20.19',
	// Native runtimes come from node_modules of a checkout or from a backend pack, never from the bundle.
	external: ['node-llama-cpp'],
	define: {MOFA_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"'},
	minifySyntax: true,
	minifyWhitespace: true,
	legalComments: 'none',
	metafile: true,
	write: false,
	logLevel: 'warning',
};

/** CommonJS packages inside a bundle call require() for node's own modules. */
const banner = {
	js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);",
};

/** What the command line opens only when it is wanted, and so keeps out of its own file. */
const lazy = {
	'src/tui/start-chat.ts': 'chat',
	'src/daemon/main.ts': 'serve',
	'src/cli/in-process.ts': 'in-process',
	'src/media/decode/decoders.ts': 'sound-decoders',
	'src/media/encode/mp3-encoder.ts': 'mp3-encoder',
	'node_modules/ora/index.js': 'ora',
};
/** Libraries in C that packages hold as WebAssembly and do not name in their own licence. */
const compiledInside = {
	'mpg123-decoder':
		'libmpg123, LGPL-2.1 (https://mpg123.de). Its source and how it is compiled: https://github.com/eshaz/wasm-audio-decoders. It stands in a file of its own, dist/sound-decoders.js, and may be replaced there.',
	'@wasm-audio-decoders/flac': 'libFLAC, BSD-3-Clause, copyright Josh Coalson and the Xiph.Org Foundation',
	'@wasm-audio-decoders/ogg-vorbis': 'libvorbis and libogg, BSD-3-Clause, copyright the Xiph.Org Foundation',
	'opus-decoder':
		'libopus, BSD-3-Clause, copyright Xiph.Org, Skype Limited, Octasic, Jean-Marc Valin, Timothy B. Terriberry, CSIRO, Gregory Maxwell, Mark Borgerding and Erik de Castro Lopo',
};

const parts = await build({
	...shared,
	entryPoints: {
		daemon: 'src/daemon/background.ts',
		runner: 'src/backends/worker/main.ts',
		index: 'src/index.ts',
		testing: 'src/testing.ts',
		...Object.fromEntries(Object.entries(lazy).map(([source, name]) => [name, source])),
	},
	splitting: true,
	chunkNames: 'chunks/[name]-[hash]',
	banner,
	plugins: [leaveOut('react-devtools-core')],
});
// The doorway answers what needs nothing else; behind it one file for each way to go on, and for each command that is not
// in program.ts itself. They are CommonJS: the loader of ES modules alone costs a person more than all of these files,
// and is opened only for what is an ES module.
const ways = {
	'src/cli/program.ts': 'program',
	'src/cli/complete.ts': 'complete',
	'src/cli/parse.ts': 'parse',
	'src/client/explain.ts': 'explain',
	'src/client/ensure-daemon.ts': 'ensure-daemon',
	'src/client/connect-remote.ts': 'connect-remote',
	'src/cli/run/offer-pull.ts': 'offer-pull',
	...Object.fromEntries(
		readdirSync(path.join(root, 'src/cli/commands')).map(file => [`src/cli/commands/${file}`, path.parse(file).name]),
	),
};
const commandLine = await build({
	...shared,
	entryPoints: {
		main: 'src/cli/main.ts',
		...Object.fromEntries(Object.entries(ways).map(([source, name]) => [name, source])),
	},
	outdir: 'dist/cli',
	format: 'cjs',
	outExtension: {'.js': '.cjs'},
	define: {...shared.define, 'import.meta.url': '__url'},
	banner: {js: "const __url = require('node:url').pathToFileURL(__filename).href;"},
	plugins: [openLazily(lazy), openNext(ways)],
});
// Written only now: a build that fails leaves the last one in place.
const built = [parts, commandLine];
writeOutputs(built.flatMap(({outputFiles}) => outputFiles));
const inputs = Object.assign({}, ...built.map(({metafile}) => metafile.inputs));
if (release) {
	const copied = copyPackageFiles();
	writeLicences([...Object.keys(inputs), ...copied]);
	declareTypes(root, path.join(root, 'dist/types'));
}

function writeOutputs(files) {
	rmSync(path.join(root, 'dist'), {recursive: true, force: true});
	for (const file of files) {
		mkdirSync(path.dirname(file.path), {recursive: true});
		writeFileSync(file.path, file.contents);
	}
}

/** Ink asks for React's development tools only when DEV is set; they would double the bundle. */
function leaveOut(name) {
	return {
		name: `leave-out-${name}`,
		setup(bundler) {
			bundler.onResolve({filter: new RegExp(`^${name}$`)}, () => ({path: name, namespace: 'left-out'}));
			bundler.onLoad({filter: /.*/, namespace: 'left-out'}, () => ({
				contents: 'export default {initialize() {}, connectToDevTools() {}};',
			}));
		},
	};
}

/** Leaves a dynamic import of these sources to the ES module that was made of each. */
function openLazily(files) {
	return {
		name: 'open-lazily',
		setup(bundler) {
			onDynamicImport(bundler, files, name => ({path: `../${name}.js`, external: true}));
		},
	};
}

/** Leaves a dynamic import of these sources to the CommonJS file that was made of each, read when it is reached. */
function openNext(files) {
	return {
		name: 'open-next',
		setup(bundler) {
			onDynamicImport(bundler, files, name => ({path: name, namespace: 'next'}));
			bundler.onResolve({filter: /./, namespace: 'next'}, ({path: file}) => ({path: file, external: true}));
			bundler.onLoad({filter: /./, namespace: 'next'}, ({path: name}) => ({
				contents: `module.exports = require('./${name}.cjs');`,
			}));
		},
	};
}

function onDynamicImport(bundler, files, become) {
	bundler.onResolve({filter: /./}, async ({path: wanted, kind, pluginData, ...options}) => {
		if (kind !== 'dynamic-import' || pluginData === 'resolving') return undefined;
		const found = await bundler.resolve(wanted, {kind, ...options, pluginData: 'resolving'});
		const name = files[path.relative(root, found.path).replaceAll(path.sep, '/')];
		return name === undefined ? undefined : become(name);
	});
}

/**
 * What models that ship with mofa take from packages, packed: half the size to install, a tenth of a second to open. A checkout
 * reads it where npm put it. Gives the paths back.
 */
function copyPackageFiles() {
	const starters = path.join(root, 'registry/starter');
	const urls = readdirSync(starters).flatMap(folder => {
		const {variants} = JSON.parse(readFileSync(path.join(starters, folder, 'manifest.json'), 'utf8'));
		return variants.flatMap(({files}) => files.map(({url}) => url));
	});
	const files = urls.filter(url => url.startsWith('package:')).map(url => url.slice('package:'.length));
	return files.map(file => {
		packFile(path.join(root, 'node_modules', file), path.join(root, 'dist/packages', `${file}.br`));
		return `node_modules/${file}`;
	});
}

/** Every package that something in dist/ is of, with its licence text. */
function writeLicences(inputs) {
	const folders = new Set();
	for (const input of inputs) {
		const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
		if (match?.[1]) folders.add(match[1]);
	}
	const texts = [...folders].toSorted().map(folder => {
		const {name, version, license} = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
		const file = readdirSync(path.join(root, folder)).find(entry => /^(licen[cs]e|copying)/i.test(entry));
		const text = file === undefined ? '' : readFileSync(path.join(root, folder, file), 'utf8').trim();
		const inside = compiledInside[name] === undefined ? '' : `Holds ${compiledInside[name]}\n\n`;
		return `${name} ${version} (${license ?? 'see text'})\n\n${inside}${text}`;
	});
	writeFileSync(path.join(root, 'dist', 'THIRD-PARTY.txt'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}
