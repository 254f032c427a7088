import {MofaError} from '../../contract/error.ts';
import {lastingFailure} from './connection-failure.ts';

/** What an answer that is no success says of itself. */
export interface Refusal {
	readonly status: number;
	/** The Hub's own word: `RepoNotFound`, `GatedRepo`, `RevisionNotFound`, `EntryNotFound`. */
	readonly code: string | null;
	readonly message: string | null;
	/** `Retry-After`, or the end of the window that `RateLimit` tells. */
	readonly retryAfter: string | null;
	/** A web page came, which the Hub never sends to programs. */
	readonly isPage: boolean;
}

export interface Asked {
	/** Host, as a person knows it. */
	readonly address: string;
	readonly endpoint: string;
	readonly repository: string | null;
	readonly revision: string | null;
	readonly file: string | null;
	readonly signedIn: boolean;
}

/** The failure that an answer means: the first row of the table that fits. Pure. */
export function refusalFailure(refusal: Refusal, asked: Asked): MofaError {
	const row = table.find(({fits}) => fits(refusal, asked));
	return row?.failure(refusal, asked) ?? unexpectedStatus(refusal, asked);
}

interface Row {
	readonly fits: (refusal: Refusal, asked: Asked) => boolean;
	readonly failure: (refusal: Refusal, asked: Asked) => MofaError;
}

/** Codes and the order of the first rows: what `hf_raise_for_status` of `huggingface_hub` knows of the Hub. */
const table: readonly Row[] = [
	// A token that is not valid spoils even what needs none.
	{fits: ({status, message}) => status === 401 && /invalid credentials/i.test(message ?? ''), failure: badToken},
	{fits: ({code}, {repository}) => code === 'GatedRepo' && repository !== null, failure: gated},
	{fits: ({code}) => code === 'RevisionNotFound', failure: noRevision},
	{fits: ({code}) => code === 'EntryNotFound', failure: noFile},
	{fits: ({message}) => /access to this resource is disabled/i.test(message ?? ''), failure: disabled},
	{fits: ({code}) => code === 'RepoNotFound', failure: noRepository},
	// Whoever asks without a token is told so with a web page.
	{fits: ({status}) => status === 429, failure: wait},
	{fits: ({status, isPage, code}) => status >= 400 && status < 500 && isPage && code === null, failure: webPage},
	// Without a token the Hub hides what is private, and what is not there, behind the same 401.
	{
		fits: ({status}, {repository, signedIn}) => status === 401 && repository !== null && !signedIn,
		failure: noRepository,
	},
	{fits: ({status}) => status === 401, failure: noRight},
	{fits: ({status}) => status === 403, failure: noRight},
	{fits: ({status}) => status === 404, failure: noRepository},
	{fits: ({status}) => status === 407, failure: proxyWantsName},
	{fits: ({status}) => status === 416, failure: tooShort},
	{fits: ({status, retryAfter}) => status === 503 && retryAfter !== null, failure: wait},
];

function badToken(_refusal: Refusal, {address}: Asked): MofaError {
	return new MofaError('unauthorized', {
		address,
		hint: 'the token is not valid, or not any more: set HF_TOKEN to another one, or to none',
	});
}

function gated(_refusal: Refusal, {endpoint, repository, signedIn}: Asked): MofaError {
	return new MofaError('gated', {repository: repository ?? '', page: `${endpoint}/${repository}`, signedIn});
}

function noRevision(_refusal: Refusal, {repository, revision}: Asked): MofaError {
	return new MofaError('model-not-found', {model: `${repository ?? ''}@${revision ?? 'main'}`, similar: []});
}

function noFile(_refusal: Refusal, {repository, file}: Asked): MofaError {
	return new MofaError('model-not-found', {model: `${repository ?? ''}/${file ?? ''}`, similar: []});
}

function noRepository(_refusal: Refusal, {repository}: Asked): MofaError {
	return new MofaError('model-not-found', {model: repository ?? 'the Hub', similar: []});
}

function disabled(_refusal: Refusal, {repository}: Asked): MofaError {
	return new MofaError('model-unsupported', {
		model: repository ?? 'the repository',
		problem: 'the Hub has disabled access to it',
		hint: 'its page on the Hub may say why; mofa search finds others',
	});
}

function noRight({message}: Refusal, {address, signedIn}: Asked): MofaError {
	const said = message === null ? '' : ` (${short(message)})`;
	return new MofaError('unauthorized', {
		address,
		hint: signedIn
			? `the token has no right to it${said}: give it the right to read this repository, or set HF_TOKEN to one that has it`
			: `set HF_TOKEN to a token that may read it${said}`,
	});
}

function webPage({status}: Refusal, {address}: Asked): MofaError {
	return lastingFailure(
		address,
		`a web page came back (${status}): a proxy or a sign-in page of this network stands in between`,
	);
}

function proxyWantsName(_refusal: Refusal, {address}: Asked): MofaError {
	return lastingFailure(
		address,
		'the proxy wants a name and a password: http://name:password@host:port in HTTPS_PROXY',
	);
}

function tooShort(_refusal: Refusal, {file, repository}: Asked): MofaError {
	return new MofaError('content-mismatch', {
		file: file ?? repository ?? '',
		expected: 'a file as long as announced',
		found: 'a shorter one (416)',
	});
}

function wait({retryAfter}: Refusal, {address}: Asked): MofaError {
	return new MofaError('rate-limited', {address, retryAfterSeconds: secondsOf(retryAfter)});
}

function unexpectedStatus({status, message}: Refusal, {address}: Asked): MofaError {
	const said = message === null ? '' : `: ${short(message)}`;
	const problem = `it answered with status ${status}${said}`;
	const isLasting = status >= 400 && status < 500 && !mayPass.has(status);
	return isLasting ? lastingFailure(address, problem) : new MofaError('network', {address, problem});
}

/** It took too long, it came too early, it went to the wrong machine behind the address. */
const mayPass: ReadonlySet<number> = new Set([408, 421, 425]);

/** What a stranger wrote goes to a terminal. */
function short(message: string): string {
	return message
		.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
		.trim()
		.slice(0, 300);
}

/** Seconds, or the date until when; a minute where it says neither, and a day at most. */
export function secondsOf(retryAfter: string | null, now: number = Date.now()): number {
	const text = (retryAfter ?? '').trim();
	const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000;
	return Number.isNaN(seconds) ? 60 : Math.min(86_400, Math.max(0, Math.ceil(seconds)));
}
