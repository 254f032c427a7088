import {describe, expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {lastingFailure} from '../../../../src/models/hub/connection-failure.ts';
import {refusalFailure, type Asked} from '../../../../src/models/hub/hub-failure.ts';
import {pause, Tries, withTries} from '../../../../src/models/pull/retry.ts';

const network = (code: string): MofaError =>
	new MofaError('network', {address: 'hub', problem: code}, {cause: Object.assign(new Error(code), {code})});
const always = (): number => 1;

test('waits longer after each try that brought nothing, and gives up after nine', () => {
	const tries = new Tries(always);
	const waits: number[] = [];
	for (let step = tries.next(network('ECONNRESET'), tries.begin()); step.do === 'retry';) {
		waits.push(step.waitMs);
		step = tries.next(network('ECONNRESET'), tries.begin());
	}
	expect(waits).toEqual([300, 600, 1200, 2400, 4800, 9600, 19_200, 20_000, 20_000]);
});

test('a byte that came begins the count anew', () => {
	const tries = new Tries(always);
	for (let round = 0; round < 5; round += 1) tries.next(network('ECONNRESET'), tries.begin());
	tries.progressed();
	expect(tries.next(network('ECONNRESET'), tries.begin())).toMatchObject({do: 'retry', waitMs: 300});
});

test('connections that break together count as one try', () => {
	const tries = new Tries(always);
	const round = tries.begin();
	expect(tries.next(network('ECONNRESET'), round)).toMatchObject({isFirst: true});
	expect(tries.next(network('ECONNRESET'), round)).toMatchObject({isFirst: false});
	expect(tries.failed).toBe(1);
});

test.each([
	'CERT_HAS_EXPIRED',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'EPROTO',
	'HPE_INVALID_CONSTANT',
])('what stays as it is, such as %s, is not tried again', code => {
	const tries = new Tries(always);
	expect(tries.next(network(code), tries.begin())).toEqual({do: 'give-up'});
});

test('who asks to wait is waited for, but not for hours, and all connections wait', () => {
	const tries = new Tries(always);
	const limited = (retryAfterSeconds: number): MofaError =>
		new MofaError('rate-limited', {address: 'hub', retryAfterSeconds} as MofaError<'rate-limited'>['data']);
	expect(tries.next(limited(7), tries.begin())).toMatchObject({do: 'retry', waitMs: 7000, everyone: true});
	expect(tries.next(limited(7200), tries.begin())).toEqual({do: 'give-up'});
});

test('who asks to wait for less than it takes anyhow is asked no sooner', () => {
	const tries = new Tries(always);
	for (let round = 0; round < 4; round += 1) tries.next(network('ECONNRESET'), tries.begin());
	const limited = new MofaError('rate-limited', {address: 'hub', retryAfterSeconds: 1});
	expect(tries.next(limited, tries.begin())).toMatchObject({do: 'retry', waitMs: 4800});
});

test('waits are spread, so that those who failed together do not come back together', () => {
	const waits = [0, 0.5, 1].map(random => {
		const tries = new Tries(() => random);
		const step = tries.next(network('ECONNRESET'), tries.begin());
		return step.do === 'retry' && step.waitMs;
	});
	expect(waits).toEqual([150, 225, 300]);
});

test('a host that nobody knows is not tried again, unless it has sent something before', () => {
	const tries = new Tries(always);
	expect(tries.next(network('ENOTFOUND'), tries.begin())).toEqual({do: 'give-up'});
	tries.progressed();
	expect(tries.next(network('ENOTFOUND'), tries.begin())).toMatchObject({do: 'retry'});
});

test.each(['ECONNREFUSED', 'ETIMEDOUT', 'ENETUNREACH', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])(
	'what may pass, such as %s, is tried again',
	code => {
		const tries = new Tries(always);
		expect(tries.next(network(code), tries.begin())).toMatchObject({do: 'retry', everyone: false});
	},
);

describe('an answer', () => {
	const asked: Asked = {
		address: 'hub',
		endpoint: 'https://hub',
		repository: 'org/model',
		revision: 'main',
		file: 'model.gguf',
		signedIn: false,
	};
	const answered = (status: number, isPage = false): string => {
		const refusal = {status, code: null, message: null, retryAfter: null, isPage};
		const tries = new Tries(always);
		return tries.next(refusalFailure(refusal, asked), tries.begin()).do;
	};

	test.each([408, 425, 429, 500, 502, 503, 504])('with status %i may be another one in a moment', status => {
		expect(answered(status)).toBe('retry');
	});

	test.each([400, 401, 402, 403, 404, 405, 407, 410, 416, 451])('with status %i stays as it is', status => {
		expect(answered(status)).toBe('give-up');
	});

	test('that is the page of a proxy stays as it is', () => {
		expect(answered(403, true)).toBe('give-up');
	});
});

describe('a question', () => {
	const signal = new AbortController().signal;

	test('is asked until there is an answer, and each wait is told', async () => {
		const told: string[] = [];
		let asked = 0;
		const ask = async (): Promise<string> => {
			asked += 1;
			if (asked < 3) throw new MofaError('rate-limited', {address: 'hub', retryAfterSeconds: 0});
			return 'here';
		};
		expect(await withTries(ask, signal, problem => told.push(problem))).toBe('here');
		expect(told).toEqual(['it asks to wait', 'it asks to wait']);
	});

	test('that cannot be answered fails with what it failed with', async () => {
		const failures = [
			lastingFailure('hub', 'it is no Hub'),
			new MofaError('gated', {repository: 'org/model', page: 'https://hub/org/model', signedIn: false}),
			new MofaError('offline', {wanted: 'a', setting: 'HF_HUB_OFFLINE'}),
		];
		for (const failure of failures) {
			let asked = 0;
			const ask = (): Promise<never> => {
				asked += 1;
				return Promise.reject(failure);
			};
			await expect(withTries(ask, signal, () => undefined)).rejects.toBe(failure);
			expect(asked).toBe(1);
		}
	});

	test('is given up at once by who does not want it any more', async () => {
		const stop = new AbortController();
		const ask = (): Promise<never> => Promise.reject(network('ECONNRESET'));
		const asking = withTries(ask, stop.signal, () => stop.abort());
		await expect(asking).rejects.toMatchObject({code: 'cancelled'});
		await expect(pause(100_000, stop.signal)).rejects.toMatchObject({code: 'cancelled'});
	});
});
