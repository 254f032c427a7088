import path from 'node:path';
import {startRunner, type StartOptions} from '../../src/backends/worker/start-runner.ts';
import type {Runner} from '../../src/backends/worker/runner.ts';
import type {Device} from '../../src/contract/backend.ts';
import type {InstalledModel} from '../../src/contract/manifest.ts';
import type {RunContext} from '../../src/contract/task.ts';
import {bundle, repositoryRoot} from './bundle.ts';

const device: Device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []};

const model: InstalledModel = {
	id: 'scripted',
	manifest: {
		schema: 1,
		name: 'scripted',
		family: 'scripted',
		tasks: ['chat'],
		license: 'unknown',
		variants: [{tag: 'only', format: 'script', files: []}],
	},
	variant: {tag: 'only', format: 'script', files: []},
	paths: {},
};

/** Starts one of `test/fixtures/runners` as a runner process of its own. */
export async function startFixture(name: string, options: Partial<StartOptions> = {}): Promise<Runner> {
	return startRunner({
		entry: options.entry ?? (await bundle(path.join(repositoryRoot, 'test/fixtures/runners', `${name}.ts`))),
		adapter: 'scripted',
		model,
		device,
		threads: 1,
		settings: {},
		signal: new AbortController().signal,
		progress() {},
		log() {},
		...options,
	});
}

/** Runs a scripted task, whose requests and events no compiler knows. */
export function runTask<Event = {readonly type: string; readonly text: string}>(
	runner: Runner,
	task: string,
	request: unknown = {},
	context: Partial<RunContext> = {},
): AsyncIterableIterator<Event> {
	const handler = runner.tasks[task as 'chat'] as unknown as (
		request: unknown,
		context: RunContext,
	) => AsyncIterableIterator<Event>;
	return handler(request, {signal: new AbortController().signal, warn() {}, ...context});
}
