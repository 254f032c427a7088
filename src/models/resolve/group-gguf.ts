import {quantizationName} from '../quantization-name.ts';
import {baseName, folderOf, joinParts, stemOf, type FileGroup, type ListedFile, type RoledFile} from './file-group.ts';
import {preference} from './quantization-order.ts';
import {partRole} from './roles.ts';

const projector = /mmproj/i;
/** Statistics for quantising, changes to another model, vocabularies for tests. */
const noModel = /imatrix|(^|[-_./])(lora|adapter)s?([-_./]|$)|ggml-vocab/i;
const projectorOrder: readonly string[] = ['F16', 'FP16', 'BF16', 'Q8_0', 'F32', 'FP32'];

/** One build for each file or set of parts; what lets the model see belongs to each of them. */
export function groupGguf<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	const all = files.filter(({file}) => /\.gguf$/i.test(file));
	const projectors = all
		.filter(({file}) => projector.test(baseName(file)))
		.toSorted((a, b) => projectorRank(a.file) - projectorRank(b.file));
	const models = all.filter(({file}) => !projector.test(baseName(file)) && !noModel.test(file));
	const groups = [...joinParts(models).values()].map((parts): FileGroup<F> => {
		const [{file}] = parts;
		const quantization = quantizationName(baseName(file)) ?? quantizationName(file);
		const weights = parts.map((part, index): RoledFile<F> => ({role: partRole(index), file: part}));
		const sight = projectorFor(file, projectors);
		return {
			tag: quantization ?? stemOf(file),
			format: 'gguf',
			quantization,
			files: sight === undefined ? weights : weights.concat({role: 'projector', file: sight}),
		};
	});
	return groups.toSorted((a, b) => preference(a.quantization) - preference(b.quantization));
}

function projectorFor<F extends ListedFile>(model: string, projectors: readonly F[]): F | undefined {
	return projectors.find(({file}) => folderOf(file) === folderOf(model)) ?? projectors[0];
}

function projectorRank(file: string): number {
	const rank = projectorOrder.indexOf(quantizationName(baseName(file)) ?? '');
	return rank < 0 ? projectorOrder.length : rank;
}
