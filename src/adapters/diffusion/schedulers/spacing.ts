import type {SchedulerSettings} from './settings.ts';

type Spacing = Pick<SchedulerSettings, 'trainSteps' | 'spacing' | 'stepsOffset'>;

/** Which of the trained noise levels are visited, from the noisiest. Whole numbers but for `linspace`, which need not be. Pure. */
export function spacedTimesteps({trainSteps, spacing, stepsOffset}: Spacing, steps: number): readonly number[] {
	if (spacing === 'trailing') return trailing(trainSteps, trainSteps, steps);
	if (spacing === 'leading') {
		const ratio = Math.floor(trainSteps / steps);
		return range(steps, at => (steps - 1 - at) * ratio + stepsOffset);
	}
	return range(steps, at => (steps === 1 ? 0 : Math.fround(((trainSteps - 1) * (steps - 1 - at)) / (steps - 1))));
}

/** The same for solvers that count the end in, of the levels below `last`. */
export function solverTimesteps(
	{trainSteps, spacing, stepsOffset}: Spacing,
	last: number,
	steps: number,
): readonly number[] {
	if (spacing === 'trailing') return trailing(trainSteps, last, steps);
	if (spacing === 'leading') {
		const ratio = Math.floor(last / (steps + 1));
		return range(steps, at => (steps - at) * ratio + stepsOffset);
	}
	return range(steps, at => roundToEven(((last - 1) * (steps - at)) / steps));
}

function trailing(trainSteps: number, last: number, steps: number): readonly number[] {
	const ratio = trainSteps / steps;
	return range(steps, at => roundToEven(last - at * ratio) - 1).filter(timestep => timestep >= 0);
}

/** A half goes to the even neighbour, as numpy rounds. */
export function roundToEven(value: number): number {
	const below = Math.floor(value);
	const rest = value - below;
	if (rest !== 0.5) return Math.round(value);
	return below % 2 === 0 ? below : below + 1;
}

const range = (count: number, valueAt: (at: number) => number): readonly number[] =>
	Array.from({length: count}, (_, at) => valueAt(at));
