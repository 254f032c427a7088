// Writes registry/backends/*.json: for each backend pack the exact npm packages, their integrity and their sizes.
// Run it with the network when a runtime's version is raised: node bin/packs.js [llama|onnx|espeak|sherpa|llama-server]
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {buffer} from 'node:stream/consumers';
import {createGunzip} from 'node:zlib';

const folder = path.resolve(import.meta.dirname, '../registry/backends');

const llama = {
	backend: 'llama',
	package: 'node-llama-cpp',
	version: '3.22.1',
	license: 'MIT',
	enables: ['chat', 'completion'],
	entry: 'node_modules/node-llama-cpp/dist/index.js',
	platformPackage: name => `@node-llama-cpp/${name}`,
};
const onnx = {
	backend: 'onnx',
	package: 'onnxruntime-node',
	version: '1.30.0',
	license: 'MIT AND Apache-2.0 AND LGPL-3.0-or-later',
	enables: ['chat', 'embedding', 'image', 'reranking', 'speech', 'transcription', 'voice-activity'],
	entry: 'node_modules/onnxruntime-node/dist/index.js',
	dependencies: {'@huggingface/transformers': '4.3.1'},
	// The library carries its own copy of the first, for browsers; the others serve an install script that never runs.
	without: ['onnxruntime-web', 'adm-zip', 'global-agent'],
	// One package holds the builds of all platforms: an install keeps its own.
	builds: {in: 'node_modules/onnxruntime-node/bin/napi-v6', of: platform => platform.replace('-', '/')},
	platformPackage: name => `@img/sharp-${name}`,
};

const espeak = {
	backend: 'espeak',
	package: 'espeak-ng',
	version: '1.0.2',
	license: 'GPL-3.0-or-later',
	enables: ['speech'],
	entry: 'node_modules/espeak-ng/dist/espeak-ng.js',
	platformPackage: name => name,
};

const sherpa = {
	backend: 'sherpa',
	package: 'sherpa-onnx-node',
	version: '1.13.8',
	license: 'Apache-2.0',
	enables: ['transcription'],
	entry: 'node_modules/sherpa-onnx-node/sherpa-onnx.js',
	platformPackage: name => `sherpa-onnx-${name}`,
};

/** Built on the user's machine, of the source that the package of the other runtime carries. */
const llamaServer = {
	backend: 'llama-server',
	package: 'node-llama-cpp',
	version: llama.version,
	license: 'MIT',
	enables: ['chat'],
	entry: 'bin/llama-server',
	build: {
		source: 'node_modules/node-llama-cpp/llama/gitRelease.bundle',
		variables: {
			CMAKE_BUILD_TYPE: 'Release',
			BUILD_SHARED_LIBS: 'OFF',
			LLAMA_BUILD_UI: 'OFF',
			LLAMA_OPENSSL: 'OFF',
			LLAMA_USE_PREBUILT_UI: 'OFF',
		},
		target: 'llama-server',
		product: 'bin/llama-server',
		minutes: 8,
	},
	closure: 'llama-server',
	// Nothing of the package runs.
	isAlone: true,
	platformPackage: name => name,
};

