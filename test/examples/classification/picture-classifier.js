import {
	backends,
	checkGraph,
	defineAdapter,
	graphFootprint,
	graphLifecycle,
	modelFile,
	MofaError,
	openPictures,
	resizePixels,
} from 'mofa';

/** Networks that take a picture of a fixed size and give one probability for each label of their manifest. */
export const pictureClassifier = defineAdapter({
	apiVersion: 1,
	name: 'picture-classifier',
	backend: backends.onnx,
	tasks: ['classification'],
	serves: ({family, tasks}, {format}) =>
		family === 'picture-classifier' && format === 'onnx' && tasks.includes('classification'),
	parseOptions({labels, side}) {
		if (!Array.isArray(labels) || labels.length === 0 || !Number.isSafeInteger(side))
			throw new MofaError('invalid-request', {path: 'options', expected: 'labels and side, as in its manifest'});
		return {labels, side};
	},
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, options, session, device, progress}) {
		const {labels, side} = options;
		const graph = await session.open(modelFile(model, 'weights'), {accelerate: false});
		checkGraph(graph, {inputs: {pixels: 'float32'}, outputs: ['probabilities']});
		const pictures = await openPictures();
		progress(1);
		return {
			...graphLifecycle(model, session, device, 4),
			usefulThreads: 1,
			tasks: {
				async *classification({image, top}, {signal, warn}) {
					signal.throwIfAborted();
					const {pixels, warnings} = await pictures.decode(image, {path: 'image', longestSide: 1024});
					warnings.forEach(warn);
					const feeds = {pixels: new session.module.Tensor('float32', planes(pixels, side), [1, 3, side, side])};
					const {probabilities} = await graph.run(feeds, {signal});
					const found = labels
						.map((label, index) => ({label, probability: probabilities.data[index]}))
						.sort((a, b) => b.probability - a.probability);
					yield {type: 'label-final', text: found[0].label};
					yield {type: 'classification-end', labels: found.slice(0, top ?? labels.length)};
				},
			},
		};
	},
});

/** One colour after the other, from 0 to 1, as the network was taught. */
function planes(pixels, side) {
	const {data} = resizePixels(pixels, {width: side, height: side});
	const area = side * side;
	return Float32Array.from({length: 3 * area}, (_, at) => data[(at % area) * 3 + Math.floor(at / area)] / 255);
}
