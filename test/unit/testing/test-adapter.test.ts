import {expect, test} from 'vitest';
import {builtIn} from '../../../src/backends/built-in/built-in.ts';
import type {AnyAdapter} from '../../../src/contract/adapter.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import {MofaError} from '../../../src/contract/error.ts';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import type {AnyTask, RunContext, Warning} from '../../../src/contract/task.ts';
import {NotConforming, testAdapter} from '../../../src/testing.ts';
import {testDevice} from '../../helpers/stories.ts';

const counting: AnyTask = {
	name: 'counting',
	accepts: ['text'],
	emits: ['text'],
	parse(input) {
		const {to, ...others} = typeof input === 'object' && input !== null ? (input as {to?: unknown}) : {};
		if (typeof to !== 'number' || Object.keys(others).length > 0)
			throw new MofaError('invalid-request', {path: 'to', expected: 'a number and nothing else'});
		return {to};
	},
	async collect(events) {
		const all = [];
		for await (const event of events) all.push(event);
		return all.length;
	},
	visible: () => true,
};

const variant = {tag: 'one', format: 'built-in', files: []};
const model: InstalledModel = {
	id: 'counter',
	manifest: {schema: 1, name: 'counter', family: 'counter', tasks: ['counting'], license: 'MIT', variants: [variant]},
	variant,
	paths: {},
};

type Count = (request: unknown, context: RunContext) => AsyncIterable<unknown>;

const count: Count = async function* (request, {signal}) {
	for (let at = 0; at < (request as {to: number}).to; at += 1) {
		await new Promise(resolve => setImmediate(resolve));
		signal.throwIfAborted();
		yield {type: 'number', at};
	}
};

function counter(changes: Partial<AnyEngine> = {}, handler: Count = count, declared = ['counting']): AnyAdapter {
	return {
		name: 'counter',
		backend: 'built-in',
		tasks: declared as unknown as AnyAdapter['tasks'],
		serves: ({family}) => family === 'counter',
		probe: device => builtIn.probe(device),
		probedFrom: async () => null,
		estimate: () => ({ram: 1}),
		load: async () =>
			({
				tasks: {counting: handler},
				footprint: {ram: 1},
				slots: 2,
				usefulThreads: 1,
				[Symbol.asyncDispose]: async () => undefined,
				...changes,
			}) as AnyEngine,
	};
}

const look = (adapter: AnyAdapter): ReturnType<typeof testAdapter> =>
	testAdapter({
		adapter,
		model,
		tasks: [counting],
		requests: {counting: [{to: 20}]},
		deterministic: ['counting'],
		device: testDevice,
		patienceMs: 2000,
	});

/** The titles of what is wrong. */
async function wrong(adapter: AnyAdapter): Promise<readonly string[]> {
	try {
		await look(adapter);
		return [];
	} catch (error) {
		if (!(error instanceof NotConforming)) throw error;
		return error.checks.filter(({problem}) => problem !== null).map(({title}) => title);
	}
}

test('an adapter that keeps its contract passes, and hears what was looked at', async () => {
	const checks = await look(counter());
	expect(checks.every(({problem}) => problem === null)).toBe(true);
	expect(checks.map(({title}) => title)).toContain('counting: it stops where it is cancelled');
});

const deaf: Count = async function* (request, context) {
	yield* count(request, {...context, signal: new AbortController().signal});
};
let calls = 0;
const fickle: Count = async function* () {
	calls += 1;
	yield {type: 'number', at: calls};
};
const foreign: Count = async function* () {
	yield {type: 'number', at: new Map()};
};
const untyped: Count = async function* () {
	yield {at: 1};
};
const angry: Count = async function* (request, context) {
	try {
		yield* count(request, context);
	} catch {
		throw new TypeError('it was just getting good');
	}
};

test.each<[string, AnyAdapter, readonly string[]]>([
	[
		'declares more than it does',
		counter({}, count, ['counting', 'chat']),
		['it has a handler for each task it declares, and for no other'],
	],
	['holds no memory', counter({footprint: {}}), ['it says how much memory it holds']],
	[
		'gives back more than it holds',
		counter({reclaimable: {ram: 9}, shrink: async () => undefined}),
		['what can be given back is a part of what it holds'],
	],
	[
		'cannot give back what it says',
		counter({reclaimable: {ram: 1}}),
		['what can be given back is a part of what it holds'],
	],
	['serves half a request', counter({slots: 0.5}), ['it serves a whole number of requests at once']],
	[
		'does not hear that it is cancelled',
		counter({}, deaf),
		['counting: nothing begins once it is cancelled', 'counting: it stops where it is cancelled'],
	],
	[
		'throws something else when it is',
		counter({}, angry),
		['counting: nothing begins once it is cancelled', 'counting: it stops where it is cancelled'],
	],
	[
		'answers otherwise each time',
		counter({}, fickle),
		['counting: the same request gives the same answer', 'counting: two at once are answered as one after the other'],
	],
	[
		'cannot be disposed of',
		counter({[Symbol.asyncDispose]: async () => Promise.reject(new Error('no'))}),
		['it can be disposed of', 'it can be loaded again'],
	],
])('an adapter that %s is told so', async (_what, adapter, titles) => {
	expect(
		(await wrong(adapter)).filter(
			title => !title.endsWith('nothing begins once it is cancelled') || titles.includes(title),
		),
	).toEqual(titles);
});

test.each([
	['gives what cannot leave its process', foreign, 'at of number cannot leave the process'],
	['gives events without a type', untyped, 'an event has no type'],
])('an adapter that %s is told what', async (_what, handler, words) => {
	await expect(look(counter({}, handler))).rejects.toThrow(words);
});

test('an unknown setting that is dropped in silence is found, and one that is told of is not', async () => {
	const lax: AnyTask = {...counting, parse: input => (counting.parse({to: (input as {to: number} | null)?.to}), input)};
	const ask = (handler: Count): ReturnType<typeof testAdapter> =>
		testAdapter({
			adapter: counter({}, handler),
			model,
			tasks: [lax],
			requests: {counting: [{to: 3}]},
			device: testDevice,
		});
	await expect(ask(count)).rejects.toThrow('dropped in silence');
	const warning: Warning = {setting: 'noSuchFieldEver', message: 'nobody knows it'};
	const telling: Count = async function* (request, context) {
		context.warn(warning);
		yield* count(request, context);
	};
	await expect(ask(telling)).resolves.toBeDefined();
});

test('a backend that is not there is no fault of the adapter', async () => {
	const adapter: AnyAdapter = {...counter(), probe: async () => ({ok: false, reason: 'not-installed', hint: 'get it'})};
	await expect(look(adapter)).rejects.toMatchObject({code: 'backend-unavailable'});
});