/** Platform packages by the name that `process.platform-process.arch` gives. */
const packs = [
	{
		runtime: llama,
		name: 'llama-cpu',
		accelerator: 'cpu',
		summary: 'llama.cpp on the CPU: language models from GGUF files',
		platforms: {
			'linux-x64': ['linux-x64'],
			'linux-arm64': ['linux-arm64'],
			'win32-x64': ['win-x64'],
			'win32-arm64': ['win-arm64'],
			'darwin-x64': ['mac-x64'],
		},
	},
	{
		runtime: llama,
		name: 'llama-metal',
		accelerator: 'metal',
		summary: 'llama.cpp on Apple GPUs: language models from GGUF files',
		platforms: {'darwin-arm64': ['mac-arm64-metal']},
	},
	{
		runtime: llama,
		name: 'llama-cuda',
		accelerator: 'cuda',
		summary: 'llama.cpp on NVIDIA GPUs: language models from GGUF files',
		platforms: {
			'linux-x64': ['linux-x64-cuda', 'linux-x64-cuda-ext'],
			'win32-x64': ['win-x64-cuda', 'win-x64-cuda-ext'],
		},
	},
	{
		runtime: llama,
		name: 'llama-vulkan',
		accelerator: 'vulkan',
		summary: 'llama.cpp on AMD, Intel and other GPUs through Vulkan: language models from GGUF files',
		platforms: {'linux-x64': ['linux-x64-vulkan'], 'win32-x64': ['win-x64-vulkan']},
	},
	{
		runtime: onnx,
		name: 'onnx-cpu',
		accelerator: 'cpu',
		summary:
			'ONNX Runtime and the model classes of Transformers.js: pictures, sight, speech and vectors from ONNX files',
		// None is built for Macs with Intel processors.
		platforms: {
			'linux-x64': ['linux-x64', 'libvips-linux-x64'],
			'linux-arm64': ['linux-arm64', 'libvips-linux-arm64'],
			'darwin-arm64': ['darwin-arm64', 'libvips-darwin-arm64'],
			'win32-x64': ['win32-x64'],
			'win32-arm64': ['win32-arm64'],
		},
	},
	{
		runtime: sherpa,
		name: 'sherpa',
		accelerator: 'cpu',
		summary: 'sherpa-onnx: speech to text with Paraformer, SenseVoice and models that write while somebody speaks',
		platforms: {
			'linux-x64': ['linux-x64'],
			'linux-arm64': ['linux-arm64'],
			'darwin-arm64': ['darwin-arm64'],
			'darwin-x64': ['darwin-x64'],
			'win32-x64': ['win-x64'],
		},
	},
	{
		runtime: espeak,
		name: 'espeak',
		accelerator: 'cpu',
		summary: 'eSpeak NG in WebAssembly: phonemes for voices that need them, and plain speech in a hundred languages',
		platforms: Object.fromEntries(
			['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64', 'win32-arm64'].map(name => [name, []]),
		),
	},
	{
		runtime: llamaServer,
		name: 'llama-server',
		accelerator: 'cpu',
		summary:
			"llama.cpp's own server, for language models from GGUF files that see (with onnx-cpu, which reads the pictures)",
		platforms: Object.fromEntries(['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64'].map(name => [name, []])),
	},
];

const wanted = process.argv.slice(2);
for (const runtime of [llama, onnx, espeak, sherpa, llamaServer])
	if (wanted.length === 0 || wanted.includes(runtime.backend)) await writePacks(runtime);

