import {signalShares} from './noise-levels.ts';
import {cleanFactors} from './predicted.ts';
import {nothing, type Schedule, type StepFactors} from './schedule.ts';
import type {SchedulerSettings} from './settings.ts';
import {roundToEven, spacedTimesteps} from './spacing.ts';

/** Denoising diffusion implicit models, without noise of their own. */
export function ddimSchedule(settings: SchedulerSettings, steps: number, first: number): Schedule {
	const {trainSteps, prediction, clip} = settings;
	const shares = signalShares(settings.betas, trainSteps);
	const end = settings.alphaToOne ? 1 : (shares[0] ?? 1);
	const timesteps = spacedTimesteps(settings, steps).map(roundToEven);
	const stride = Math.floor(trainSteps / steps);
	return {
		timesteps,
		sigmas: timesteps.map(timestep => Math.sqrt(1 - shareAt(shares, timestep))),
		startScale: 1,
		first,
		steps: timesteps.map((timestep): StepFactors => {
			const share = shareAt(shares, timestep);
			const following = timestep - stride < 0 ? end : shareAt(shares, timestep - stride);
			const [signal, noise] = [Math.sqrt(share), Math.sqrt(1 - share)];
			// The noise that is in the sample is what is left of it without the picture.
			const kept = Math.sqrt(1 - following) / noise;
			return {
				input: 1,
				level: {signal, noise},
				clean: cleanFactors(prediction, signal, noise),
				clip,
				next: {...nothing, sample: kept, clean: Math.sqrt(following), unclipped: -kept * signal},
			};
		}),
	};
}

/** An offset may lead one beyond the last level. */
const shareAt = (shares: Float64Array, timestep: number): number => shares[Math.min(timestep, shares.length - 1)] ?? 1;
