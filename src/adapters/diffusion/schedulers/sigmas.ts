import type {SchedulerSettings} from './settings.ts';

/** The value of a table at a place that may lie between two of its entries. */
export function interpolated(table: Float64Array, at: number): number {
	const place = Math.max(0, Math.min(table.length - 1, at));
	const below = Math.floor(place);
	const low = table[below] ?? 0;
	return low + ((table[below + 1] ?? low) - low) * (place - below);
}

/** Noise levels from the highest to the lowest, spaced for a small error (Karras) or evenly by their logarithm. */
export function shapedSigmas(
	shape: 'karras' | 'exponential',
	highest: number,
	lowest: number,
	steps: number,
): readonly number[] {
	const rho = 7;
	const [from, to] =
		shape === 'karras' ? [highest ** (1 / rho), lowest ** (1 / rho)] : [Math.log(highest), Math.log(lowest)];
	return Array.from({length: steps}, (_, at) => {
		const value = from + (steps === 1 ? 0 : at / (steps - 1)) * (to - from);
		return shape === 'karras' ? value ** rho : Math.exp(value);
	});
}

/** The place in the table of trained levels, rising, where that one is; between two of them by its logarithm. */
export function timestepOf(sigma: number, trained: Float64Array): number {
	const log = Math.log(Math.max(sigma, 1e-10));
	let low = trained.findLastIndex(level => Math.log(level) <= log);
	low = Math.max(0, Math.min(trained.length - 2, low));
	const from = Math.log(trained[low] ?? 1);
	const share = (from - log) / (from - Math.log(trained[low + 1] ?? 1));
	return low + Math.max(0, Math.min(1, share));
}

export interface VisitedLevels {
	readonly timesteps: readonly number[];
	/** One more than there are timesteps. */
	readonly sigmas: readonly number[];
}

/** The levels at those timesteps, or those of the configured shape between the outermost of `within`. */
export function visitedLevels(
	{sigmas: {shape, lowest, highest, last}}: SchedulerSettings,
	trained: Float64Array,
	timesteps: readonly number[],
	within: (levels: readonly number[]) => readonly number[],
): VisitedLevels {
	const levels = timesteps.map(timestep => interpolated(trained, timestep));
	const end = last === 'lowest' ? (trained[0] ?? 0) : 0;
	if (shape === 'trained') return {timesteps, sigmas: [...levels, end].map(Math.fround)};
	const outer = within(levels);
	const shaped = shapedSigmas(shape, highest ?? outer[0] ?? 1, lowest ?? outer.at(-1) ?? 1, levels.length);
	return {
		timesteps: shaped.map(sigma => timestepOf(sigma, trained)),
		sigmas: [...shaped, end].map(Math.fround),
	};
}
