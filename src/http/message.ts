import type {FailureCode, Failures} from '../contract/error.ts';

/**
 * OpenAI clients show `error.message` and nothing else, so HTTP needs words too.
 * The command line and the terminal interface write their own from the code and the data.
 */
const words: {readonly [C in FailureCode]: (data: Failures[C]) => string} = {
	// The schema library writes `Too big: expected number to be <=2`; its first words add nothing.
	'invalid-request': ({path, expected}) => `${path}: expected ${expected.replace(/^[A-Z][^:]*: expected /, '')}`,
	'model-not-found': ({model, similar}) =>
		`model '${model}' not found${similar.length > 0 ? `; did you mean ${similar.join(', ')}?` : ''}`,
	'model-invalid': ({model, problem}) => `model '${model}' cannot be read: ${problem}`,
	'model-unsupported': ({model, problem}) => `model '${model}' cannot run here: ${problem}`,
	'task-unsupported': ({model, task, supported}) =>
		`${model === '' ? 'mofa' : `model '${model}'`} does not do ${task}; it does ${list(supported)}`,
	'does-not-fit': ({model, needs, has}) =>
		`model '${model}' does not fit: it needs ${pools(needs)} and ${pools(has)} can be had`,
	'context-overflow': ({model, tokens, limit, atLeast}) =>
		`${atLeast ? 'at least ' : ''}${tokens} tokens are more than the ${limit} that model '${model}' holds`,
	'backend-unavailable': ({backend, reason, hint}) => `backend '${backend}' is unavailable (${reason}): ${hint}`,
	'load-failed': ({model, problem}) => `model '${model}' did not load: ${problem}`,
	'runner-failed': ({model, reason, detail}) => `the process that ran '${model}' failed (${reason}): ${detail}`,
	'model-in-use': ({model, leases}) => `model '${model}' is in use by ${leases} request(s)`,
	busy: ({model, queued}) => `too many requests wait for '${model}' (${queued}); try again later`,
	network: ({address, problem}) => `${address}: ${problem}`,
	unauthorized: ({hint}) => hint,
	gated: ({repository, page}) => `the author of ${repository} asks to accept the licence first, on ${page}`,
	'rate-limited': ({address, retryAfterSeconds}) => `${address} asks to wait ${retryAfterSeconds} seconds`,
	offline: ({wanted, setting}) => `${wanted} needs the network, and ${setting} keeps mofa off it`,
	'disk-full': ({path, needs, free}) => `${path} has ${free} bytes free, and ${needs} are needed`,
	'content-mismatch': ({file, expected, found}) =>
		`${file} is not what was announced: expected ${expected}, found ${found}`,
	'daemon-unreachable': ({address, problem}) => `no daemon at ${address}: ${problem}`,
	'file-error': ({path, problem}) => `${path}: ${problem}`,
	'stage-failed': ({stage, failure}) => `the stage ${stage}: ${messageOf(failure.code, failure.data)}`,
	cancelled: () => 'the request was cancelled',
	internal: ({problem}) => problem,
};

export function messageOf<C extends FailureCode>(code: C, data: Failures[C]): string {
	return words[code](data);
}

function list(names: readonly string[]): string {
	return names.length === 0 ? 'nothing' : names.join(', ');
}

function pools(bytes: Readonly<Record<string, number>>): string {
	const parts = Object.entries(bytes).map(([pool, count]) => `${(count / 1e9).toFixed(1)} GB of ${pool}`);
	return parts.length === 0 ? 'nothing' : parts.join(', ');
}