async function writePacks(runtime) {
	const closure = {
		...readClosure(runtime),
		file: `closures/${runtime.closure ?? runtime.package}-${runtime.version}.json`,
	};
	closure.parts = [];
	for (const [where, {version}] of Object.entries(closure.packages))
		closure.parts.push(await describe(where.replace(/^.*node_modules\//, ''), version, where));
	const {downloadBytes, installedBytes} = total(closure.parts);
	write(closure.file, {schema: 1, downloadBytes, installedBytes, packages: closure.packages});
	for (const pack of packs.filter(candidate => candidate.runtime === runtime))
		write(`${pack.name}.json`, await packFile(pack, closure));
}

async function packFile({runtime, platforms, ...pack}, closure) {
	const {backend, version, license, enables, entry, build, dependencies} = runtime;
	const described = {};
	for (const [platform, names] of Object.entries(platforms))
		described[platform] = await platformOf(runtime, platform, names, closure);
	const beside = {...(build === undefined ? {} : {build}), ...(dependencies === undefined ? {} : {dependencies})};
	const facts = {schema: 1, backend, version, license, enables, entry, ...beside, closure: closure.file};
	return {...facts, ...pack, platforms: described};
}

async function platformOf(runtime, platform, names, {parts, versions}) {
	const packages = [];
	for (const name of names.map(runtime.platformPackage))
		packages.push(await describe(name, versions[name] ?? runtime.version));
	const all = [...parts, ...packages];
	const leaveOut = foreignBuilds(runtime, platform, all);
	const {downloadBytes, installedBytes} = total(all, file => !leaveOut.some(left => file.startsWith(`${left}/`)));
	// A registry that lacks a package cannot tell its integrity; npm then holds it against what the user's registry says.
	const listed = packages.map(({name, version, integrity}) => ({name, version, integrity}));
	return {downloadBytes, installedBytes, packages: listed, ...(leaveOut.length === 0 ? {} : {leaveOut})};
}

/** Folders with builds of other platforms. */
function foreignBuilds({builds}, platform, parts) {
	if (builds === undefined) return [];
	const depth = builds.in.split('/').length + builds.of(platform).split('/').length;
	const files = parts.flatMap(part => part.files.map(({name}) => name));
	const folders = files.filter(file => file.startsWith(`${builds.in}/`)).map(file => file.split('/').slice(0, depth));
	const all = new Set(folders.map(parents => parents.join('/')));
	return [...all].filter(found => found !== `${builds.in}/${builds.of(platform)}`).toSorted();
}

/**
 * What npm resolves for the runtime, without optional packages and those it does without; addresses left out too, the
 * user's npm knows its registry. And the versions of all packages, the optional ones too.
 */
function readClosure({package: name, version, dependencies = {}, without = [], isAlone = false}) {
	const temporary = mkdtempSync(path.join(os.tmpdir(), 'mofa-packs-'));
	try {
		const roots = {[name]: version, ...dependencies};
		writeFileSync(
			path.join(temporary, 'package.json'),
			JSON.stringify({name: 'pack', private: true, dependencies: roots}),
		);
		execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], {
			cwd: temporary,
			stdio: 'inherit',
		});
		const {packages} = JSON.parse(readFileSync(path.join(temporary, 'package-lock.json'), 'utf8'));
		const versions = Object.entries(packages).map(([where, entry]) => [
			where.slice('node_modules/'.length),
			entry.version,
		]);
		return {
			packages: reachable(
				packages,
				Object.keys(roots),
				new Set(isAlone ? Object.keys(packages).map(where => where.replace(/^.*node_modules\//, '')) : without),
			),
			versions: Object.fromEntries(versions),
		};
	} finally {
		rmSync(temporary, {recursive: true, force: true});
	}
}

/** The packages that these need, found as node finds them, in the order of the lock file. */
function reachable(packages, roots, without) {
	const reached = new Set();
	const visit = (name, from) => {
		const where = place(packages, name, from);
		if (where === undefined || reached.has(where)) return;
		reached.add(where);
		for (const dependency of Object.keys(packages[where].dependencies ?? {}))
			if (!without.has(dependency)) visit(dependency, where);
	};
	for (const root of roots) visit(root, '');
	const kept = Object.entries(packages).filter(([where]) => reached.has(where));
	return Object.fromEntries(
		kept.map(([where, {version, integrity, dependencies, bin}]) => [
			where,
			{version, integrity, dependencies: leftOut(dependencies, without), bin},
		]),
	);
}

function place(packages, name, from) {
	for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
		const where = path.posix.join(folder, 'node_modules', name);
		if (where in packages) return where;
		if (folder === '') return undefined;
	}
}

function leftOut(dependencies, without) {
	if (dependencies === undefined) return undefined;
	return Object.fromEntries(Object.entries(dependencies).filter(([name]) => !without.has(name)));
}

/** Integrity and sizes are null when the registry has no such version. */
async function describe(name, version, where = `node_modules/${name}`) {
	const {stdout} = spawnSync('npm', ['view', `${name}@${version}`, 'dist', '--json'], {encoding: 'utf8'});
	const {integrity, tarball, error} = JSON.parse(stdout);
	if (error !== undefined)
		return {name, version, integrity: null, downloadBytes: null, installedBytes: null, files: []};
	const response = await fetch(tarball);
	if (!response.ok || response.body === null) throw new Error(`${name}: ${response.status}`);
	const packed = Buffer.from(await response.arrayBuffer());
	const gunzip = createGunzip();
	gunzip.end(packed);
	const archive = await buffer(gunzip);
	// The folder that all of a package lies in is called anything.
	const files = filesOf(archive).map(({name: file, bytes}) => ({
		name: `${where}/${file.replace(/^[^/]*\//, '')}`,
		bytes,
	}));
	return {name, version, integrity, downloadBytes: packed.length, installedBytes: archive.length, files};
}

/** Names and sizes of the files in a tar archive, with their headers and padding. */
function filesOf(archive) {
	const text = (from, length) => archive.toString('utf8', from, from + length).replace(/\0.*$/s, '');
	const files = [];
	for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
		const bytes = 512 + Math.ceil(Number.parseInt(text(at + 124, 12), 8) / 512) * 512;
		const prefix = text(at + 345, 155);
		files.push({name: prefix === '' ? text(at, 100) : `${prefix}/${text(at, 100)}`, bytes});
		at += bytes;
	}
	return files;
}

/** Null as soon as one part is unknown. */
function total(parts, isKept = () => true) {
	const dropped = parts.flatMap(({files}) => files.filter(({name}) => !isKept(name)));
	return {
		downloadBytes: parts.map(part => part.downloadBytes).reduce(plus, 0),
		installedBytes: plus(parts.map(part => part.installedBytes).reduce(plus, 0), -sum(dropped)),
	};
}

function sum(files) {
	return files.reduce((bytes, file) => bytes + file.bytes, 0);
}

function plus(a, b) {
	return a === null || b === null ? null : a + b;
}

function write(name, content) {
	const file = path.join(folder, name);
	mkdirSync(path.dirname(file), {recursive: true});
	writeFileSync(file, `${JSON.stringify(content, null, '\t')}\n`);
}
