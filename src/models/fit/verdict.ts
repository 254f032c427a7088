import type {Footprint} from '../../contract/engine.ts';
import type {FitVerdict} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';

/** What can be had of each memory pool, bytes. */
export interface Room {
	/** With nothing else loaded. */
	readonly capacity: Footprint;
	/** Now. */
	readonly free: Footprint;
	/** Held by idle models, which make way. */
	readonly evictable: Footprint;
}

/** What was found out about one build of a model. */
export interface Prospect {
	readonly tag: string;
	/** Null: no header and no size tells. */
	readonly needs: Footprint | null;
	/** Why nothing here runs it; null when something does. */
	readonly obstacle: string | null;
}

export interface Judgement {
	readonly verdict: FitVerdict;
	readonly because: string | null;
}

export interface Decision {
	readonly judgements: readonly Judgement[];
	/** Index of the one to take; null where none will do. */
	readonly chosen: number | null;
	readonly reasons: readonly string[];
}

/** Judges every build, and takes the first that will do in the order given; `wanted` is what the user named. Pure. */
export function decide(prospects: readonly Prospect[], room: Room, wanted: string | null): Decision {
	const judgements = prospects.map(prospect => judge(prospect, room));
	const order = prospects.flatMap(({tag}, index) => (wanted === null || tag === wanted ? [index] : []));
	const reasons: string[] = [];
	// A build of which nothing is known may do, but only after all that surely do.
	for (const acceptable of [['fits', 'fits-after-eviction'], ['unknown']])
		for (const index of order) {
			const {verdict, because} = judgements[index] ?? {verdict: 'unknown', because: null};
			const tag = prospects[index]?.tag ?? '';
			if (acceptable.includes(verdict)) {
				const sure = verdict === 'unknown' ? 'may' : 'will';
				reasons.push(`${tag}: ${wanted === null ? `the first in order of preference that ${sure} do` : 'as asked'}`);
				return {judgements, chosen: index, reasons};
			}
			if (verdict !== 'unknown' && because !== null && !reasons.includes(`${tag}: ${because}`))
				reasons.push(`${tag}: ${because}`);
		}
	return {judgements, chosen: null, reasons};
}

/** 1. What runs it, 2. what it needs, 3. the machine, 4. this moment. */
function judge({needs, obstacle}: Prospect, room: Room): Judgement {
	// 1.
	if (obstacle !== null) return {verdict: 'cannot-run', because: obstacle};
	// 2.
	if (needs === null) return {verdict: 'unknown', because: 'nothing tells how much memory it takes'};
	// 3.
	const tooSmall = lacking(needs, room.capacity);
	if (tooSmall !== null) return {verdict: 'does-not-fit', because: tooSmall};
	// 4.
	const now = lacking(needs, room.free);
	if (now === null) return {verdict: 'fits', because: null};
	const together = lacking(needs, sum(room.free, room.evictable));
	return {
		verdict: 'fits-after-eviction',
		because: together === null ? `${now}; idle models make way` : `${together}; other programs hold the rest`,
	};
}

function lacking(needs: Footprint, has: Footprint): string | null {
	for (const [pool, bytes] of Object.entries(needs))
		if (bytes > (has[pool] ?? 0))
			return `needs ${formatByteSize(bytes)} of ${pool}, ${formatByteSize(has[pool] ?? 0)} can be had`;
	return null;
}

function sum(a: Footprint, b: Footprint): Footprint {
	const pools = new Set([...Object.keys(a), ...Object.keys(b)]);
	return Object.fromEntries([...pools].map(pool => [pool, (a[pool] ?? 0) + (b[pool] ?? 0)]));
}
