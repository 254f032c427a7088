import type {AnyEngine} from '../../src/contract/engine.ts';
import type {Warning} from '../../src/contract/task.ts';
import {
	embedding,
	type EmbeddingEvent,
	type EmbeddingRequest,
	type EmbeddingResult,
} from '../../src/tasks/embedding.ts';

/** How alike two vectors are, from -1 to 1. */
export function cosine(a: Float32Array = new Float32Array(0), b: Float32Array = new Float32Array(0)): number {
	const product = a.reduce((sum, value, at) => sum + value * (b[at] ?? Number.NaN), 0);
	return product / Math.hypot(...a) / Math.hypot(...b);
}

export function events(
	engine: AnyEngine,
	request: EmbeddingRequest,
	signal: AbortSignal = new AbortController().signal,
	warnings: Warning[] = [],
): AsyncIterator<EmbeddingEvent> & AsyncIterable<EmbeddingEvent> {
	const handler = engine.tasks.embedding;
	if (handler === undefined) throw new Error('it makes no vectors');
	const running = handler(request, {signal, warn: warning => void warnings.push(warning)});
	const iterator = running[Symbol.asyncIterator]();
	return {next: () => iterator.next(), [Symbol.asyncIterator]: () => iterator};
}

export const embedded = (
	engine: AnyEngine,
	request: EmbeddingRequest,
	warnings: Warning[] = [],
): Promise<EmbeddingResult> => embedding.collect(events(engine, request, undefined, warnings));
