import {MofaError, type FailureCode} from '../contract/error.ts';

/** What a script can rely on. Published by `mofa help --json` and in the README. */
export const exitCodes: Readonly<Record<ExitName, number>> = {
	ok: 0,
	failure: 1,
	usage: 2,
	notFound: 3,
	doesNotFit: 4,
	network: 5,
	unauthorized: 6,
	backend: 7,
	busy: 8,
	interrupted: 130,
	/** The reader of standard output went away, as after `| head`; the shell's own number for it. */
	outputClosed: 141,
};

export type ExitName =
	| 'ok'
	| 'failure'
	| 'usage'
	| 'notFound'
	| 'doesNotFit'
	| 'network'
	| 'unauthorized'
	| 'backend'
	| 'busy'
	| 'interrupted'
	| 'outputClosed';

export const exitCodeMeanings: Readonly<Record<ExitName, string>> = {
	ok: 'done',
	failure: 'failed for a reason without a number of its own',
	usage: 'the command line or a setting is wrong',
	notFound: 'there is no such model, pack or file',
	doesNotFit: 'the model does not fit in memory or on the disk, or the prompt not in its context',
	network: 'a download or another host failed',
	unauthorized: 'a key is missing, or a licence must be accepted first',
	backend: 'no backend can run the model, or it failed while doing so',
	busy: 'too much to do at the moment, or the model is in use',
	interrupted: 'stopped with Ctrl-C',
	outputClosed: 'the reader of standard output went away',
};

const nameOf: Readonly<Record<FailureCode, ExitName>> = {
	'invalid-request': 'usage',
	'model-not-found': 'notFound',
	'model-invalid': 'backend',
	'model-unsupported': 'backend',
	'task-unsupported': 'usage',
	'does-not-fit': 'doesNotFit',
	'context-overflow': 'doesNotFit',
	'backend-unavailable': 'backend',
	'load-failed': 'backend',
	'runner-failed': 'backend',
	'model-in-use': 'busy',
	busy: 'busy',
	network: 'network',
	unauthorized: 'unauthorized',
	gated: 'unauthorized',
	'rate-limited': 'network',
	offline: 'network',
	'disk-full': 'doesNotFit',
	'content-mismatch': 'network',
	'daemon-unreachable': 'failure',
	'file-error': 'failure',
	'stage-failed': 'failure',
	cancelled: 'interrupted',
	internal: 'failure',
};

export function exitCodeOf(error: unknown): number {
	// A stage fails for a reason, and that has a number.
	if (MofaError.is(error, 'stage-failed')) return exitCodes[nameOf[error.data.failure.code]];
	// The daemon could not begin: nothing was downloaded, and no other host was asked.
	if (MofaError.is(error, 'network') && (error.data.daemon === 'running' || error.data.daemon === 'cannot-listen'))
		return exitCodes.failure;
	return MofaError.is(error) ? exitCodes[nameOf[error.code]] : exitCodes.failure;
}
