import {baseName, folderOf, type ListedFile} from './file-group.ts';
import type {TypedGraph} from './mixed-types.ts';

const parts = ['encoder', 'decoder', 'joiner'] as const;
const part = /^(encoder|decoder|joiner)(?=$|[-_.])/;

/** Where a part does not come in the type of the encoder: what is nearest to how it was trained, for these parts are small. */
const nearest = ['fp32', 'fp16', 'int8', 'uint8', 'q8'];
/** Eight bits take more from the decoder than its little room is worth: its makers keep it whole beside an encoder in eight bits. */
const eightBits = new Set(['int8', 'uint8', 'q8']);

interface Part<F extends ListedFile> {
	readonly part: string;
	/** What tells several models in one folder apart: `-epoch-99-avg-1-chunk-16-left-128`. */
	readonly set: string;
	readonly graph: TypedGraph<F>;
}

/**
 * The builds of a transducer of sherpa-onnx: each type of its encoder, with the decoder and the joiner that fit it best. Of
 * several exports in one place the one that looks back farthest is taken; graphs beside them, such as language models, belong
 * to none. Null for graphs that are no such model. Pure.
 */
export function transducerBuilds<F extends ListedFile>(
	graphs: ReadonlyArray<TypedGraph<F>>,
): ReadonlyArray<ReadonlyArray<TypedGraph<F>>> | null {
	const found = graphs.flatMap(partOf);
	const sets = [...new Set(found.map(({set}) => set))].filter(set =>
		parts.every(wanted => found.some(known => known.set === set && known.part === wanted)),
	);
	// `left-128` after `left-64`, `epoch-99` after `epoch-20`.
	const chosen = sets.toSorted((a, b) => a.localeCompare(b, 'en', {numeric: true})).at(-1);
	if (chosen === undefined) return null;
	const of = (wanted: string): ReadonlyArray<TypedGraph<F>> =>
		found.filter(known => known.set === chosen && known.part === wanted).map(({graph}) => graph);
	return of('encoder').map(encoder =>
		[encoder].concat(
			inType(of('decoder'), eightBits.has(encoder.type) ? 'fp32' : encoder.type),
			inType(of('joiner'), encoder.type),
		),
	);
}

function partOf<F extends ListedFile>(graph: TypedGraph<F>): ReadonlyArray<Part<F>> {
	const name = baseName(graph.stem);
	const is = part.exec(name)?.[1];
	return is === undefined ? [] : [{part: is, set: `${folderOf(graph.stem)}/${name.slice(is.length)}`, graph}];
}

function inType<F extends ListedFile>(
	graphs: ReadonlyArray<TypedGraph<F>>,
	type: string,
): ReadonlyArray<TypedGraph<F>> {
	const order = [type, ...nearest];
	const rank = (graph: TypedGraph<F>): number => {
		const at = order.indexOf(graph.type);
		return at < 0 ? order.length : at;
	};
	return graphs.toSorted((a, b) => rank(a) - rank(b)).slice(0, 1);
}
