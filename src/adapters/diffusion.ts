import {graphFootprint} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {parseDiffusionOptions} from './diffusion/options.ts';
import {isPipeline} from './diffusion/parts.ts';

/** Pipelines that are other ones than their parts tell: they want further inputs, or give further frames. */
const families =
	/^(onnx-)?(stable-diffusion(-xl|-?3)?|latent-consistency-model|flux)(-?(img2-?img|inpaint))?$|^unknown$/;

/**
 * Pictures from words by diffusion or flow matching, in the folders of diffusers as ONNX: Stable Diffusion 1 to 3, SDXL,
 * their Turbos, latent consistency models, and FLUX.
 */
export const diffusion: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'diffusion',
	backend,
	tasks: ['image'],
	serves: ({family, tasks}, variant) =>
		tasks.includes('image') && variant.format === 'onnx' && families.test(family) && isPipeline(variant),
	parseOptions: parseDiffusionOptions,
	estimate: (model, _options, device) => graphFootprint(model, device),
	load: async request => (await import('./diffusion/load.ts')).load(request),
});
