import type {StageStatistics} from '../contract/pipeline.ts';
import type {AnyValue} from '../contract/stage.ts';
import {secondsOf} from './packets.ts';

/** Counts what one stage does. Times in milliseconds, on a clock that never goes back. */
export class Meter {
	readonly #now: () => number;
	readonly #began: number;
	#firstIn: number | null = null;
	#firstOut: number | null = null;
	#ended: number | null = null;
	#queueMs = 0;
	#loadMs = 0;
	#busyMs = 0;
	#requests = 0;
	#valuesIn = 0;
	#valuesOut = 0;
	#secondsIn = 0;
	#secondsOut = 0;
	#tokens = 0;
	#tokenMs = 0;
	#bytesCopied = 0;

	constructor(now: () => number) {
		this.#now = now;
		this.#began = now();
	}

	get bytesCopied(): number {
		return this.#bytesCopied;
	}

	/** Seconds of work for each second of sound that came out; 0 before any did. */
	get pace(): number {
		return this.#secondsOut > 0 ? this.#busyMs / 1000 / this.#secondsOut : 0;
	}

	took(value: AnyValue): void {
		this.#firstIn ??= this.#now();
		this.#valuesIn += 1;
		this.#secondsIn += secondsOf(value);
	}

	gave(value: AnyValue): void {
		this.#firstOut ??= this.#now();
		this.#valuesOut += 1;
		this.#secondsOut += secondsOf(value);
	}

	waited(queueMs: number, loadMs: number): void {
		this.#queueMs += queueMs;
		this.#loadMs += loadMs;
	}

	asked(): void {
		this.#requests += 1;
	}

	worked(ms: number): void {
		this.#busyMs += Math.max(0, ms);
	}

	copied(bytes: number): void {
		this.#bytesCopied += bytes;
	}

	/** Tasks that write tokens say so in the `usage` of their last event, however they call it. */
	heard(event: {readonly type: string}): void {
		const usage: unknown = 'usage' in event ? event.usage : undefined;
		if (typeof usage !== 'object' || usage === null) return;
		const {completionTokens, completionMs} = usage as {
			readonly completionTokens?: unknown;
			readonly completionMs?: unknown;
		};
		if (typeof completionTokens === 'number') this.#tokens += completionTokens;
		if (typeof completionMs === 'number') this.#tokenMs += completionMs;
	}

	ended(): void {
		this.#ended ??= this.#now();
	}

	statistics(stage: string, model: string | null): StageStatistics {
		const start = this.#firstIn ?? this.#began;
		const audioSeconds = Math.max(this.#secondsIn, this.#secondsOut);
		return {
			stage,
			model,
			queueMs: this.#queueMs,
			loadMs: this.#loadMs,
			firstOutputMs: this.#firstOut === null ? null : this.#firstOut - start,
			totalMs: this.#firstIn === null ? 0 : (this.#ended ?? this.#now()) - start,
			busyMs: this.#busyMs,
			requests: this.#requests,
			valuesIn: this.#valuesIn,
			valuesOut: this.#valuesOut,
			audioSeconds: audioSeconds > 0 ? audioSeconds : null,
			realTimeFactor: audioSeconds > 0 && model !== null ? this.#busyMs / 1000 / audioSeconds : null,
			tokens: this.#tokens > 0 ? this.#tokens : null,
			tokensPerSecond: this.#tokens > 0 && this.#tokenMs > 0 ? (this.#tokens / this.#tokenMs) * 1000 : null,
			bytesCopied: this.#bytesCopied,
		};
	}
}

/** The stage that worked longest; null where none did. */
export function bottleneckOf(stages: readonly StageStatistics[]): string | null {
	const longest = stages.reduce<StageStatistics | null>(
		(found, stage) => (stage.busyMs > (found?.busyMs ?? 0) ? stage : found),
		null,
	);
	return longest?.stage ?? null;
}
