import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {Feeds, TensorDescription} from '../../backends/onnx/session.ts';
import type {Conditioning} from './conditioning.ts';
import {joined, repeated} from './join.ts';
import {answersOf, callsOf, type Network, type NetworkParts, type Prediction} from './network.ts';
import {checkInputs, fixedSize, inputOf, tensorFor} from './tensors.ts';

const needed = ['sample', 'timestep', 'encoder_hidden_states'];
const possible = ['timestep_cond', 'text_embeds', 'time_ids'];

/** Stable Diffusion 1 and 2, SDXL, and what was distilled of them. Throws `model-invalid` for a graph that is no such network. */
export function unet(parts: NetworkParts, guidanceSize: number | null): Network {
	const {model, module, graph, together} = parts;
	checkInputs(model, 'unet', graph, needed, possible);
	const sample = described(parts, 'sample');
	const timestep = described(parts, 'timestep');
	const texts = described(parts, 'encoder_hidden_states');
	const told = inputOf(graph, 'timestep_cond');
	const output = graph.outputs[0]?.name ?? '';
	const [width, height] = [fixedSize(sample, 3), fixedSize(sample, 2)];
	return {
		kind: 'unet',
		channels: fixedSize(sample, 1),
		toldGuidance: told !== undefined,
		fixed: width === null || height === null ? null : {width, height},
		async predict(ask) {
			const answers: Float32Array[] = [];
			for (const call of callsOf(ask.texts, fixedSize(sample, 0), together)) {
				const {channels, width: across, height: down} = ask.shape;
				const inside = ask.beside === null ? ask.sample : joined([ask.sample, ask.beside]);
				const all = inside.length / (across * down);
				const feeds: Record<string, Feeds[string]> = {
					sample: tensorFor(module, sample, repeated(inside, call.length), [call.length, all, down, across]),
					timestep: timestepFor(parts, timestep, ask.timestep, call.length),
					encoder_hidden_states: tensorFor(module, texts, joined(call.map(({hidden}) => hidden)), textShape(call)),
					...addedFeeds(parts, call, ask),
				};
				if (told !== undefined) {
					const size = fixedSize(told, 1) ?? guidanceSize ?? 256;
					const vector = guidanceVector(ask.guidance - 1, size);
					feeds['timestep_cond'] = tensorFor(module, told, repeated(vector, call.length), [call.length, size]);
				}
				const given = await graph.run(feeds, {signal: ask.signal, fetches: [output]});
				answers.push(...answersOf(model, given[output]?.data, call.length, channels * across * down));
			}
			return answers.slice(0, ask.texts.length);
		},
	};
}

function described({model, graph}: NetworkParts, name: string): TensorDescription {
	const found = inputOf(graph, name);
	if (found === undefined) throw invalidModel(model, `its graph lacks ${name}`);
	return found;
}

const textShape = (call: readonly Conditioning[]): readonly number[] => [
	call.length,
	call[0]?.length ?? 0,
	call[0]?.width ?? 0,
];

/** Alone, or one for each picture of the call: whichever the graph has. */
export function timestepFor(
	{module}: NetworkParts,
	input: TensorDescription,
	timestep: number,
	count: number,
): Feeds[string] {
	const many = input.shape.length === 0 ? null : (fixedSize(input, 0) ?? count);
	return tensorFor(module, input, new Float32Array(many ?? 1).fill(timestep), many === null ? [] : [many]);
}

/** SDXL also wants the whole text as one vector, and the size of the picture: original, where it is cut, and as it is to be. */
function addedFeeds({model, module, graph}: NetworkParts, call: readonly Conditioning[], {size}: Prediction): Feeds {
	const [embeds, ids] = ['text_embeds', 'time_ids'].map(name => inputOf(graph, name));
	if (embeds === undefined || ids === undefined) return {};
	const pooled = call.map(text => text.pooled ?? new Float32Array());
	if (pooled.some(({length}) => length === 0))
		throw invalidModel(model, 'its text encoders give no vector for the whole text');
	const sizes = Float32Array.of(size.height, size.width, 0, 0, size.height, size.width);
	return {
		text_embeds: tensorFor(module, embeds, joined(pooled), [call.length, pooled[0]?.length ?? 0]),
		time_ids: tensorFor(module, ids, repeated(sizes, call.length), [call.length, sizes.length]),
	};
}

/** A number as sines and cosines of many wavelengths; in single precision, which the large ones of them show. Pure. */
export function guidanceVector(guidance: number, size: number): Float32Array {
	const half = Math.floor(size / 2);
	const vector = new Float32Array(size);
	const step = Math.fround(Math.log(10_000) / (half - 1));
	for (let at = 0; at < half; at += 1) {
		const wave = Math.fround(Math.exp(-Math.fround(at * step)));
		const angle = Math.fround(Math.fround(guidance * 1000) * wave);
		vector[at] = Math.sin(angle);
		vector[half + at] = Math.cos(angle);
	}
	return vector;
}
