import {readdirSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import type {FailureCode} from '../../src/contract/error.ts';
import {createHub} from '../../src/models/hub/create-hub.ts';
import {hubSettings} from '../../src/models/hub/hub-settings.ts';
import {pullVariant, type FetchEvent} from '../../src/models/pull/pull-variant.ts';
import {makeCertificate} from '../fixtures/hub/certificate.ts';
import {refusals} from '../fixtures/hub/fault.ts';
import {startHub, type Fault, type LoggedRequest} from '../fixtures/hub/start-hub.ts';
import {temporaryFolder} from '../helpers/temporary-folder.ts';
import {cacheOf, megabyte, openPull, type PullSetup} from '../unit/models/pull/setup.ts';

const model = 'model-Q8_0.gguf';
/** Of each connection: slow enough that what is on its way when one is left is little. */
const bytesPerSecond = 6 * megabyte;

type Breaks = (request: LoggedRequest) => Fault | undefined;

const onHub =
	(fault: Fault): Breaks =>
	({host, file}) =>
		host === 'hub' && file === model ? fault : undefined;
const onCdn =
	(fault: Fault): Breaks =>
	({host, method}) =>
		host === 'cdn' && method === 'GET' ? fault : undefined;

const ends: ReadonlyArray<readonly [string, FailureCode, object, Breaks]> = [
	['another range', 'content-mismatch', {file: model}, onCdn(headers({'content-range': 'bytes 0-1/2'}))],
	['a file of another length', 'content-mismatch', {file: model}, onHub(headers({'x-linked-size': '12345'}))],
	['another file', 'content-mismatch', {file: model}, onHub(headers({'x-linked-etag': `"${'a'.repeat(64)}"`}))],
	['another commit', 'content-mismatch', {file: model}, onHub(headers({'x-repo-commit': 'b'.repeat(40)}))],
	['packed bytes', 'content-mismatch', {file: model}, onCdn(headers({'content-encoding': 'gzip'}))],
	['a web page', 'content-mismatch', {file: model, found: 'a web page'}, onCdn(refusals.signInPage())],
	['416', 'content-mismatch', {file: model}, onCdn({do: 'status', status: 416})],
	['401', 'unauthorized', {hint: expect.stringContaining('HF_TOKEN')}, onHub(refusals.invalidToken())],
	[
		'403 for a licence',
		'gated',
		{page: expect.stringMatching(/^http.*\/org\/model$/)},
		onHub(refusals.gated('org/model', 'http://hub', 403)),
	],
	['404', 'model-not-found', {model: `org/model/${model}`}, onHub(refusals.entryNotFound())],
	['429 for hours', 'rate-limited', {retryAfterSeconds: 7200}, onCdn(refusals.rateLimited(7200))],
	['a sign-in page', 'network', {problem: expect.stringContaining('Hub')}, onHub(refusals.signInPage())],
];

describe('an answer that ends a pull midway', () => {
	test.each(ends)('%s is told as %s, and nothing that came is lost', async (_title, code, data, breaks) => {
		let isBroken = false;
		// What a wrong answer begins with is lost.
		const slowly = code === 'content-mismatch' ? bytesPerSecond / 2 : bytesPerSecond;
		const setup = await openPull({
			bytesPerSecond: slowly,
			fault: request => (isBroken ? breaks(request) : undefined),
		});
		const told: number[] = [];
		const pulling = setup.pull({
			onEvent: event => {
				if (event.type !== 'file-progress' || event.file !== model) return;
				told.push(event.bytes);
				if (isBroken || event.bytes < 6 * megabyte) return;
				isBroken = true;
				setup.server.expireLinks();
			},
		});
		await expect(pulling).rejects.toMatchObject({code, data});
		expect(readdirSync(cacheOf(setup).blobs).filter(name => name.length === 64)).toEqual([]);

		isBroken = false;
		const {events} = await setup.pull();
		const [start] = events;
		expect(start?.type === 'pull-start' && start.presentBytes).toBeGreaterThanOrEqual(told.at(-1) ?? 0);
		expectForwards(told, progressOf(events));
		expectWholeAndHardlyTwice(setup);
	});
});

describe('a connection', () => {
	test('that is cut at any place, again and again, costs hardly a byte', {timeout: 60_000}, async () => {
		const random = randomNumbers(7);
		let cuts = 0;
		const setup = await openPull({
			bytesPerSecond,
			fault: ({host, method}) => {
				if (host !== 'cdn' || method !== 'GET') return undefined;
				cuts += 1;
				return {do: 'cut', after: Math.floor(random() * 4 * megabyte)};
			},
		});
		const {events} = await setup.pull();
		expect(cuts).toBeGreaterThan(10);
		expectForwards(progressOf(events));
		expectWholeAndHardlyTwice(setup);
	});

	test('whose answers end too early is gone on with', async () => {
		const setup = await openPull({
			bytesPerSecond,
			fault: ({host, method, nth}) =>
				host === 'cdn' && method === 'GET' && nth <= 4 ? {do: 'truncate', to: 1_000_000} : undefined,
		});
		const {events} = await setup.pull();
		expect(events).toContainEqual(expect.objectContaining({type: 'file-retry', problem: 'the connection was cut'}));
		expectForwards(progressOf(events));
		expectWholeAndHardlyTwice(setup);
	});

	test('that falls silent, each one of them, loses nothing', async () => {
		const setup = await openPull({
			bytesPerSecond,
			fault: ({host, method, nth}) =>
				host === 'cdn' && method === 'GET' && nth <= 8 ? {do: 'stall', after: 700_000} : undefined,
		});
		const {events} = await setup.pull({stallMs: 300});
		expect(events).toContainEqual(expect.objectContaining({type: 'file-retry', problem: 'it stopped sending'}));
		expectForwards(progressOf(events));
		expectWholeAndHardlyTwice(setup);
	});

	test('to who shows a certificate that nobody trusts is not tried twice', async () => {
		const tls = makeCertificate(temporaryFolder());
		if (tls === null) return;
		const setup = await openPull();
		await using server = await startHub({tls, repositories: [setup.repository]});
		const hub = createHub({settings: hubSettings({HF_ENDPOINT: server.endpoint}, '/nowhere')});
		const {cache, state, variant} = setup;
		const named = {name: 'org/model', repository: 'org/model', revision: 'main'};
		const signal = new AbortController().signal;
		const events: FetchEvent[] = [];
		const pulling = async (): Promise<void> => {
			for await (const event of pullVariant({hub, cache, state, model: named, variant, fit: null, signal}))
				events.push(event);
		};
		await expect(pulling()).rejects.toMatchObject({
			code: 'network',
			data: {address: new URL(server.endpoint).host, problem: expect.stringContaining('SSL_CERT_FILE')},
		});
		await hub.close();
		expect(events.map(({type}) => type)).toEqual(['pull-start']);
	});
});

function headers(all: Readonly<Record<string, string>>): Fault {
	return {do: 'headers', headers: all};
}

function progressOf(events: readonly FetchEvent[]): readonly number[] {
	return events.flatMap(event => (event.type === 'file-progress' && event.file === model ? [event.bytes] : []));
}

/** Within one pull, and from one to the next. */
function expectForwards(...pulls: ReadonlyArray<readonly number[]>): void {
	const numbers = pulls.flat();
	expect(numbers.length).toBeGreaterThan(0);
	expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
}

function expectWholeAndHardlyTwice(setup: PullSetup): void {
	expect(setup.server.sentBytes() / setup.totalBytes).toBeLessThanOrEqual(1.1);
	setup.expectRight();
	expect(readdirSync(cacheOf(setup).blobs)).toHaveLength(setup.variant.files.length);
}

/** The same numbers from 0 to 1 in every run. */
function randomNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
