import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {checkTools, missingHint, toolsFor} from '../../../../src/backends/packs/build-tools.ts';
import {buildPack, jobsFor, problemIn, progressIn} from '../../../../src/backends/packs/build.ts';
import {checkPack} from '../../../../src/backends/packs/check.ts';
import type {Pack, PackBuild} from '../../../../src/backends/packs/pack.ts';
import {MofaError} from '../../../../src/contract/error.ts';
import {isAlive} from '../../../helpers/processes.ts';
import {testDevice} from '../../../helpers/stories.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const tools = ['git', 'cmake', 'make', 'c++'].filter(name => spawnSync(name, ['--version']).status !== 0);
if (tools.length > 0) console.warn(`SKIPPED: building a pack needs ${tools.join(', ')}`);

const build: PackBuild = {
	source: 'node_modules/source/source.bundle',
	variables: {GREETING: 'version: 7'},
	target: 'program',
	product: 'program',
	minutes: 1,
};
const pack: Pack = {
	schema: 1,
	name: 'llama-server',
	backend: 'llama-server',
	version: '1.0.0',
	license: 'MIT',
	enables: ['chat'],
	entry: 'bin/program',
	build,
	closure: 'none.json',
	accelerator: 'cpu',
	summary: 'a program',
	platforms: {},
};

const main = '#include <iostream>\nint main() { std::cout << GREETING << std::endl; }\n';
const project = `
	cmake_minimum_required(VERSION 3.10)
	project(program CXX)
	add_executable(program main.cpp)
	target_compile_definitions(program PRIVATE "GREETING=\\"\${GREETING}\\"")
`;

/** A staging folder, as npm leaves it, whose package carries a project as a bundle of git. */
function staging(files: Readonly<Record<string, string>>): string {
	const folder = temporaryFolder();
	const repository = path.join(folder, 'repository');
	const home = path.join(folder, 'staging');
	mkdirSync(repository);
	mkdirSync(path.join(home, path.dirname(build.source)), {recursive: true});
	for (const [name, text] of Object.entries(files)) writeFileSync(path.join(repository, name), text);
	const git = (...words: readonly string[]): Buffer => execFileSync('git', ['-C', repository, ...words]);
	git('init', '--quiet');
	git('add', '.');
	git('-c', 'user.name=a', '-c', 'user.email=a@b.example', 'commit', '--quiet', '--message', 'all');
	git('bundle', 'create', '--quiet', path.join(home, build.source), 'HEAD');
	return home;
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
	const taken: T[] = [];
	for await (const item of items) taken.push(item);
	return taken;
}

const signal = new AbortController().signal;

describe.skipIf(tools.length > 0)('a pack that is built here', {timeout: 60_000}, () => {
	test('is the program its source makes, tells how far it is, and leaves nothing else behind', async () => {
		const folder = staging({'CMakeLists.txt': project, 'main.cpp': main});
		const told: number[] = [];
		for await (const event of buildPack({pack, build, staging: folder, jobs: 1, signal}))
			if (event.phase === 'build') told.push(event.fraction);
		expect(told[0]).toBe(0);
		expect(told.at(-1)).toBe(1);
		expect(readdirSync(folder)).toEqual(['bin']);
		expect(execFileSync(path.join(folder, 'bin/program'), {encoding: 'utf8'})).toBe('version: 7\n');
		expect(await checkPack(pack, folder, signal)).toBeNull();
	});

	test('is no pack where the source does not compile: the compiler says why', async () => {
		const folder = staging({'CMakeLists.txt': project, 'main.cpp': 'int main() { return nothing; }\n'});
		const events = buildPack({pack, build, staging: folder, jobs: 1, signal});
		await expect(all(events)).rejects.toMatchObject({
			code: 'backend-unavailable',
			data: {backend: 'llama-server', reason: 'crashed', hint: expect.stringMatching(/main\.cpp:1:.*error.*nothing/)},
		});
		expect(existsSync(path.join(folder, 'bin'))).toBe(false);
	});

	test('is no pack where the program does not run', async () => {
		const folder = staging({'CMakeLists.txt': project, 'main.cpp': 'int main() { return 3; }\n'});
		await all(buildPack({pack, build, staging: folder, jobs: 1, signal}));
		expect(await checkPack(pack, folder, signal)).toMatch(/it ended with 3/);
	});

	test('is given up with every process of it when it is cancelled', async () => {
		const waits = `
			cmake_minimum_required(VERSION 3.10)
			project(program NONE)
			add_custom_command(OUTPUT one COMMAND sh \${CMAKE_SOURCE_DIR}/wait.sh)
			add_custom_target(program DEPENDS one)
		`;
		const folder = staging({'CMakeLists.txt': waits, 'wait.sh': 'echo $$ > pid; sleep 600; :\n'});
		const abort = new AbortController();
		const outcome = all(buildPack({pack, build, staging: folder, jobs: 1, signal: abort.signal}));
		outcome.catch(() => undefined);
		const file = path.join(folder, 'build/pid');
		const pid = await vi.waitUntil(() => existsSync(file) && Number(readFileSync(file, 'utf8')), {timeout: 50_000});
		expect(isAlive(pid)).toBe(true);
		abort.abort();
		await expect(outcome).rejects.toMatchObject({name: 'AbortError'});
		await vi.waitUntil(() => !isAlive(pid), {timeout: 5000});
	});

	test('needs no tool that is not there, and asks for it before anything is fetched', async () => {
		await checkTools(pack, signal);
		const failure = await checkTools(pack, signal, {PATH: temporaryFolder()}).catch((error: unknown) => error);
		expect(MofaError.is(failure, 'backend-unavailable') && failure.data).toMatchObject({
			reason: 'not-installed',
			hint: expect.stringMatching(/git, cmake, make, a C\+\+ compiler/),
		});
	});
});

test('what is missing is named with the words to get it', () => {
	expect(missingHint(['cmake'], 'linux')).toMatch(/missing: cmake \(apt install .*cmake/);
	expect(missingHint(['cmake'], 'darwin')).toMatch(/brew install cmake/);
});

test('the compiler and the generator that the environment names are the ones that are looked for', () => {
	const programs = toolsFor({CXX: 'clang++ -stdlib=libc++', CMAKE_GENERATOR: 'Ninja'}).map(({program}) => program);
	expect(programs).toEqual(['git', 'cmake', 'ninja', 'clang++']);
	expect(toolsFor({}).map(({program}) => program)).toEqual(['git', 'cmake', 'make', 'c++']);
});

test.each([
	['[ 42%] Building CXX object a.o\n', 0.42],
	['[  1%] one\n[100%] Linking\n', 1],
	['[3/12] Building\n', 0.25],
	['a line [ 42%] in the middle\n', null],
	['', null],
])('%j says that the build is at %s', (text, fraction) => {
	expect(progressIn(text)).toBe(fraction);
});

test('the first error is what is told of a failed build', () => {
	expect(problemIn('[ 3%] Building error.cpp\na.cpp:1:2: error: no such thing\nmake: *** [all] Error 2\n')).toBe(
		'a.cpp:1:2: error: no such thing',
	);
	expect(problemIn('')).toBe('it gave no reason');
});

test('there are as many compilers as cores, and no more than there is memory for', () => {
	expect(jobsFor({...testDevice, cores: 4, pools: {ram: 64e9}})).toBe(4);
	expect(jobsFor({...testDevice, cores: 16, pools: {ram: 6e9}})).toBe(4);
	expect(jobsFor({...testDevice, cores: 2, pools: {ram: 1e9}})).toBe(1);
	expect(jobsFor({...testDevice, cores: 2, pools: {}})).toBe(1);
});
