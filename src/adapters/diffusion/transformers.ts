import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {Feeds, TensorDescription} from '../../backends/onnx/session.ts';
import type {Conditioning} from './conditioning.ts';
import {joined, repeated} from './join.ts';
import {answersOf, callsOf, type Network, type NetworkParts, type Prediction} from './network.ts';
import {checkInputs, fixedSize, inputOf, tensorFor} from './tensors.ts';
import {timestepFor} from './unet.ts';

const shared = ['hidden_states', 'encoder_hidden_states', 'pooled_projections', 'timestep'];

/** Stable Diffusion 3 or FLUX, as the graph has it. Throws `model-invalid` for one that is neither. */
export function transformer(parts: NetworkParts): Network {
	return inputOf(parts.graph, 'img_ids') === undefined ? stableDiffusion3(parts) : flux(parts);
}

function stableDiffusion3(parts: NetworkParts): Network {
	const {model, module, graph, together} = parts;
	checkInputs(model, 'transformer', graph, shared, []);
	const hidden = described(parts, 'hidden_states');
	const [width, height] = [fixedSize(hidden, 3), fixedSize(hidden, 2)];
	return {
		kind: 'stable-diffusion-3',
		channels: fixedSize(hidden, 1),
		toldGuidance: false,
		fixed: width === null || height === null ? null : {width, height},
		async predict(ask) {
			const answers: Float32Array[] = [];
			const {channels, width: across, height: down} = ask.shape;
			for (const call of callsOf(ask.texts, fixedSize(hidden, 0), together)) {
				const sample = repeated(ask.sample, call.length);
				const feeds = {
					...textFeeds(parts, call),
					hidden_states: tensorFor(module, hidden, sample, [call.length, channels, down, across]),
					timestep: timestepFor(parts, described(parts, 'timestep'), ask.timestep, call.length),
				};
				answers.push(...(await answer(parts, feeds, call.length, ask)));
			}
			return answers.slice(0, ask.texts.length);
		},
	};
}

function flux(parts: NetworkParts): Network {
	const {model, module, graph} = parts;
	checkInputs(model, 'transformer', graph, [...shared, 'img_ids', 'txt_ids'], ['guidance']);
	const hidden = described(parts, 'hidden_states');
	const told = inputOf(graph, 'guidance');
	const packed = fixedSize(hidden, 2);
	return {
		kind: 'flux',
		// A patch of two by two is one long vector.
		channels: packed === null ? null : packed / 4,
		toldGuidance: true,
		fixed: squareOf(fixedSize(hidden, 1)),
		async predict(ask) {
			const answers: Float32Array[] = [];
			const {channels, width, height} = ask.shape;
			for (const call of callsOf(ask.texts, 1, false)) {
				const patches = (width / 2) * (height / 2);
				const feeds: Record<string, Feeds[string]> = {
					...textFeeds(parts, call),
					hidden_states: tensorFor(module, hidden, packLatents(ask.sample, ask.shape), [1, patches, channels * 4]),
					// It counts noise from 0 to 1.
					timestep: timestepFor(parts, described(parts, 'timestep'), ask.timestep / 1000, 1),
					img_ids: places(parts, 'img_ids', patches, at => [0, Math.floor(at / (width / 2)), at % (width / 2)]),
					txt_ids: places(parts, 'txt_ids', call[0]?.length ?? 0, () => [0, 0, 0]),
				};
				if (told !== undefined) feeds['guidance'] = tensorFor(module, told, Float32Array.of(ask.guidance), [1]);
				const given = await answer(parts, feeds, 1, ask);
				answers.push(...given.map(one => unpackLatents(one, ask.shape)));
			}
			return answers;
		},
	};
}

/** A graph for so many patches alone is one for a square of them. */
function squareOf(patches: number | null): Network['fixed'] {
	const side = patches === null ? 0 : Math.round(Math.sqrt(patches)) * 2;
	return patches === null || side ** 2 !== patches * 4 ? null : {width: side, height: side};
}

function described({model, graph}: NetworkParts, name: string): TensorDescription {
	const found = inputOf(graph, name);
	if (found === undefined) throw invalidModel(model, `its graph lacks ${name}`);
	return found;
}

function textFeeds(parts: NetworkParts, call: readonly Conditioning[]): Feeds {
	const {module, model} = parts;
	const pooled = call.map(text => text.pooled ?? new Float32Array());
	if (pooled.some(({length}) => length === 0))
		throw invalidModel(model, 'its text encoders give no vector for the whole text');
	const [first] = call;
	return {
		encoder_hidden_states: tensorFor(
			module,
			described(parts, 'encoder_hidden_states'),
			joined(call.map(({hidden}) => hidden)),
			[call.length, first?.length ?? 0, first?.width ?? 0],
		),
		pooled_projections: tensorFor(module, described(parts, 'pooled_projections'), joined(pooled), [
			call.length,
			pooled[0]?.length ?? 0,
		]),
	};
}

/** Where each patch or token stands; older exports have a batch around them. */
function places(
	parts: NetworkParts,
	name: string,
	count: number,
	placeOf: (at: number) => readonly [number, number, number],
): Feeds[string] {
	const input = described(parts, name);
	const values = Float32Array.from(Array.from({length: count}, (_, at) => placeOf(at)).flat());
	return tensorFor(parts.module, input, values, input.shape.length === 3 ? [1, count, 3] : [count, 3]);
}

async function answer(
	{model, graph}: NetworkParts,
	feeds: Feeds,
	count: number,
	{shape: {channels, width, height}, signal}: Prediction,
): Promise<readonly Float32Array[]> {
	const output = graph.outputs[0]?.name ?? '';
	const given = await graph.run(feeds, {signal, fetches: [output]});
	return answersOf(model, given[output]?.data, count, channels * width * height);
}

/** Channels × rows × columns become rows/2 × columns/2 vectors of four numbers for each channel. Pure. */
export function packLatents(
	latents: Float32Array,
	shape: {channels: number; width: number; height: number},
): Float32Array {
	const packed = new Float32Array(latents.length);
	eachPacked(shape, (from, to) => (packed[to] = latents[from] ?? 0));
	return packed;
}

export function unpackLatents(
	packed: Float32Array,
	shape: {channels: number; width: number; height: number},
): Float32Array {
	const latents = new Float32Array(packed.length);
	eachPacked(shape, (from, to) => (latents[from] = packed[to] ?? 0));
	return latents;
}

function eachPacked(
	{channels, width, height}: {channels: number; width: number; height: number},
	visit: (from: number, to: number) => void,
): void {
	let to = 0;
	for (let row = 0; row < height; row += 2)
		for (let column = 0; column < width; column += 2)
			for (let channel = 0; channel < channels; channel += 1)
				for (const corner of [0, 1, width, width + 1])
					visit(channel * width * height + row * width + column + corner, to++);
}
