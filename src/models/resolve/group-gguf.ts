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

/** What lets one file of a folder see: the projector beside it, unless the folder holds other models, whose it may be. Pure. */
export function projectorBeside<F extends ListedFile>(model: string, beside: readonly F[]): F | undefined {
	const groups = groupGguf(beside);
	const own = groups.find(({files}) => files.some(({role, file}) => role !== 'projector' && file.file === model));
	const sight = own?.files.find(({role}) => role === 'projector')?.file;
	if (sight === undefined) return undefined;
	const names = new Set(groups.map(({files: [first]}) => plainName(first?.file.file ?? '')));
	const name = plainName(model);
	return names.size === 1 || sight.file.toLowerCase().includes(name) ? sight : undefined;
}

/** Without the quantisation. */
function plainName(file: string): string {
	return stemOf(file)
		.toLowerCase()
		.replace(/[-._](ud[-._])?(i?q\d|b?f(p)?16|f(p)?32|mxfp4).*$/, '');
}

function projectorFor<F extends ListedFile>(model: string, projectors: readonly F[]): F | undefined {
	return projectors.find(({file}) => folderOf(file) === folderOf(model)) ?? projectors[0];
}

function projectorRank(file: string): number {
	const rank = projectorOrder.indexOf(quantizationName(baseName(file)) ?? '');
	return rank < 0 ? projectorOrder.length : rank;
}
