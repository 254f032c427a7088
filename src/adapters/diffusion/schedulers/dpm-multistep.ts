import {finiteSigmas} from './noise-levels.ts';
import {cleanFactors} from './predicted.ts';
import {nothing, type NextFactors, type Schedule, type StepFactors} from './schedule.ts';
import type {SchedulerSettings} from './settings.ts';
import {visitedLevels} from './sigmas.ts';
import {roundToEven, solverTimesteps} from './spacing.ts';

/** DPM-Solver++ of second order: each step also looks back at the one before. */
export function dpmMultistepSchedule(settings: SchedulerSettings, steps: number, first: number): Schedule {
	const {timesteps, sigmas} = dpmLevels(settings, steps);
	return {
		timesteps,
		sigmas,
		startScale: 1,
		first,
		steps: timesteps.map((_, step): StepFactors => {
			const {signal, noise} = shares(sigmas[step] ?? 0);
			return {
				input: 1,
				level: {signal, noise},
				clean: cleanFactors(settings.prediction, signal, noise),
				clip: null,
				next:
					step === first || isFirstOrder(settings, step, timesteps.length)
						? firstOrder(sigmas, step)
						: secondOrder(settings, sigmas, step),
			};
		}),
	};
}

function dpmLevels(settings: SchedulerSettings, steps: number): ReturnType<typeof visitedLevels> {
	const {
		trainSteps,
		solver,
		betas,
		sigmas: {shape},
	} = settings;
	const trained = finiteSigmas(betas, trainSteps);
	const clipped = trained.filter(sigma => -Math.log(sigma) < solver.lowestLambda).length;
	const timesteps = solverTimesteps(settings, trainSteps - clipped, steps);
	// Shaped levels reach over all that were trained, not only over those that would be visited.
	const visited = visitedLevels(settings, trained, timesteps, () => [trained.at(-1) ?? 1, trained[0] ?? 1]);
	const {timesteps: told, sigmas} = visited;
	const rounded = betas.curve === 'squaredcos_cap_v2' || shape === 'exponential' ? cut : roundToEven;
	return {timesteps: shape === 'trained' ? told : told.map(timestep => rounded(timestep)), sigmas};
}

/** A level that is one of the table's may come out a hair below it. */
const cut = (timestep: number): number => Math.trunc(timestep + 1e-6);

function shares(sigma: number): {readonly signal: number; readonly noise: number; readonly lambda: number} {
	const signal = 1 / Math.sqrt(sigma ** 2 + 1);
	return {signal, noise: sigma * signal, lambda: -Math.log(sigma)};
}

function isFirstOrder({solver, sigmas}: SchedulerSettings, step: number, count: number): boolean {
	if (solver.order === 1) return true;
	const few = solver.lowerOrderFinal && count < 15;
	return step === count - 1 && (solver.eulerAtFinal || few || sigmas.last === 'zero');
}

function firstOrder(sigmas: readonly number[], step: number): NextFactors {
	const [from, to] = [shares(sigmas[step] ?? 0), shares(sigmas[step + 1] ?? 0)];
	return {...nothing, sample: to.noise / from.noise, clean: -to.signal * Math.expm1(from.lambda - to.lambda)};
}

function secondOrder({solver}: SchedulerSettings, sigmas: readonly number[], step: number): NextFactors {
	const [before, from, to] = [step - 1, step, step + 1].map(at => shares(sigmas[at] ?? 0));
	if (before === undefined || from === undefined || to === undefined) return nothing;
	const stride = to.lambda - from.lambda;
	const ratio = (from.lambda - before.lambda) / stride;
	const straight = -to.signal * Math.expm1(-stride);
	const bent = solver.type === 'heun' ? to.signal * (Math.expm1(-stride) / stride + 1) : straight / 2;
	return {...nothing, sample: to.noise / from.noise, clean: straight + bent / ratio, before: -bent / ratio};
}
