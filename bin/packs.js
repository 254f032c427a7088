// Writes registry/backends/*.json: for each backend pack the exact npm packages, their integrity and their sizes.
// Run it with the network when a runtime's version is raised: node bin/packs.js
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {Writable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createGunzip} from 'node:zlib';

const folder = path.resolve(import.meta.dirname, '../registry/backends');
const runtime = {name: 'node-llama-cpp', version: '3.22.1', entry: 'node_modules/node-llama-cpp/dist/index.js'};
const llama = {
	schema: 1,
	backend: 'llama',
	version: runtime.version,
	license: 'MIT',
	enables: ['chat', 'completion'],
	entry: runtime.entry,
	closure: `closures/${runtime.name}-${runtime.version}.json`,
};

/** Platform packages by the name that `process.platform-process.arch` gives. */
const packs = [
	{
		...llama,
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
		...llama,
		name: 'llama-metal',
		accelerator: 'metal',
		summary: 'llama.cpp on Apple GPUs: language models from GGUF files',
		platforms: {'darwin-arm64': ['mac-arm64-metal']},
	},
	{
		...llama,
		name: 'llama-cuda',
		accelerator: 'cuda',
		summary: 'llama.cpp on NVIDIA GPUs: language models from GGUF files',
		platforms: {
			'linux-x64': ['linux-x64-cuda', 'linux-x64-cuda-ext'],
			'win32-x64': ['win-x64-cuda', 'win-x64-cuda-ext'],
		},
	},
	{
		...llama,
		name: 'llama-vulkan',
		accelerator: 'vulkan',
		summary: 'llama.cpp on AMD, Intel and other GPUs through Vulkan: language models from GGUF files',
		platforms: {'linux-x64': ['linux-x64-vulkan'], 'win32-x64': ['win-x64-vulkan']},
	},
];

const closure = readClosure();
const closureSize = await total(
	Object.entries(closure).map(([where, {version}]) => [where.replace(/^.*node_modules\//, ''), version]),
);
write(llama.closure, {schema: 1, ...closureSize, packages: closure});
for (const {platforms, ...pack} of packs) {
	const described = {};
	for (const [platform, names] of Object.entries(platforms)) {
		const packages = [];
		for (const name of names) packages.push(await describe(`@node-llama-cpp/${name}`, runtime.version));
		// A registry that lacks a package cannot tell its integrity; npm then holds it against what the user's registry says.
		described[platform] = {
			downloadBytes: plus(closureSize.downloadBytes, sum(packages, 'downloadBytes')),
			installedBytes: plus(closureSize.installedBytes, sum(packages, 'installedBytes')),
			packages: packages.map(({name, version, integrity}) => ({name, version, integrity})),
		};
	}
	write(`${pack.name}.json`, {...pack, platforms: described});
}

/** What npm resolves for the runtime alone, optional packages left out; addresses left out too, the user's npm knows its registry. */
function readClosure() {
	const temporary = mkdtempSync(path.join(os.tmpdir(), 'mofa-packs-'));
	try {
		writeFileSync(
			path.join(temporary, 'package.json'),
			JSON.stringify({name: 'pack', private: true, dependencies: {[runtime.name]: runtime.version}}),
		);
		execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], {
			cwd: temporary,
			stdio: 'inherit',
		});
		const {packages} = JSON.parse(readFileSync(path.join(temporary, 'package-lock.json'), 'utf8'));
		const kept = Object.entries(packages).filter(([where, entry]) => where !== '' && !entry.optional);
		return Object.fromEntries(
			kept.map(([where, {version, integrity, dependencies, bin}]) => [where, {version, integrity, dependencies, bin}]),
		);
	} finally {
		rmSync(temporary, {recursive: true, force: true});
	}
}

/** Integrity and sizes are null when the registry has no such version. */
async function describe(name, version) {
	const {stdout} = spawnSync('npm', ['view', `${name}@${version}`, 'dist', '--json'], {encoding: 'utf8'});
	const {integrity, tarball, error} = JSON.parse(stdout);
	if (error !== undefined) return {name, version, integrity: null, downloadBytes: null, installedBytes: null};
	let downloadBytes = 0;
	let installedBytes = 0;
	const response = await fetch(tarball);
	if (!response.ok || response.body === null) throw new Error(`${name}: ${response.status}`);
	const gunzip = createGunzip();
	await pipeline(
		response.body,
		async function* count(chunks) {
			for await (const chunk of chunks) {
				downloadBytes += chunk.length;
				yield chunk;
			}
		},
		gunzip,
		new Writable({
			write(chunk, _encoding, done) {
				installedBytes += chunk.length;
				done();
			},
		}),
	);
	return {name, version, integrity, downloadBytes, installedBytes};
}

async function total(packages) {
	const sizes = [];
	for (const [name, version] of packages) sizes.push(await describe(name, version));
	return {downloadBytes: sum(sizes, 'downloadBytes'), installedBytes: sum(sizes, 'installedBytes')};
}

/** Null as soon as one part is unknown. */
function sum(entries, key) {
	return entries.map(entry => entry[key]).reduce(plus, 0);
}

function plus(a, b) {
	return a === null || b === null ? null : a + b;
}

function write(name, content) {
	const file = path.join(folder, name);
	mkdirSync(path.dirname(file), {recursive: true});
	writeFileSync(file, `${JSON.stringify(content, null, '\t')}\n`);
}
