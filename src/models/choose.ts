import type {AnyAdapter} from '../contract/adapter.ts';
import type {Availability} from '../contract/backend.ts';
import type {Footprint} from '../contract/engine.ts';
import type {PassedOver} from '../contract/error.ts';
import type {Variant} from '../contract/manifest.ts';

export interface Candidate {
	readonly variant: Variant;
	readonly adapter: AnyAdapter;
	readonly availability: Availability;
	readonly needs: Footprint;
}

export type Choice =
	| {readonly ok: true; readonly candidate: Candidate; readonly passedOver: readonly PassedOver[]}
	| {readonly ok: false; readonly passedOver: readonly PassedOver[]};

/** First candidate that works, in the author's order, with a reason for every one passed over. Pure. */
export function choose(task: string | null, candidates: readonly Candidate[], capacity: Footprint): Choice {
	const passedOver: PassedOver[] = [];
	for (const candidate of candidates) {
		const because = objection(task, candidate, capacity);
		if (because === undefined) return {ok: true, candidate, passedOver};
		passedOver.push({variant: candidate.variant.tag, adapter: candidate.adapter.name, because});
	}
	return {ok: false, passedOver};
}

/** 1. the task, 2. the backend, 3. the memory: the order in which a user could do something about it. */
function objection(
	task: string | null,
	{adapter, availability, needs}: Candidate,
	capacity: Footprint,
): string | undefined {
	// 1.
	if (task !== null && !adapter.tasks.some(name => name === task)) return `does not do ${task}`;
	// 2.
	if (!availability.ok) return `${adapter.backend} is ${availability.reason}: ${availability.hint}`;
	// 3.
	const pool = Object.keys(needs).find(name => (needs[name] ?? 0) > (capacity[name] ?? 0));
	return pool === undefined
		? undefined
		: `needs ${needs[pool]} bytes of ${pool}, the machine has ${capacity[pool] ?? 0}`;
}
