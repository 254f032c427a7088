import {expect, test} from 'vitest';
import {exitCodeMeanings, exitCodeOf, exitCodes} from '../../../src/cli/exit-code.ts';
import {MofaError} from '../../../src/contract/error.ts';

test.each([
	[new MofaError('invalid-request', {path: 'a', expected: 'b'}), 2],
	[new MofaError('model-not-found', {model: 'a', similar: []}), 3],
	[new MofaError('does-not-fit', {model: 'a', needs: {}, has: {}, passedOver: []}), 4],
	[new MofaError('network', {address: 'a', problem: 'b'}), 5],
	[new MofaError('network', {address: 'a', problem: 'b', daemon: 'running'}), 1],
	[new MofaError('network', {address: 'a', problem: 'b', daemon: 'cannot-listen'}), 1],
	[new MofaError('network', {address: 'a', problem: 'b', daemon: 'silent'}), 5],
	[new MofaError('unauthorized', {address: 'a', hint: 'b'}), 6],
	[new MofaError('backend-unavailable', {backend: 'a', reason: 'b', hint: 'c'}), 7],
	[new MofaError('model-invalid', {model: 'a', problem: 'b'}), 7],
	[new MofaError('load-failed', {model: 'a', problem: 'b'}), 7],
	[new MofaError('runner-failed', {model: 'a', reason: 'killed', detail: ''}), 7],
	[new MofaError('busy', {model: 'a', queued: 1, retryAfterSeconds: 1}), 8],
	[new MofaError('cancelled', {}), 130],
	[new Error('anything else'), 1],
])('%s exits with %i', (error, code) => {
	expect(exitCodeOf(error)).toBe(code);
});

test('every exit code has a number of its own and a meaning', () => {
	expect(new Set(Object.values(exitCodes)).size).toBe(Object.keys(exitCodes).length);
	expect(Object.keys(exitCodeMeanings).toSorted()).toEqual(Object.keys(exitCodes).toSorted());
});
