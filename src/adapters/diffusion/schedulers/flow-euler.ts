import {nothing, type Schedule, type StepFactors} from './schedule.ts';
import type {FlowSettings, SchedulerSettings} from './settings.ts';

export interface FlowPlan {
	readonly steps: number;
	readonly first: number;
	/** Patches of the picture, by which the shift may go. */
	readonly length: number;
	/** From 1 down to one over the number of steps, as FLUX counts; else over all levels of the training. */
	readonly even: boolean;
}

/** Straight lines from noise to a picture; the network says which way and how fast. */
export function flowEulerSchedule({trainSteps, flow}: SchedulerSettings, plan: FlowPlan): Schedule {
	const sigmas = [...flowSigmas(trainSteps, flow, plan), 0].map(Math.fround);
	const timesteps = sigmas.slice(0, -1).map(sigma => Math.fround(sigma * trainSteps));
	return {
		timesteps,
		sigmas,
		startScale: 1,
		first: plan.first,
		steps: timesteps.map((_, step): StepFactors => {
			const from = sigmas[step] ?? 0;
			const to = sigmas[step + 1] ?? 0;
			// The answer is the way from the picture to the noise: (sample - clean) / from.
			return {
				input: 1,
				level: {signal: 1 - from, noise: from},
				clean: {ofSample: 1, ofOutput: -from},
				clip: null,
				next: {...nothing, sample: to / from, clean: 1 - to / from},
			};
		}),
	};
}

function flowSigmas(trainSteps: number, flow: FlowSettings, {steps, length, even}: FlowPlan): readonly number[] {
	const {dynamic, shift, terminal} = flow;
	const shifted = (sigma: number): number => (shift * sigma) / (1 + (shift - 1) * sigma);
	const lowest = dynamic === null ? shifted(1 / trainSteps) : 1 / trainSteps;
	const [from, to] = even ? [1, 1 / steps] : [1, lowest];
	const spaced = Array.from({length: steps}, (_, at) => (steps === 1 ? from : from + ((to - from) * at) / (steps - 1)));
	const moved = spaced.map(sigma => (dynamic === null ? shifted(sigma) : dynamicallyShifted(sigma, dynamic, length)));
	return terminal === null ? moved : stretched(moved, terminal);
}

function dynamicallyShifted(sigma: number, dynamic: NonNullable<FlowSettings['dynamic']>, length: number): number {
	const {base, most, baseLength, mostLength, curve} = dynamic;
	const mean = base + ((most - base) / (mostLength - baseLength)) * (length - baseLength);
	const weight = curve === 'exponential' ? Math.exp(mean) : mean;
	return weight / (weight + (1 / sigma - 1));
}

/** So that the last level is that one. */
function stretched(sigmas: readonly number[], terminal: number): readonly number[] {
	const scale = (1 - (sigmas.at(-1) ?? 0)) / (1 - terminal);
	return scale === 0 ? sigmas : sigmas.map(sigma => 1 - (1 - sigma) / scale);
}
