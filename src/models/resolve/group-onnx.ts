import {companions, featureGraph} from './companions.ts';
import {baseName, folderOf, stemOf, type FileGroup, type ListedFile, type RoledFile} from './file-group.ts';
import {mixedBuilds, type TypedGraph} from './mixed-types.ts';
import {pipelineBuilds} from './pipeline-builds.ts';
import {preference} from './quantization-order.ts';
import {dataRole, graphRole} from './roles.ts';
import {transducerBuilds} from './transducer-builds.ts';

/** What files of one graph in different types end in, from transformers.js, sentence-transformers, sherpa-onnx and Moonshine. */
const types =
	/[._](fp16|fp32|bf16|q[1248](?:f16)?|u?int8(?:f16)?|int4|quantized|shrunk|bnb4|O[1-4]|qu?int8(?:_[a-z0-9]+)*)$/i;
/** Graphs that are a part of a model rather than one by themselves. */
const partial =
	/encod|decod|joiner|embed|vision|audio|speech|text|unet|transformer|vae|preprocess|projector|vocoder|flow|lm_head|scheduler|predictor|estimator/i;

/** Names of types that have another, plainer one. */
const sameAs: Readonly<Record<string, string>> = {quantized: 'q8', shrunk: 'int8'};

/** The type in the name of a graph, as a build is called by it; null where the name has none. */
export function onnxType(file: string): string | null {
	const type = types.exec(file.replace(/\.onnx([._]data.*)?$/i, ''))?.[1]?.toLowerCase();
	return type === undefined ? null : (sameAs[type] ?? type);
}

/** The name of a graph without its type: of files with the same one, each is the whole model. */
export const stemOfGraph = (file: string): string => file.replace(/\.onnx$/i, '').replace(types, '');

/** transformers.js has `onnx/<graph>[_<type>].onnx`; other exports have graphs at the top or in a folder for each part. */
export function groupOnnx<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	const graphs = files.flatMap(graphOf);
	if (graphs.length === 0) return [];
	const known = new Map(files.map(file => [file.file, file]));
	const data = dataFiles(files);
	const voices = graphs.filter(({file}) => known.has(`${file.file}.json`));
	const beside = companions(files);
	const builds = pipelineBuilds(graphs) ?? buildsOf(graphs.filter(graph => !voices.includes(graph)));
	const groups = builds.map(build => group(build, data, beside));
	return [
		...groups.toSorted((a, b) => preference(a.quantization) - preference(b.quantization)),
		...voices.flatMap(voice => voiceGroup(voice, known)),
	];
}

function graphOf<F extends ListedFile>(file: F): ReadonlyArray<TypedGraph<F>> {
	if (!/\.onnx$/i.test(file.file) || featureGraph.test(file.file)) return [];
	if (/(^|\/)(safety_checker|test\w*)\//.test(file.file)) return [];
	const type = types.exec(file.file.replace(/\.onnx$/i, ''))?.[1]?.toLowerCase();
	return [{file, stem: stemOfGraph(file.file), type: type ?? 'fp32'}];
}

/** 1. a model that sees or a transducer, else 2. the graphs by type, 3. those that only together are a model in one build, 4. each of the others in one of its own. */
function buildsOf<F extends ListedFile>(
	graphs: ReadonlyArray<TypedGraph<F>>,
): ReadonlyArray<ReadonlyArray<TypedGraph<F>>> {
	const stems = new Set(graphs.map(({stem}) => stem));
	const isPart = ({stem}: TypedGraph<F>): boolean => partial.test(stem.replace(/^onnx\//, ''));
	// Of a part that lies in two places, such as `unet.onnx` and `unet/model.onnx`, a build takes the one in a folder.
	const places = new Map(
		[...stems].toSorted((a, b) => a.length - b.length).map(stem => [graphRole(stem, false), stem]),
	);
	const isCopy = (graph: TypedGraph<F>): boolean =>
		isPart(graph) && places.get(graphRole(graph.stem, false)) !== graph.stem;
	const needed = graphs.filter(graph => !superseded(graph.stem, stems) && !isCopy(graph));
	// 1.
	const mixed = mixedBuilds(needed) ?? transducerBuilds(needed);
	if (mixed !== null) return mixed;
	// 2.
	const parts = new Set(needed.filter(isPart).map(({stem}) => stem));
	const byType = new Map<string, Array<TypedGraph<F>>>();
	for (const graph of needed) {
		const found = byType.get(graph.type);
		if (found === undefined) byType.set(graph.type, [graph]);
		else found.push(graph);
	}
	return [...byType.values()].flatMap(found => {
		// 3. A type that only some of the parts come in is no build, unless it is the only one.
		// `decoder_fp16` and `decoder.fp16` are one.
		const together = [...new Map(found.filter(isPart).map(graph => [graph.stem, graph])).values()];
		const whole = together.length > 0 && (together.length === parts.size || byType.size === 1);
		// 4.
		const alone = found.filter(graph => !isPart(graph)).map(graph => [graph]);
		return whole ? [together].concat(alone) : alone;
	});
}

/** A merged decoder does what the two others do. */
function superseded(stem: string, stems: ReadonlySet<string>): boolean {
	const merged = stem.replace(/decoder(_with_past)?_model$/, 'decoder_model_merged');
	return merged !== stem && stems.has(merged);
}

function group<F extends ListedFile>(
	graphs: ReadonlyArray<TypedGraph<F>>,
	data: ReadonlyMap<string, readonly F[]>,
	beside: ReadonlyArray<RoledFile<F>>,
): FileGroup<F> {
	const roles = graphs.map(({stem}) => graphRole(stem, graphs.length === 1));
	const weights = graphs.flatMap(({file}, index): ReadonlyArray<RoledFile<F>> => {
		const role = roles[index] ?? file.file;
		const outside = data.get(file.file) ?? data.get(`${folderOf(file.file)}/`) ?? [];
		return [{role, file}].concat(outside.map((found, number) => ({role: dataRole(role, number), file: found})));
	});
	const quantization = onnxType(graphs[0]?.file.file ?? '') ?? 'fp32';
	return {tag: quantization, format: 'onnx', quantization, files: weights.concat(beside)};
}

/** By the graph they belong to, or by the folder (`unet/`) where their name does not say it. */
function dataFiles<F extends ListedFile>(files: readonly F[]): ReadonlyMap<string, readonly F[]> {
	const found = new Map<string, F[]>();
	for (const file of files) {
		const graph = /^(.*\.onnx)[._]data(?:[._]?\d+)?$/i.exec(file.file)?.[1];
		const key = graph ?? (baseName(file.file) === 'weights.pb' ? `${folderOf(file.file)}/` : null);
		if (key === null) continue;
		const list = found.get(key);
		if (list === undefined) found.set(key, [file]);
		else list.push(file);
	}
	for (const list of found.values()) list.sort((a, b) => (a.file < b.file ? -1 : 1));
	return found;
}

/** Piper has many voices in one repository, each a graph with its own configuration beside it. */
function voiceGroup<F extends ListedFile>(
	{file}: TypedGraph<F>,
	known: ReadonlyMap<string, F>,
): ReadonlyArray<FileGroup<F>> {
	const config = known.get(`${file.file}.json`);
	if (config === undefined) return [];
	const quantization = onnxType(file.file);
	const files = [
		{role: 'weights', file},
		{role: 'config', file: config},
	];
	return [{tag: stemOf(file.file), format: 'onnx', quantization, files}];
}
