import {MofaError} from 'mofa';

/**
 * @typedef {{image: import('mofa').Image, top?: number}} ClassificationRequest
 * @typedef {{label: string, probability: number}} Label
 * @typedef {{type: 'classification-end', labels: readonly Label[]} | {type: 'label-final', text: string}} ClassificationEvent
 */

const fields = new Set(['image', 'top']);

/** A picture in, what it shows out: as a word for who reads on, and as every label with its probability. */
export const classification = {
	name: 'classification',
	accepts: ['image'],
	emits: ['text'],

	/** What came over HTTP or from a pipeline: nothing is known of it yet. */
	parse(input) {
		if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalid('body', 'an object');
		const unknown = Object.keys(input).find(key => !fields.has(key));
		if (unknown !== undefined) throw invalid(unknown, `nothing: the fields are ${[...fields].join(' and ')}`);
		const {image, top} = input;
		if (!(image?.bytes instanceof Uint8Array)) throw invalid('image', 'a picture: {bytes, mediaType}');
		if (top !== undefined && !(Number.isSafeInteger(top) && top >= 1)) throw invalid('top', 'a whole number from 1');
		return {image, ...(top === undefined ? {} : {top})};
	},

	/** The answer in one piece. */
	async collect(events) {
		for await (const event of events) if (event.type === 'classification-end') return {labels: event.labels};
		throw new Error('the classification ended without its closing event');
	},

	visible: event => event.type === 'label-final',

	// In a pipeline each picture is a request, and the best label goes on.
	stage: {
		takes: 'value',
		open: settings => ({
			request: ([picture]) => (picture?.medium === 'image' ? {...settings, image: picture.value} : null),
			*packets(event) {
				if (event.type === 'label-final') yield {type: 'value', medium: 'text', value: event.text};
			},
		}),
	},
};

function invalid(path, expected) {
	return new MofaError('invalid-request', {path, expected});
}
