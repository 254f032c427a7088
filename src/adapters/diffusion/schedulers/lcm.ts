import {signalShares} from './noise-levels.ts';
import {cleanFactors} from './predicted.ts';
import {nothing, type Schedule, type StepFactors} from './schedule.ts';
import type {SchedulerSettings} from './settings.ts';

/** Standard deviation of what the models were trained on. */
const spread = 0.5;

/** Latent consistency: each step goes all the way to a picture, and noise brings it back to the next level. */
export function lcmSchedule(settings: SchedulerSettings, steps: number, strength: number): Schedule {
	const {trainSteps, prediction, clip, consistency} = settings;
	const shares = signalShares(settings.betas, trainSteps);
	const timesteps = consistencyTimesteps(trainSteps, consistency.originalSteps, steps, strength);
	const shareAt = (step: number): number => shares[timesteps[Math.min(step, timesteps.length - 1)] ?? 0] ?? 1;
	return {
		timesteps,
		sigmas: timesteps.map((_, step) => Math.sqrt(1 - shareAt(step))),
		startScale: 1,
		first: 0,
		steps: timesteps.map((timestep, step): StepFactors => {
			const scaled = timestep * consistency.timestepScaling;
			const skip = spread ** 2 / (scaled ** 2 + spread ** 2);
			const out = scaled / Math.sqrt(scaled ** 2 + spread ** 2);
			const [signal, noise] = [Math.sqrt(shareAt(step)), Math.sqrt(1 - shareAt(step))];
			const last = step === timesteps.length - 1;
			const following = last ? 1 : shareAt(step + 1);
			return {
				input: 1,
				level: {signal, noise},
				clean: cleanFactors(prediction, signal, noise),
				clip,
				next: {
					...nothing,
					sample: Math.sqrt(following) * skip,
					clean: Math.sqrt(following) * out,
					noise: last ? 0 : Math.sqrt(1 - following),
				},
			};
		}),
	};
}

/** How many levels a picture that begins from another has left to choose from. */
export const consistencyLevels = (originalSteps: number, strength: number): number =>
	Math.floor(originalSteps * strength);

function consistencyTimesteps(
	trainSteps: number,
	originalSteps: number,
	steps: number,
	strength: number,
): readonly number[] {
	const stride = Math.floor(trainSteps / originalSteps);
	const levels = consistencyLevels(originalSteps, strength);
	return Array.from({length: steps}, (_, step) => (levels - Math.floor((step * levels) / steps)) * stride - 1);
}
