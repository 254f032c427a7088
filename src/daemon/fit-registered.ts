import type {Footprint} from '../contract/engine.ts';
import type {FitReport, FitVariant} from '../contract/store.ts';
import {formatByteSize} from '../lib/byte-size.ts';
import {decide, type Prospect, type Room} from '../models/fit/verdict.ts';
import {bytesOf, factsOf, filesOf, type RegistryVariant} from '../models/registry/entry.ts';
import type {RegistryMatch} from '../models/registry/registry.ts';

export interface RegisteredAsk {
	readonly room: Room;
	/** Tokens, or null for what a load takes by itself. */
	readonly contextLength: number | null;
	readonly task: string | null;
}

/**
 * Judges the builds of a registered model by what the registry knows, for when the Hub cannot be asked: that weights alone are too
 * large is sure, that they fit is not, since only their header tells what a context takes. Null where no size is known. Pure.
 */
export function fitRegistered(match: RegistryMatch, {room, contextLength, task}: RegisteredAsk): FitReport | null {
	const {entry, size, name, wanted} = match;
	const {family, tasks, license, gated, runs, because} = factsOf(entry, size);
	const known = size.variants.flatMap(variant => {
		const bytes = bytesOf(entry, variant);
		return bytes === null ? [] : [{variant, bytes, needs: inMemory(room.capacity, bytes)}];
	});
	if (known.length === 0) return null;
	const obstacleOf = (variant: RegistryVariant): string | null => {
		if (!runs || variant.runs === false) return variant.because ?? because ?? 'this version of mofa does not run it';
		return task === null || tasks.includes(task) ? null : `it does not do ${task}`;
	};
	const prospects = known.map(({variant, needs}): Prospect => ({
		tag: variant.tag,
		needs: exceeds(needs, room.capacity) ? needs : null,
		obstacle: obstacleOf(variant),
	}));
	const {judgements, chosen, reasons} = decide(prospects, room, wanted);
	return {
		model: name,
		repository: known[chosen ?? 0]?.variant.repository ?? '',
		commit: null,
		family,
		tasks,
		parameters: size.parameters,
		license,
		gated,
		contextLength: contextLength ?? size.contextLength ?? null,
		capacity: room.capacity,
		free: room.free,
		variants: known.map(({variant, bytes, needs}, index): FitVariant => {
			const {verdict, because: reason} = judgements[index] ?? {verdict: 'unknown', because: null};
			const isOpen = verdict === 'unknown';
			return {
				variant: variant.tag,
				format: variant.format,
				quantization: variant.quantization ?? null,
				files: filesOf(entry, variant).length,
				downloadBytes: bytes,
				presentBytes: 0,
				needs: isOpen ? null : needs,
				verdict,
				accelerator: null,
				adapter: null,
				because: isOpen
					? `its weights take ${formatByteSize(bytes)}, and what a context takes is in their header, on the Hub`
					: reason,
				chosen: index === chosen,
			};
		}),
		reasons: [...reasons, 'the Hub could not be asked: these are the sizes that the registry knows'],
		sibling: chosen === null ? (size.sibling ?? null) : null,
	};
}

function inMemory(capacity: Footprint, bytes: number): Footprint {
	return {['unified' in capacity ? 'unified' : 'ram']: bytes};
}

const exceeds = (needs: Footprint, capacity: Footprint): boolean =>
	Object.entries(needs).some(([pool, bytes]) => bytes > (capacity[pool] ?? 0));
