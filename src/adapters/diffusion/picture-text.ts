import path from 'node:path';
import {version} from '../../lib/version.ts';
import type {ImageRequest, SchedulerName} from '../../tasks/image.ts';
import type {Drawing} from './plan-drawing.ts';

/** What people's tools call the schedulers. */
const samplers: Readonly<Record<SchedulerName, string>> = {
	euler: 'Euler',
	'euler-ancestral': 'Euler a',
	ddim: 'DDIM',
	lcm: 'LCM',
	'dpm++-2m': 'DPM++ 2M',
	'flow-euler': 'Euler',
};

/**
 * What a picture was made from, for its text chunks: `parameters` as the tools read it that people keep pictures with, and
 * `mofa` as JSON with the names of a request. Pure.
 */
export function pictureText(
	request: ImageRequest,
	drawing: Drawing,
	seed: number,
	model: string,
): Readonly<Record<'parameters' | 'mofa', string>> {
	const {width, height, steps, guidance, scheduler, strength, karras} = drawing;
	const name = path.basename(model);
	const negative = request.negativePrompt ?? '';
	const facts = [
		`Steps: ${steps}`,
		`Sampler: ${samplers[scheduler]}`,
		...(karras ? ['Schedule type: Karras'] : []),
		`CFG scale: ${guidance}`,
		`Seed: ${seed}`,
		`Size: ${width}x${height}`,
		`Model: ${name.replaceAll(',', ' ')}`,
		...(strength === null ? [] : [`Denoising strength: ${strength}`]),
		`Version: mofa ${version}`,
	];
	const described = {
		prompt: request.prompt,
		...(negative === '' ? {} : {negativePrompt: negative}),
		width,
		height,
		steps,
		guidance,
		seed,
		scheduler,
		...(strength === null ? {} : {strength}),
		model: name,
		version,
	};
	const lines = [request.prompt, ...(negative === '' ? [] : [`Negative prompt: ${negative}`]), facts.join(', ')];
	return {parameters: lines.join('\n'), mofa: JSON.stringify(described)};
}
