import {MofaError} from '../../../contract/error.ts';
import {ddimSchedule} from './ddim.ts';
import {dpmMultistepSchedule} from './dpm-multistep.ts';
import {eulerAncestralSchedule} from './euler-ancestral.ts';
import {eulerSchedule} from './euler.ts';
import {flowEulerSchedule} from './flow-euler.ts';
import {consistencyLevels, lcmSchedule} from './lcm.ts';
import type {Schedule} from './schedule.ts';
import type {SchedulerSettings} from './settings.ts';

export interface SchedulePlan {
	/** Of a picture from nothing; one that begins from another takes its share of them. */
	readonly steps: number;
	/** How far to go from another picture, 0 to 1; null: there is none. */
	readonly strength: number | null;
	/** Patches of the picture. */
	readonly length: number;
	/** The network is FLUX. */
	readonly even: boolean;
}

/** Throws `invalid-request` naming `steps` where the scheduler cannot take as many. Pure. */
export function planSchedule(settings: SchedulerSettings, plan: SchedulePlan): Schedule {
	const {steps, strength} = plan;
	checkSteps(settings, plan);
	const first = firstStep(settings.kind, steps, strength);
	switch (settings.kind) {
		case 'euler':
			return eulerSchedule(settings, steps, first);
		case 'euler-ancestral':
			return eulerAncestralSchedule(settings, steps, first);
		case 'ddim':
			return ddimSchedule(settings, steps, first);
		case 'lcm':
			return strength === 0
				? {...lcmSchedule(settings, steps, 1), first: steps}
				: lcmSchedule(settings, steps, strength ?? 1);
		case 'dpm++-2m':
			return dpmMultistepSchedule(settings, steps, first);
		case 'flow-euler':
			return flowEulerSchedule(settings, {steps, first, length: plan.length, even: plan.even});
	}
}

/** At least one step is taken where any way is to be gone at all. */
function firstStep(kind: SchedulerSettings['kind'], steps: number, strength: number | null): number {
	if (strength === null) return 0;
	if (strength === 0) return steps;
	const way = Math.min(steps * strength, steps);
	const first = kind === 'flow-euler' ? Math.floor(steps - way) : steps - Math.floor(way);
	return Math.min(steps - 1, first);
}

function checkSteps({kind, trainSteps, consistency}: SchedulerSettings, {steps, strength}: SchedulePlan): void {
	const most =
		kind === 'lcm'
			? consistencyLevels(consistency.originalSteps, strength === null || strength === 0 ? 1 : strength)
			: kind === 'dpm++-2m'
				? Math.max(1, trainSteps - 1)
				: trainSteps;
	if (steps <= most) return;
	const why = kind === 'lcm' && strength !== null && strength < 1 ? `, at a strength of ${strength}` : '';
	if (most < 1)
		throw new MofaError('invalid-request', {path: 'strength', expected: `at least ${1 / consistency.originalSteps}`});
	throw new MofaError('invalid-request', {path: 'steps', expected: `at most ${most} with the scheduler ${kind}${why}`});
}
