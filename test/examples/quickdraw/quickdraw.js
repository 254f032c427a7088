import {randomInt} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {
	backends,
	checkGraph,
	defineAdapter,
	encodePng,
	graphFootprint,
	graphLifecycle,
	modelFile,
	MofaError,
	resizePixels,
} from 'mofa';
import {latent, latentSize} from './latent.js';

/** Pixels of a side, as the network draws them and as they are given where nobody asks for a size. */
const drawnSide = 28;
const shownSide = 224;

/** The decoder of a conditional autoencoder: a folder with `decoder.onnx` and the labels it knows in `manifest.json`. */
export const quickdraw = defineAdapter({
	apiVersion: 1,
	name: 'quickdraw',
	backend: backends.onnx,
	tasks: ['image'],
	// Nothing in its files says what it is, so its name must.
	serves: ({name}, {format}) => format === 'onnx' && /quickdraw/i.test(name),
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device}) {
		const weights = modelFile(model, 'weights');
		const labels = await readLabels(model.manifest.name, path.join(path.dirname(weights), 'manifest.json'));
		const graph = await session.open(weights, {threads: 1, accelerate: false});
		checkGraph(graph, {inputs: {latent: 'float32', label: 'float32'}, outputs: ['image']});
		return {
			...graphLifecycle(model, session, device, 2),
			usefulThreads: 1,
			tasks: {image: (request, context) => draw(request, context, {graph, labels, Tensor: session.module.Tensor})},
		};
	},
});

/** What it can be asked for and has no use for. */
const ignored = ['negativePrompt', 'steps', 'guidance', 'image', 'mask', 'strength', 'scheduler', 'previewEvery'];

async function* draw(request, {signal, warn}, network) {
	const {prompt, count = 1, seed = randomInt(2 ** 31), width = shownSide, height = shownSide} = request;
	const label = findLabel(prompt, network.labels);
	for (const setting of ignored)
		if (request[setting] !== undefined) warn({setting, message: 'it draws a label in one step, and nothing else'});
	const began = performance.now();
	for (let index = 0; index < count; index += 1) {
		signal.throwIfAborted();
		const ink = await inkOf(label, seed + index, network, signal);
		const pixels = resizePixels(pixelsOf(ink), {width, height});
		const bytes = encodePng(pixels, {prompt, seed: String(seed + index)});
		yield {type: 'step-end', index, step: 1, steps: 1};
		yield {type: 'image', index, image: {bytes, mediaType: 'image/png'}, width, height, seed: seed + index};
	}
	yield {type: 'image-end', usage: {steps: count, tokens: 1, computeMs: performance.now() - began}};
}

/** 1 where there is ink. The first of the network's labels stands for none. */
async function inkOf(label, seed, {graph, labels, Tensor}, signal) {
	const chosen = new Float32Array(labels.length + 1);
	chosen[label + 1] = 1;
	const feeds = {
		latent: new Tensor('float32', latent(seed), [1, latentSize]),
		label: new Tensor('float32', chosen, [1, chosen.length]),
	};
	const {image} = await graph.run(feeds, {signal});
	return image.data;
}

/** Ink is black, and the paper white. */
function pixelsOf(ink) {
	const data = new Uint8Array(ink.length * 3);
	for (let at = 0; at < data.length; at += 1) data[at] = Math.round(255 * (1 - ink[Math.floor(at / 3)]));
	return {data, width: drawnSide, height: drawnSide, channels: 3};
}

/** `a light bulb` is `light_bulb`. */
function findLabel(prompt, labels) {
	const wanted = prompt
		.trim()
		.toLowerCase()
		.replace(/^(an?|the) /, '')
		.replaceAll(/[\s-]+/g, '_');
	const index = labels.indexOf(wanted);
	if (index >= 0) return index;
	throw new MofaError('invalid-request', {path: 'prompt', expected: `one of ${labels.join(', ')}`});
}

async function readLabels(model, file) {
	try {
		const {labels} = JSON.parse(await readFile(file, 'utf8'));
		if (Array.isArray(labels) && labels.every(label => typeof label === 'string')) return labels;
		throw new Error('it holds no list of labels');
	} catch (error) {
		throw new MofaError('model-invalid', {model, problem: `${path.basename(file)}: ${error.message}`}, {cause: error});
	}
}
