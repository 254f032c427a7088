import {preference} from './quantization-order.ts';
import {graphRole} from './roles.ts';

/** A graph as much as its place and its type tell. */
export interface TypedGraph {
	/** Name without type and ending: `unet/model`. */
	readonly stem: string;
	/** `fp16`; `fp32` where the name has none. */
	readonly type: string;
}

const parts = /^weights-((?:text_encoder(?:_[23])?|unet|transformer|vae_decoder|vae_encoder))(?:_model)?$/;

/**
 * The builds of a pipeline in the folders of diffusers, one for each type that the part that draws comes in: parts that
 * do not come in it are taken as they are. Further graphs, such as safety checkers, belong to none. Null where the
 * graphs are no such pipeline. Pure.
 */
export function pipelineBuilds<G extends TypedGraph>(graphs: readonly G[]): ReadonlyArray<readonly G[]> | null {
	const byPart = new Map<string, Map<string, G>>();
	// Of a part that lies in two places the one in a folder is taken.
	for (const graph of graphs.toSorted((a, b) => a.stem.length - b.stem.length)) {
		const part = parts.exec(graphRole(graph.stem, false))?.[1];
		if (part === undefined) continue;
		const types = byPart.get(part);
		if (types === undefined) byPart.set(part, new Map([[graph.type, graph]]));
		else types.set(graph.type, graph);
	}
	const drawing = byPart.get('unet') ?? byPart.get('transformer');
	if (drawing === undefined || !byPart.has('vae_decoder')) return null;
	const others = [...byPart.values()].filter(types => types !== drawing);
	return [...drawing].map(([type, first]) => [first].concat(others.flatMap(types => nearest(types, type))));
}

function nearest<G extends TypedGraph>(types: ReadonlyMap<string, G>, wanted: string): readonly G[] {
	const best = [...types.values()].toSorted((a, b) => preference(a.type) - preference(b.type))[0];
	const found = types.get(wanted) ?? types.get('fp32') ?? best;
	return found === undefined ? [] : [found];
}
