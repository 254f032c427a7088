import * as z from 'zod';
import {graphFootprint} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';

/** Families by their own names for them. */
const families = new Set(['voxtral', 'granite_speech']);

/** How a release wants to be asked, where that is another way than its family's. */
const optionsSchema = z.object({
	transcribe: z.string().min(1).max(500).optional(),
	translate: z.string().min(1).max(500).optional(),
});

/**
 * Language models with ears, in the layout of three graphs: an audio encoder, a table of words and a decoder with a memory.
 * They write down what they hear, window by window, and tell what they have written so far.
 */
export const speechLanguage: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'speech-language',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format}) => families.has(family) && format === 'onnx',
	parseOptions: input => optionsSchema.parse(input),
	estimate: (model, _options, device) => graphFootprint(model, device),
	load: async request => (await import('./speech-language/load.ts')).load(request),
});
