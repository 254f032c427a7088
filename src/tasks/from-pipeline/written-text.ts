import type {StageStatistics} from '../../contract/pipeline.ts';
import type {Usage} from '../generation.ts';

/** What is known of the tokens: those that the stages wrote. What the stages read, and when, is not told. */
export function writtenText(statistics: readonly StageStatistics[]): Usage {
	const sum = (of: (one: StageStatistics) => number | null): number =>
		statistics.reduce((all, one) => all + (of(one) ?? 0), 0);
	return {
		promptTokens: 0,
		cachedTokens: 0,
		completionTokens: sum(({tokens}) => tokens),
		promptMs: 0,
		completionMs: sum(({tokens, busyMs}) => (tokens === null ? 0 : busyMs)),
	};
}
