import {expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {Tries} from '../../../../src/models/pull/retry.ts';

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
