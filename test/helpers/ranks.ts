import type {AnyEngine} from '../../src/contract/engine.ts';
import type {Warning} from '../../src/contract/task.ts';
import {reranking, type RerankingRequest, type RerankingResult} from '../../src/tasks/reranking.ts';

/** What a model that ranks says of the documents. */
export function ranked(
	engine: AnyEngine,
	request: RerankingRequest,
	warnings: Warning[] = [],
	signal: AbortSignal = new AbortController().signal,
): Promise<RerankingResult> {
	const handler = engine.tasks.reranking;
	if (handler === undefined) throw new Error('it ranks nothing');
	return reranking.collect(handler(request, {signal, warn: warning => void warnings.push(warning)}));
}

/** The scores in the order of the documents. */
export async function scores(
	engine: AnyEngine,
	request: RerankingRequest,
	warnings: Warning[] = [],
): Promise<readonly number[]> {
	const {results} = await ranked(engine, request, warnings);
	return results.toSorted((a, b) => a.index - b.index).map(({score}) => score);
}
