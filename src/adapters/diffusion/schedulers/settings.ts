import * as z from 'zod';
import type {SchedulerName} from '../../../tasks/image.ts';

/** What `scheduler/scheduler_config.json` says, with what the scheduler takes for granted where it does not. */
export interface SchedulerSettings {
	readonly kind: SchedulerName;
	/** Noise levels that the network was trained on. */
	readonly trainSteps: number;
	readonly betas: BetaSettings;
	/** What the network answers. */
	readonly prediction: Prediction;
	readonly spacing: 'leading' | 'trailing' | 'linspace';
	readonly stepsOffset: number;
	/** The last step goes to no noise at all rather than to the least that was trained. */
	readonly alphaToOne: boolean;
	readonly clip: number | null;
	readonly sigmas: {
		readonly shape: 'trained' | 'karras' | 'exponential';
		readonly lowest: number | null;
		readonly highest: number | null;
		readonly last: 'zero' | 'lowest';
	};
	/** Of DPM-Solver++. */
	readonly solver: {
		readonly order: 1 | 2;
		readonly type: 'midpoint' | 'heun';
		readonly lowerOrderFinal: boolean;
		readonly eulerAtFinal: boolean;
		readonly lowestLambda: number;
	};
	/** Of latent consistency models. */
	readonly consistency: {readonly originalSteps: number; readonly timestepScaling: number};
	/** Of flow matching. */
	readonly flow: FlowSettings;
}

export interface BetaSettings {
	readonly start: number;
	readonly end: number;
	readonly curve: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
	readonly trained: readonly number[] | null;
	/** Stretched so that the noisiest level is nothing but noise. */
	readonly zeroSnr: boolean;
}

export type Prediction = 'epsilon' | 'v_prediction' | 'sample';

export interface FlowSettings {
	readonly shift: number;
	/** The shift follows the size of the picture between two sizes; null: it is `shift`. */
	readonly dynamic: {
		readonly curve: 'exponential' | 'linear';
		readonly base: number;
		readonly most: number;
		readonly baseLength: number;
		readonly mostLength: number;
	} | null;
	readonly terminal: number | null;
}

const flag = z.boolean().nullish();
const number = z.number().nullish();

/** Unknown fields are left alone: they are for other schedulers. */
export const schedulerConfig: z.ZodType<SchedulerConfig> = z.object({
	_class_name: z.string().max(200).nullish(),
	num_train_timesteps: z.int().min(1).max(100_000).nullish(),
	beta_start: number,
	beta_end: number,
	beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).nullish(),
	trained_betas: z.array(z.number()).max(100_000).nullish(),
	prediction_type: z.enum(['epsilon', 'v_prediction', 'sample', 'original_sample', 'flow_prediction']).nullish(),
	timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).nullish(),
	steps_offset: z.int().min(0).max(1000).nullish(),
	rescale_betas_zero_snr: flag,
	set_alpha_to_one: flag,
	clip_sample: flag,
	clip_sample_range: number,
	use_karras_sigmas: flag,
	use_exponential_sigmas: flag,
	use_beta_sigmas: flag,
	use_flow_sigmas: flag,
	sigma_min: number,
	sigma_max: number,
	final_sigmas_type: z.string().max(40).nullish(),
	algorithm_type: z.string().max(40).nullish(),
	solver_order: z.int().nullish(),
	solver_type: z.string().max(40).nullish(),
	lower_order_final: flag,
	euler_at_final: flag,
	// JSON has no -Infinity; Python writes it all the same, and whoever reads the file makes it null.
	lambda_min_clipped: number,
	original_inference_steps: z.int().min(1).nullish(),
	timestep_scaling: number,
	shift: z.number().positive().nullish(),
	use_dynamic_shifting: flag,
	time_shift_type: z.enum(['exponential', 'linear']).nullish(),
	base_shift: number,
	max_shift: number,
	base_image_seq_len: number,
	max_image_seq_len: number,
	shift_terminal: number,
});

