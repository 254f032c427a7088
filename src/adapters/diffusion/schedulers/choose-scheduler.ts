import type {SchedulerName} from '../../../tasks/image.ts';
import type {SchedulerConfig} from './settings.ts';

/** The scheduler that stands for the one a repository names, and what is different about it; null: nothing is. */
export interface ChosenScheduler {
	readonly name: SchedulerName;
	readonly note: string | null;
}

const same: Readonly<Record<string, SchedulerName>> = {
	EulerDiscreteScheduler: 'euler',
	EulerAncestralDiscreteScheduler: 'euler-ancestral',
	DDIMScheduler: 'ddim',
	LCMScheduler: 'lcm',
	DPMSolverMultistepScheduler: 'dpm++-2m',
	FlowMatchEulerDiscreteScheduler: 'flow-euler',
};

/** What is not here, by the one that goes the most alike way: multistep for multistep, random for random. */
const near: Readonly<Record<string, SchedulerName>> = {
	PNDMScheduler: 'dpm++-2m',
	IPNDMScheduler: 'dpm++-2m',
	UniPCMultistepScheduler: 'dpm++-2m',
	DEISMultistepScheduler: 'dpm++-2m',
	DPMSolverSinglestepScheduler: 'dpm++-2m',
	DPMSolverSDEScheduler: 'euler-ancestral',
	KDPM2AncestralDiscreteScheduler: 'euler-ancestral',
	DDPMScheduler: 'euler-ancestral',
	KDPM2DiscreteScheduler: 'euler',
	HeunDiscreteScheduler: 'euler',
	LMSDiscreteScheduler: 'euler',
	TCDScheduler: 'lcm',
	FlowMatchHeunDiscreteScheduler: 'flow-euler',
	FlowMatchLCMScheduler: 'flow-euler',
};

/** `flow`: the network was trained by flow matching, whatever its scheduler is called. Pure. */
export function chooseScheduler(config: SchedulerConfig, flow: boolean): ChosenScheduler {
	const asked = config._class_name ?? '';
	const known = same[asked];
	if (known !== undefined && (known === 'flow-euler') === flow) return {name: known, note: unsupported(known, config)};
	const alike = near[asked];
	const name = alike !== undefined && (alike === 'flow-euler') === flow ? alike : flow ? 'flow-euler' : 'euler';
	return {name, note: asked === '' ? null : `the model was made for ${asked.slice(0, 60)}; ${name} takes its place`};
}

/** What it asks of a scheduler that is here, and that scheduler does not do. */
function unsupported(name: SchedulerName, config: SchedulerConfig): string | null {
	if (config.use_beta_sigmas === true)
		return 'noise levels by a beta distribution are not known here; the usual ones are used';
	if (name !== 'dpm++-2m') return null;
	const algorithm = config.algorithm_type ?? 'dpmsolver++';
	if (algorithm !== 'dpmsolver++')
		return `the model was made for ${algorithm.slice(0, 40)}; dpmsolver++ takes its place`;
	return (config.solver_order ?? 2) > 2
		? 'the model was made for a solver of third order; one of second takes its place'
		: null;
}
