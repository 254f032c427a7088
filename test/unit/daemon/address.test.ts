import {expect, test} from 'vitest';
import {checkExposure, isLoopback, parseHost} from '../../../src/daemon/address.ts';

test.each([
	['127.0.0.1:8420', {hostname: '127.0.0.1', port: 8420}],
	[':9000', {hostname: '127.0.0.1', port: 9000}],
	['0.0.0.0', {hostname: '0.0.0.0', port: 8420}],
	['[::1]:80', {hostname: '::1', port: 80}],
	['http://localhost:1234/', {hostname: 'localhost', port: 1234}],
	['off', null],
])('%s is an address', (text, host) => {
	expect(parseHost(text)).toEqual(host);
});

test.each(['8420', 'a b', 'host:99999', 'ftp://x', '::1:8420'])('%s is refused, naming the setting', text => {
	expect(() => parseHost(text)).toThrow(
		expect.objectContaining({code: 'invalid-request', data: expect.objectContaining({path: 'host'})}),
	);
});

test('listening beyond this machine needs a key', () => {
	const open = {hostname: '0.0.0.0', port: 8420};
	expect(() => checkExposure(open, null)).toThrow(
		expect.objectContaining({data: expect.objectContaining({path: 'api_key'})}),
	);
	checkExposure(open, 'secret');
	checkExposure({hostname: '127.0.0.1', port: 8420}, null);
	checkExposure(null, null);
});

test('a name that only looks local is not', () => {
	expect([
		isLoopback('127.0.0.1.example.com'),
		isLoopback('127.8.9.1'),
		isLoopback('::1'),
		isLoopback('10.0.0.1'),
	]).toEqual([false, true, true, false]);
});
