import {negativeExponent} from '../../lib/negative-exponent.ts';
import {likeliest} from '../../lib/pick-token.ts';
import type {WhisperConfiguration} from './configuration.ts';

export type RuleSettings = Pick<WhisperConfiguration, 'suppressed' | 'suppressedFirst' | 'latestFirstTime'> & {
	readonly tokens: Pick<WhisperConfiguration['tokens'], 'end' | 'noTimes' | 'firstTime'>;
};

/**
 * Which tokens may come next: rules out the others in place. `written` is what came after the prefix. `times`: the text is
 * written between times, which come in pairs and never go back.
 */
export function applyRules(
	logits: Float32Array,
	written: readonly number[],
	times: boolean,
	{tokens, suppressed, suppressedFirst, latestFirstTime}: RuleSettings,
): void {
	for (const token of suppressed) logits[token] = -Infinity;
	if (written.length === 0) for (const token of suppressedFirst) logits[token] = -Infinity;
	if (!times || tokens.firstTime === null) return;
	const first = tokens.firstTime;
	if (tokens.noTimes !== null) logits[tokens.noTimes] = -Infinity;
	const isTime = (token: number | undefined): boolean => token !== undefined && token >= first;
	const afterTime = isTime(written.at(-1));
	const afterPair = afterTime && (written.length < 2 || isTime(written.at(-2)));
	if (afterPair) logits.fill(-Infinity, first);
	else if (afterTime) logits.fill(-Infinity, 0, tokens.end);
	const latest = written.findLast(isTime);
	if (latest !== undefined) logits.fill(-Infinity, first, afterTime && !afterPair ? latest : latest + 1);
	if (written.length === 0) {
		logits.fill(-Infinity, 0, first);
		if (latestFirstTime !== null) logits.fill(-Infinity, first + latestFirstTime + 1);
	}
	if (timesOutweigh(logits, first)) logits.fill(-Infinity, 0, first);
}

/** All times together are likelier than any one piece of text. */
function timesOutweigh(logits: Float32Array, first: number): boolean {
	const times = logits.subarray(first);
	const highest = times[likeliest(times)] ?? -Infinity;
	if (highest === -Infinity) return false;
	let sum = 0;
	for (let time = 0; time < times.length; time += 1) sum += negativeExponent(highest - (times[time] ?? -Infinity));
	const together = highest + Math.log(sum);
	for (let token = 0; token < first; token += 1) if ((logits[token] ?? -Infinity) >= together) return false;
	return true;
}
