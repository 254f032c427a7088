import {finiteSigmas} from './noise-levels.ts';
import {explodedFactors} from './predicted.ts';
import {nothing, type Schedule, type StepFactors} from './schedule.ts';
import type {SchedulerSettings} from './settings.ts';
import {visitedLevels, type VisitedLevels} from './sigmas.ts';
import {spacedTimesteps} from './spacing.ts';

/** Straight on along the slope at each noise level. */
export function eulerSchedule(settings: SchedulerSettings, steps: number, first: number): Schedule {
	const levels = eulerLevels(settings, steps);
	return eulerWay(settings, levels, first, (from, to) => {
		// x + (x - clean) / from × (to - from)
		return {...nothing, sample: to / from, clean: 1 - to / from};
	});
}

export function eulerLevels(settings: SchedulerSettings, steps: number): VisitedLevels {
	const trained = finiteSigmas(settings.betas, settings.trainSteps);
	return visitedLevels(settings, trained, spacedTimesteps(settings, steps), levels => levels);
}

/** All that Euler's schedulers have in common: samples of `picture + sigma × noise`, which the network sees scaled down. */
export function eulerWay(
	{spacing, prediction}: SchedulerSettings,
	{timesteps, sigmas}: VisitedLevels,
	first: number,
	next: (from: number, to: number) => StepFactors['next'],
): Schedule {
	const highest = sigmas.reduce((most, sigma) => Math.max(most, sigma), 0);
	return {
		timesteps,
		sigmas,
		startScale: spacing === 'leading' ? Math.sqrt(highest ** 2 + 1) : highest,
		first,
		steps: timesteps.map((_, step): StepFactors => {
			const from = sigmas[step] ?? 0;
			return {
				input: 1 / Math.sqrt(from ** 2 + 1),
				level: {signal: 1, noise: from},
				clean: explodedFactors(prediction, from),
				clip: null,
				next: next(from, sigmas[step + 1] ?? 0),
			};
		}),
	};
}
