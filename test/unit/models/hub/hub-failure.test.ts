import {describe, expect, test} from 'vitest';
import {refusalFailure, secondsOf, type Asked, type Refusal} from '../../../../src/models/hub/hub-failure.ts';

const asked: Asked = {
	address: 'huggingface.co',
	endpoint: 'https://huggingface.co',
	repository: 'org/repo',
	revision: 'v2',
	file: 'a.gguf',
	signedIn: false,
};
const plain: Refusal = {status: 500, code: null, message: null, retryAfter: null, isPage: false};
const failure = (refusal: Partial<Refusal>, more: Partial<Asked> = {}): unknown =>
	refusalFailure({...plain, ...refusal}, {...asked, ...more});

describe('an answer that is no success', () => {
	test('a token that is not valid is said, whatever was asked for', () => {
		const refusal = {status: 401, code: 'RepoNotFound', message: 'Invalid credentials in Authorization header'};
		expect(failure(refusal, {signedIn: true})).toMatchObject({
			code: 'unauthorized',
			data: {hint: expect.stringContaining('token is not valid')},
		});
	});

	test.each([
		[401, false],
		[403, true],
	])('a licence to accept (%i) comes with its page', (status, signedIn) => {
		expect(failure({status, code: 'GatedRepo'}, {signedIn})).toMatchObject({
			code: 'gated',
			data: {repository: 'org/repo', page: 'https://huggingface.co/org/repo', signedIn},
		});
	});

	test.each([
		['RepoNotFound', 'org/repo'],
		['RevisionNotFound', 'org/repo@v2'],
		['EntryNotFound', 'org/repo/a.gguf'],
		[null, 'org/repo'],
	])('404 %s is about %s', (code, model) => {
		expect(failure({status: 404, code})).toMatchObject({code: 'model-not-found', data: {model}});
	});

	test('401 without a token means that it is not there, or hidden', () => {
		expect(failure({status: 401, message: 'Invalid username or password.'})).toMatchObject({code: 'model-not-found'});
		expect(failure({status: 401, code: 'RepoNotFound'})).toMatchObject({code: 'model-not-found'});
	});

	test('401 and 403 with a token mean that it has no right', () => {
		for (const status of [401, 403])
			expect(failure({status, message: 'Only\u001B[31m members'}, {signedIn: true})).toMatchObject({
				code: 'unauthorized',
				data: {hint: expect.stringMatching(/^the token has no right to it \(Only \[31m members\)/)},
			});
	});

	test('403 without a token asks for one', () => {
		expect(failure({status: 403})).toMatchObject({data: {hint: expect.stringContaining('set HF_TOKEN')}});
	});

	test('a repository that the Hub has disabled is no matter of tokens', () => {
		expect(failure({status: 403, message: 'Access to this resource is disabled.'})).toMatchObject({
			code: 'model-unsupported',
		});
	});

	test.each([403, 404, 407])('a web page with %i is of whoever stands in between', status => {
		expect(failure({status, isPage: true})).toMatchObject({
			code: 'network',
			data: {problem: expect.stringContaining('a web page came back')},
		});
	});

	test('416 says that the file is shorter', () => {
		expect(failure({status: 416})).toMatchObject({code: 'content-mismatch', data: {file: 'a.gguf'}});
	});

	test('429 and 503 say how long to wait', () => {
		expect(failure({status: 429, retryAfter: '7'})).toMatchObject({
			code: 'rate-limited',
			data: {address: 'huggingface.co', retryAfterSeconds: 7},
		});
		expect(failure({status: 429, retryAfter: '7', isPage: true})).toMatchObject({code: 'rate-limited'});
		expect(failure({status: 503, retryAfter: '7'})).toMatchObject({code: 'rate-limited'});
		expect(failure({status: 503})).toMatchObject({code: 'network'});
	});

	test.each([400, 418, 500, 502, 504])('%i is told with its number and the words of the server', status => {
		expect(failure({status, message: 'oh no'})).toMatchObject({
			code: 'network',
			data: {address: 'huggingface.co', problem: `it answered with status ${status}: oh no`},
		});
	});
});

test.each([
	['120', 120],
	['0', 0],
	['1.2', 2],
	['Thu, 01 Jan 2026 00:01:30 GMT', 90],
	['Wed, 31 Dec 2025 23:00:00 GMT', 0],
	['99999999999', 86_400],
	['soon', 60],
	['', 60],
	[null, 60],
])('Retry-After %j is %i seconds', (header, seconds) => {
	expect(secondsOf(header, Date.parse('2026-01-01T00:00:00Z'))).toBe(seconds);
});
