import type {EventOf} from '../../contract/task.ts';
import {formatMilliseconds} from '../human-time.ts';

export type Usage = Extract<EventOf<'completion'>, {readonly type: 'completion-end'}>['usage'];

/** Times in milliseconds. */
export interface Statistics {
	readonly totalMs: number;
	/** Waiting for the model: queue and load. */
	readonly loadMs: number;
	readonly usage: Usage;
}

/** The lines of `--verbose`, laid out as Ollama's users know them. */
export function formatStatistics({totalMs, loadMs, usage}: Statistics): string {
	const fresh = usage.promptTokens - usage.cachedTokens;
	const rows: ReadonlyArray<readonly [string, string]> = [
		['total duration:', formatMilliseconds(totalMs)],
		['load duration:', formatMilliseconds(loadMs)],
		['prompt eval count:', `${usage.promptTokens} token(s)`],
		['prompt cached count:', `${usage.cachedTokens} token(s)`],
		['prompt eval duration:', formatMilliseconds(usage.promptMs)],
		['prompt eval rate:', rate(fresh, usage.promptMs)],
		['eval count:', `${usage.completionTokens} token(s)`],
		['eval duration:', formatMilliseconds(usage.completionMs)],
		['eval rate:', rate(usage.completionTokens, usage.completionMs)],
	];
	return rows.map(([label, value]) => `${label.padEnd(22)}${value}\n`).join('');
}

function rate(tokens: number, ms: number): string {
	return ms > 0 && tokens > 0 ? `${((tokens * 1000) / ms).toFixed(2)} tokens/s` : '-';
}