export interface SchedulerConfig {
	readonly _class_name?: string | null | undefined;
	readonly num_train_timesteps?: number | null | undefined;
	readonly beta_start?: number | null | undefined;
	readonly beta_end?: number | null | undefined;
	readonly beta_schedule?: BetaSettings['curve'] | null | undefined;
	readonly trained_betas?: readonly number[] | null | undefined;
	readonly prediction_type?: string | null | undefined;
	readonly timestep_spacing?: SchedulerSettings['spacing'] | null | undefined;
	readonly steps_offset?: number | null | undefined;
	readonly rescale_betas_zero_snr?: boolean | null | undefined;
	readonly set_alpha_to_one?: boolean | null | undefined;
	readonly clip_sample?: boolean | null | undefined;
	readonly clip_sample_range?: number | null | undefined;
	readonly use_karras_sigmas?: boolean | null | undefined;
	readonly use_exponential_sigmas?: boolean | null | undefined;
	readonly use_beta_sigmas?: boolean | null | undefined;
	readonly use_flow_sigmas?: boolean | null | undefined;
	readonly sigma_min?: number | null | undefined;
	readonly sigma_max?: number | null | undefined;
	readonly final_sigmas_type?: string | null | undefined;
	readonly algorithm_type?: string | null | undefined;
	readonly solver_order?: number | null | undefined;
	readonly solver_type?: string | null | undefined;
	readonly lower_order_final?: boolean | null | undefined;
	readonly euler_at_final?: boolean | null | undefined;
	readonly lambda_min_clipped?: number | null | undefined;
	readonly original_inference_steps?: number | null | undefined;
	readonly timestep_scaling?: number | null | undefined;
	readonly shift?: number | null | undefined;
	readonly use_dynamic_shifting?: boolean | null | undefined;
	readonly time_shift_type?: 'exponential' | 'linear' | null | undefined;
	readonly base_shift?: number | null | undefined;
	readonly max_shift?: number | null | undefined;
	readonly base_image_seq_len?: number | null | undefined;
	readonly max_image_seq_len?: number | null | undefined;
	readonly shift_terminal?: number | null | undefined;
}

/** What schedulers differ in where their configuration is silent. */
const silent: Readonly<Record<SchedulerName, SchedulerConfig>> = {
	euler: {},
	'euler-ancestral': {},
	ddim: {timestep_spacing: 'leading', clip_sample: true},
	lcm: {timestep_spacing: 'leading', beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear'},
	'dpm++-2m': {},
	'flow-euler': {},
};

/** The settings of that scheduler from a configuration that may have been written for another. Pure. */
export function schedulerSettings(kind: SchedulerName, config: SchedulerConfig): SchedulerSettings {
	const said = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
	const read: SchedulerConfig = {...silent[kind], ...said};
	const trainSteps = read.num_train_timesteps ?? 1000;
	return {
		kind,
		trainSteps,
		betas: {
			start: read.beta_start ?? 0.0001,
			end: read.beta_end ?? 0.02,
			curve: read.beta_schedule ?? 'linear',
			trained: read.trained_betas ?? null,
			zeroSnr: read.rescale_betas_zero_snr ?? false,
		},
		prediction: predictionOf(read.prediction_type),
		spacing: read.timestep_spacing ?? 'linspace',
		stepsOffset: read.steps_offset ?? 0,
		alphaToOne: read.set_alpha_to_one ?? true,
		clip: read.clip_sample === true && (kind === 'ddim' || kind === 'lcm') ? (read.clip_sample_range ?? 1) : null,
		sigmas: {
			shape: kind === 'euler-ancestral' ? 'trained' : shapeOf(read),
			lowest: read.sigma_min ?? null,
			highest: read.sigma_max ?? null,
			last: read.final_sigmas_type === 'sigma_min' && kind !== 'euler-ancestral' ? 'lowest' : 'zero',
		},
		solver: {
			order: read.solver_order === 1 ? 1 : 2,
			type: read.solver_type === 'heun' ? 'heun' : 'midpoint',
			lowerOrderFinal: read.lower_order_final ?? true,
			eulerAtFinal: read.euler_at_final ?? false,
			lowestLambda: read.lambda_min_clipped ?? -Infinity,
		},
		consistency: {
			originalSteps: Math.min(read.original_inference_steps ?? 50, trainSteps),
			timestepScaling: read.timestep_scaling ?? 10,
		},
		flow: flowOf(read),
	};
}

function predictionOf(written: string | null | undefined): Prediction {
	if (written === 'original_sample') return 'sample';
	return written === 'v_prediction' || written === 'sample' ? written : 'epsilon';
}

function shapeOf(read: SchedulerConfig): SchedulerSettings['sigmas']['shape'] {
	if (read.use_karras_sigmas === true) return 'karras';
	return read.use_exponential_sigmas === true ? 'exponential' : 'trained';
}

function flowOf(read: SchedulerConfig): FlowSettings {
	return {
		shift: read.shift ?? 1,
		dynamic:
			read.use_dynamic_shifting === true
				? {
						curve: read.time_shift_type ?? 'exponential',
						base: read.base_shift ?? 0.5,
						most: read.max_shift ?? 1.15,
						baseLength: read.base_image_seq_len ?? 256,
						mostLength: read.max_image_seq_len ?? 4096,
					}
				: null,
		terminal: read.shift_terminal ?? null,
	};
}
