import {readFileSync} from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {chooseScheduler} from '../../../../src/adapters/diffusion/schedulers/choose-scheduler.ts';
import {planSchedule} from '../../../../src/adapters/diffusion/schedulers/plan-schedule.ts';
import {takeStep} from '../../../../src/adapters/diffusion/schedulers/schedule.ts';
import {schedulerConfig, schedulerSettings} from '../../../../src/adapters/diffusion/schedulers/settings.ts';
import {schedulerNames, type SchedulerName} from '../../../../src/tasks/image.ts';
import {failureOf} from '../../../helpers/failure.ts';

interface Case {
	readonly kind: SchedulerName;
	readonly config: Readonly<Record<string, unknown>>;
	readonly steps: number;
	readonly first?: number;
	readonly strength?: number;
	readonly length?: number;
	readonly even?: boolean;
	readonly timesteps: readonly number[];
	readonly sigmas: readonly number[] | null;
	readonly start: readonly number[];
	readonly after: ReadonlyArray<readonly number[]>;
}

const file = path.resolve(import.meta.dirname, '../../../fixtures/diffusion/schedulers.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[];

/** The rule by which the reference made its inputs. */
const wave = (number: number): Float32Array =>
	Float32Array.from({length: 12}, (_, at) => Math.sin(1.3 * at + 0.7 * number + 0.11 * number * at));

/** The largest difference, as a share of numbers above one. */
const difference = (found: ArrayLike<number>, wanted: readonly number[]): number =>
	found.length === wanted.length
		? wanted.reduce(
				(most, value, at) => Math.max(most, Math.abs((found[at] ?? NaN) - value) / Math.max(1, Math.abs(value))),
				0,
			)
		: Infinity;

describe('schedulers, beside those of diffusers', () => {
	it.each(cases.map(one => [`${one.kind}, ${one.steps} steps of ${JSON.stringify(one.config)}`, one] as const))(
		'%s',
		(_, one) => {
			const settings = schedulerSettings(one.kind, schedulerConfig.parse(one.config));
			const strength = one.strength ?? (one.first === undefined ? null : 1 - one.first / one.steps);
			const schedule = planSchedule(settings, {
				steps: one.steps,
				strength,
				length: one.length ?? 1024,
				even: one.even ?? false,
			});
			expect(difference(schedule.timesteps, one.timesteps)).toBeLessThan(1e-5);
			if (one.sigmas !== null) expect(difference(schedule.sigmas, one.sigmas)).toBeLessThan(1e-5);
			expect(schedule.first).toBe(one.first ?? 0);
			let drawn = 100;
			let sample: Float32Array = Float32Array.from(one.start);
			let before: Float32Array | null = null;
			for (const [number, wanted] of one.after.entries()) {
				const factors = schedule.steps[schedule.first + number];
				if (factors === undefined) throw new Error('it has too few steps');
				const own = wave(10 + number);
				const output = sample.map((value, at) => 0.6 * (own[at] ?? 0) + 0.3 * value * factors.input);
				const stepped = takeStep(factors, {sample, output, before, noise: () => wave((drawn += 1))});
				// A sample that is thousands loud has no more digits than that in the reference itself.
				const loudest = sample.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
				expect(difference(stepped.sample, wanted)).toBeLessThan(Math.max(1e-5, loudest * 2 ** -24));
				sample = Float32Array.from(wanted);
				before = stepped.clean;
			}
		},
	);

	it('begins as loud as the reference, from nothing or from a picture', () => {
		for (const one of cases) {
			const settings = schedulerSettings(one.kind, schedulerConfig.parse(one.config));
			const strength = one.strength ?? (one.first === undefined ? null : 1 - one.first / one.steps);
			const {first, startScale, steps} = planSchedule(settings, {
				steps: one.steps,
				strength,
				length: one.length ?? 1024,
				even: one.even ?? false,
			});
			const level =
				one.first === undefined ? {signal: 0, noise: startScale} : (steps[first]?.level ?? {signal: 0, noise: 0});
			const picture = wave(2);
			const start = wave(1).map((value, at) => level.noise * value + level.signal * (picture[at] ?? 0));
			expect(difference(start, one.start)).toBeLessThan(1e-5);
		}
	});
});

describe('the choice of a scheduler', () => {
	it('is the one that the repository names', () => {
		expect(chooseScheduler({_class_name: 'LCMScheduler'}, false)).toEqual({name: 'lcm', note: null});
		expect(chooseScheduler({_class_name: 'FlowMatchEulerDiscreteScheduler'}, true)).toEqual({
			name: 'flow-euler',
			note: null,
		});
	});

	it('is the nearest one, and says so, where that is not here', () => {
		const {name, note} = chooseScheduler({_class_name: 'PNDMScheduler'}, false);
		expect(name).toBe('dpm++-2m');
		expect(note).toMatch(/PNDMScheduler/);
	});

	it('follows how the network was trained, whatever the file says', () => {
		expect(chooseScheduler({_class_name: 'EulerDiscreteScheduler'}, true).name).toBe('flow-euler');
		expect(chooseScheduler({_class_name: 'FlowMatchEulerDiscreteScheduler'}, false).name).toBe('euler');
		expect(chooseScheduler({}, false)).toEqual({name: 'euler', note: null});
	});

	it('says what of the named one is not known here', () => {
		expect(
			chooseScheduler({_class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver++'}, false).note,
		).toMatch(/sde/);
		expect(chooseScheduler({_class_name: 'DPMSolverMultistepScheduler', solver_order: 3}, false).note).toMatch(/third/);
	});
});

describe('the number of steps', () => {
	const plan = {strength: null, length: 1024, even: false};

	it('is refused by name where the scheduler was trained on fewer', () => {
		const lcm = schedulerSettings('lcm', {});
		expect(failureOf(() => planSchedule(lcm, {...plan, steps: 51}))).toMatchObject({data: {path: 'steps'}});
		expect(failureOf(() => planSchedule(lcm, {...plan, steps: 30, strength: 0.5}))).toMatchObject({
			data: {path: 'steps', expected: expect.stringMatching(/at most 25 .*strength of 0.5/)},
		});
		const few = schedulerSettings('ddim', {num_train_timesteps: 100});
		expect(failureOf(() => planSchedule(few, {...plan, steps: 101}))).toMatchObject({data: {path: 'steps'}});
	});

	it('is at least one where there is any way to go, and none where there is not', () => {
		const turbo = schedulerSettings('euler', {timestep_spacing: 'trailing'});
		expect(planSchedule(turbo, {...plan, steps: 1, strength: 0.3}).first).toBe(0);
		expect(planSchedule(turbo, {...plan, steps: 4, strength: 0}).first).toBe(4);
		expect(planSchedule(turbo, {...plan, steps: 4, strength: 0.5}).first).toBe(2);
	});

	it('leads to numbers whatever a configuration says', () => {
		const numbers = fc.record(
			{
				num_train_timesteps: fc.integer({min: 1, max: 2000}),
				beta_start: fc.double({min: 1e-6, max: 0.02, noNaN: true}),
				beta_end: fc.double({min: 1e-6, max: 0.05, noNaN: true}),
				beta_schedule: fc.constantFrom('linear', 'scaled_linear', 'squaredcos_cap_v2'),
				timestep_spacing: fc.constantFrom('leading', 'trailing', 'linspace'),
				prediction_type: fc.constantFrom('epsilon', 'v_prediction', 'sample'),
				steps_offset: fc.integer({min: 0, max: 1000}),
				use_karras_sigmas: fc.boolean(),
				rescale_betas_zero_snr: fc.boolean(),
				original_inference_steps: fc.integer({min: 1, max: 5000}),
				shift: fc.double({min: 0.1, max: 10, noNaN: true}),
				use_dynamic_shifting: fc.boolean(),
			},
			{requiredKeys: []},
		);
		fc.assert(
			fc.property(numbers, fc.constantFrom(...schedulerNames), fc.integer({min: 1, max: 60}), (config, kind, steps) => {
				const settings = schedulerSettings(kind, schedulerConfig.parse(config));
				const failure = failureOf(() => {
					const {timesteps, steps: all} = planSchedule(settings, {...plan, steps});
					expect(timesteps.every(Number.isFinite)).toBe(true);
					expect(all).toHaveLength(timesteps.length);
				});
				if (failure !== undefined) expect(failure).toMatchObject({data: {path: 'steps'}});
			}),
			{numRuns: 300},
		);
	});

	it('visits each level once, for any number of steps', () => {
		for (const kind of ['euler', 'euler-ancestral', 'ddim', 'dpm++-2m'] as const)
			for (const spacing of ['leading', 'trailing', 'linspace'] as const)
				for (let steps = 1; steps <= 120; steps += 1) {
					const settings = schedulerSettings(kind, {timestep_spacing: spacing});
					const {timesteps, steps: factors} = planSchedule(settings, {...plan, steps});
					expect(timesteps).toHaveLength(steps);
					expect(factors).toHaveLength(steps);
					expect(new Set(timesteps).size).toBe(steps);
					expect(Math.min(...timesteps)).toBeGreaterThanOrEqual(0);
					expect(factors.flatMap(({next}) => Object.values(next)).every(Number.isFinite)).toBe(true);
				}
	});
});
