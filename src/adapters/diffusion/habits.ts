import type {DiffusionConfiguration} from './configuration.ts';
import type {Network} from './network.ts';
import type {DiffusionOptions} from './options.ts';
import type {SchedulerConfig} from './schedulers/settings.ts';

/** How a model is used where a request says nothing. */
export interface Habits {
	readonly steps: number;
	readonly guidance: number;
	/** Pixels. */
	readonly width: number;
	readonly height: number;
	readonly scheduler: SchedulerConfig;
	/** Tokens that T5 reads. */
	readonly longText: number;
}

export interface HabitFacts {
	readonly options: DiffusionOptions;
	readonly configuration: DiffusionConfiguration;
	readonly network: Pick<Network, 'kind' | 'fixed' | 'toldGuidance'>;
	/** Pixels for each latent pixel. */
	readonly factor: number;
	/** Sides must divide by it. */
	readonly multiple: number;
	/** SDXL, which reads two encoders side by side. */
	readonly large: boolean;
	/** FLUX that is told the guidance; without it, it is the one of few steps. */
	readonly guided: boolean;
}

/** 1. what the manifest says, 2. what the repository's configuration does, 3. what the line is known for. Pure. */
export function habitsOf(facts: HabitFacts): Habits {
	const {options, configuration, network, factor, multiple} = facts;
	const line = lineOf(facts);
	const latent = network.fixed ?? drawable(configuration.sampleSize, factor) ?? line.latent;
	const whole = (side: number): number => Math.max(1, Math.round(side / multiple)) * multiple;
	return {
		steps: options.steps ?? line.steps,
		guidance: options.guidance ?? line.guidance,
		width: network.fixed === null ? whole(options.width ?? latent.width * factor) : latent.width * factor,
		height: network.fixed === null ? whole(options.height ?? latent.height * factor) : latent.height * factor,
		scheduler: configuration.scheduler ?? line.scheduler,
		longText: line.longText,
	};
}

/** A size that a request could ask for too; null: the file says something else. */
function drawable(size: DiffusionConfiguration['sampleSize'], factor: number): DiffusionConfiguration['sampleSize'] {
	return size !== null && Math.max(size.width, size.height) * factor <= 8192 ? size : null;
}

interface Line {
	readonly steps: number;
	readonly guidance: number;
	readonly latent: {readonly width: number; readonly height: number};
	readonly scheduler: SchedulerConfig;
	readonly longText: number;
}

const square = (side: number): Line['latent'] => ({width: side, height: side});
const trained: SchedulerConfig = {beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear'};
const flow: SchedulerConfig = {_class_name: 'FlowMatchEulerDiscreteScheduler', shift: 3};
const dynamicFlow: SchedulerConfig = {...flow, use_dynamic_shifting: true};

const diffusion: Line = {
	steps: 25,
	guidance: 7.5,
	latent: square(64),
	scheduler: {...trained, _class_name: 'DPMSolverMultistepScheduler', timestep_spacing: 'leading', steps_offset: 1},
	longText: 256,
};
const turbo: Partial<Line> = {
	steps: 1,
	guidance: 0,
	latent: square(64),
	scheduler: {...trained, _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'trailing'},
};
const consistency: Partial<Line> = {steps: 4, guidance: 8, scheduler: {...trained, _class_name: 'LCMScheduler'}};

/** As its authors use it, or the tools of its layout do. */
function lineOf({configuration, network, large, guided}: HabitFacts): Line {
	const named = (pattern: RegExp): boolean => configuration.names.some(name => pattern.test(name));
	const isConsistency =
		network.toldGuidance ||
		named(/(^|[^a-z])lcm([^a-z]|$)|LatentConsistency/i) ||
		configuration.scheduler?._class_name === 'LCMScheduler';
	if (network.kind === 'flux')
		return guided
			? {steps: 28, guidance: 3.5, latent: square(128), scheduler: dynamicFlow, longText: 512}
			: {steps: 4, guidance: 0, latent: square(128), scheduler: {...flow, shift: 1}, longText: 256};
	if (network.kind === 'stable-diffusion-3')
		return named(/turbo/i)
			? {steps: 4, guidance: 0, latent: square(128), scheduler: flow, longText: 256}
			: {steps: 28, guidance: 7, latent: square(128), scheduler: flow, longText: 256};
	const plain: Line = large ? {...diffusion, guidance: 5, latent: square(128)} : diffusion;
	if (named(/turbo/i)) return {...plain, ...turbo};
	// A model that is not told the guidance was made for one look a step.
	if (isConsistency) return {...plain, ...consistency, ...(network.toldGuidance ? {} : {guidance: 1})};
	return plain;
}
