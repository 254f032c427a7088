import type {ListedFile} from './file-group.ts';

export interface TypedGraph<F extends ListedFile> {
	readonly file: F;
	/** Name without type and ending. */
	readonly stem: string;
	/** As the name has it; `fp32` where it has none. */
	readonly type: string;
}

/** What writes is most of a model that sees, so its type is that of the build. */
const main = /(^|\/)(decoder_model_merged|model)$/;
/** What turns words into vectors: only models that see keep it in a graph of its own. */
const words = /(^|\/)(embed_tokens|prepare_inputs_embeds)$/;
/** Sound is taken by nobody who also sees; its encoder would be fetched for nothing. */
const unheard = /(^|\/)audio_encoder$/;

/** Where a part does not come in the type of the main one: what takes least from the picture without taking much more room. */
const nearest = ['quantized', 'q8', 'int8', 'uint8', 'fp16', 'fp32', 'q4', 'q4f16', 'bnb4'];

/**
 * The builds of a model that sees: each type of its decoder, with every other part in that type or in the nearest. Null for
 * graphs that are no such model. Pure.
 */
export function mixedBuilds<F extends ListedFile>(
	graphs: ReadonlyArray<TypedGraph<F>>,
): ReadonlyArray<ReadonlyArray<TypedGraph<F>>> | null {
	const stems = new Set(graphs.map(({stem}) => stem));
	const names = [...stems];
	if (!names.some(stem => words.test(stem)) || !names.some(stem => stem.endsWith('vision_encoder'))) return null;
	const parts = names.filter(stem => !unheard.test(stem) && !main.test(stem));
	const decoder = names.filter(stem => main.test(stem));
	if (decoder.length !== 1) return null;
	return graphs
		.filter(({stem}) => stem === decoder[0])
		.map(writer =>
			[writer].concat(
				parts.flatMap(stem =>
					bestOf(
						graphs.filter(graph => graph.stem === stem),
						writer.type,
					),
				),
			),
		);
}

function bestOf<F extends ListedFile>(
	graphs: ReadonlyArray<TypedGraph<F>>,
	type: string,
): ReadonlyArray<TypedGraph<F>> {
	// Whoever wants every digit wants it of every part.
	const order = type === 'fp32' ? ['fp32', 'fp16', ...nearest] : [type, ...nearest];
	const rank = (graph: TypedGraph<F>): number => {
		const at = order.indexOf(graph.type);
		return at < 0 ? order.length : at;
	};
	return graphs.toSorted((a, b) => rank(a) - rank(b)).slice(0, 1);
}
