import {MofaError} from '../contract/error.ts';

/** What becomes of a pipeline when one of its stages fails. */
export type FailurePolicy =
	| {readonly kind: 'fail' | 'retry' | 'skip'}
	| {readonly kind: 'fallback'; readonly model: string};

/** How often a request is made again before its stage has failed. */
export const retries = 2;

/** Characters, as of every stage's own. */
const longestName = 4096;

/** Throws `invalid-request`. */
export function parseFailurePolicy(text: string, path: string): FailurePolicy {
	if (text === 'fail' || text === 'retry' || text === 'skip') return {kind: text};
	const model = /^fallback:(.+)$/.exec(text)?.[1]?.trim();
	if (model !== undefined && model !== '' && model.length <= longestName) return {kind: 'fallback', model};
	throw new MofaError('invalid-request', {
		path,
		expected: `fail, retry, skip or fallback:<model>, not "${text.slice(0, 80)}"`,
	});
}

/** What would fail the same way again. */
export function isHopeless(error: unknown): boolean {
	return ['invalid-request', 'task-unsupported', 'context-overflow'].some(
		code => MofaError.is(error) && error.code === code,
	);
}
