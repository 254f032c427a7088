import {describe, expect, it} from 'vitest';
import {habitsOf, type HabitFacts} from '../../../../src/adapters/diffusion/habits.ts';
import {planDrawing, type Drawing, type DrawingFacts} from '../../../../src/adapters/diffusion/plan-drawing.ts';
import {image} from '../../../../src/tasks/image.ts';
import {failureOf} from '../../../helpers/failure.ts';

const configuration: HabitFacts['configuration'] = {
	scheduler: null,
	sampleSize: null,
	halvings: 3,
	patch: null,
	guidanceSize: null,
	textWidth: null,
	pooledWidth: null,
	zerosForNothing: false,
	names: ['stable-diffusion-v1-5'],
	codec: {factor: 8, channels: 4, scaling: null, shift: 0, mean: null, deviation: null},
	encoders: {},
};
const network = {kind: 'unet', fixed: null, toldGuidance: false} as const;
const facts: HabitFacts = {options: {}, configuration, network, factor: 8, multiple: 8, large: false, guided: false};

describe('habits', () => {
	const habits = (change: Partial<HabitFacts>): ReturnType<typeof habitsOf> => habitsOf({...facts, ...change});
	const named = (...names: readonly string[]): Partial<HabitFacts> => ({configuration: {...configuration, names}});

	it('are those of the line where nothing else is known', () => {
		expect(habits({})).toMatchObject({steps: 25, guidance: 7.5, width: 512, height: 512});
		expect(habits({large: true})).toMatchObject({guidance: 5, width: 1024, height: 1024});
		expect(habits(named('org/sd-turbo'))).toMatchObject({steps: 1, guidance: 0, width: 512});
		expect(habits({...named('org/sdxl-turbo'), large: true})).toMatchObject({steps: 1, guidance: 0, width: 512});
		expect(habits(named('LatentConsistencyModelPipeline'))).toMatchObject({steps: 4, guidance: 1});
		expect(habits({network: {...network, toldGuidance: true}})).toMatchObject({steps: 4, guidance: 8});
		expect(habits({network: {...network, kind: 'flux'}, guided: true})).toMatchObject({
			steps: 28,
			guidance: 3.5,
			longText: 512,
		});
		expect(habits({network: {...network, kind: 'flux'}})).toMatchObject({steps: 4, guidance: 0, longText: 256});
		expect(habits({network: {...network, kind: 'stable-diffusion-3'}})).toMatchObject({steps: 28, guidance: 7});
	});

	it('follow the repository, and before it the manifest', () => {
		const sized = {...configuration, sampleSize: {width: 96, height: 64}, scheduler: {_class_name: 'LCMScheduler'}};
		expect(habits({configuration: sized})).toMatchObject({width: 768, height: 512, steps: 4});
		expect(habits({configuration: sized, options: {width: 64, steps: 9, guidance: 2}})).toMatchObject({
			width: 64,
			height: 512,
			steps: 9,
			guidance: 2,
		});
		expect(habits({network: {...network, fixed: {width: 16, height: 8}}})).toMatchObject({width: 128, height: 64});
	});
});

describe('habits of strange files', () => {
	it('stay within what can be drawn', () => {
		const strange = {...configuration, sampleSize: {width: 999_999, height: 4}};
		expect(habitsOf({...facts, configuration: strange})).toMatchObject({width: 512, height: 512});
		expect(habitsOf({...facts, multiple: 64, options: {width: 100, height: 8}})).toMatchObject({
			width: 128,
			height: 64,
		});
	});
});

describe('the plan of a drawing', () => {
	const known: DrawingFacts = {habits: habitsOf(facts), network, channels: 4, factor: 8, multiple: 64, picture: null};
	const bytes = {bytes: new Uint8Array(1), mediaType: 'image/png'};
	const plan = (request: object, change: Partial<DrawingFacts> = {}): Drawing =>
		planDrawing(image.parse({prompt: 'x', ...request}), {...known, ...change});
	const refusal = (request: object, change: Partial<DrawingFacts> = {}): unknown =>
		failureOf(() => plan(request, change));

	it('is what the model was made for where the request says nothing', () => {
		expect(plan({})).toMatchObject({width: 512, height: 512, steps: 25, guidance: 7.5, steered: true, strength: null});
		expect(plan({guidance: 1})).toMatchObject({steered: false});
		expect(plan({}, {network: {...network, toldGuidance: true}})).toMatchObject({steered: false});
	});

	it('refuses a size that does not divide, naming the side and one that does', () => {
		expect(refusal({width: 500})).toMatchObject({
			code: 'invalid-request',
			data: {path: 'width', expected: 'a multiple of 64, such as 512'},
		});
		expect(refusal({height: 72, width: 512})).toMatchObject({
			data: {path: 'height', expected: 'a multiple of 64, such as 64'},
		});
		expect(refusal({width: 8192, height: 8192})).toMatchObject({
			data: {path: 'width', expected: expect.stringMatching(/at most 4.1 million/)},
		});
		const toy = {habits: {...known.habits, width: 64, height: 64}};
		expect(plan({width: 512, height: 512}, toy)).toMatchObject({width: 512});
		expect(refusal({width: 1024, height: 1024}, toy)).toMatchObject({
			data: {path: 'width', expected: expect.stringMatching(/^less: at most 0\.2 million .* made for 64 × 64$/)},
		});
		const fixed = {network: {...network, fixed: {width: 64, height: 64}}};
		expect(refusal({width: 256}, fixed)).toMatchObject({
			data: {path: 'width', expected: '512, the only one of this model'},
		});
		expect(plan({width: 512}, fixed)).toMatchObject({width: 512, height: 512});
	});

	it('takes the size of the picture it begins from, smaller where that is more than the model draws', () => {
		const begun = {image: bytes};
		expect(plan(begun, {picture: {width: 700, height: 400}})).toMatchObject({
			width: 704,
			height: 384,
			strength: 0.8,
			warnings: [],
		});
		const photograph = plan(begun, {picture: {width: 4000, height: 3000}});
		expect(photograph).toMatchObject({width: 576, height: 448, warnings: [{setting: 'image'}]});
		expect(plan({...begun, width: 512}, {picture: {width: 400, height: 800}})).toMatchObject({
			width: 512,
			height: 1024,
		});
		expect(plan(begun, {picture: {width: 5, height: 5}})).toMatchObject({width: 64, height: 64});
	});

	it('goes at least one step from a picture, with models of one step too', () => {
		const turbo = {habits: {...known.habits, steps: 1}, picture: {width: 512, height: 512}};
		const {schedule, steps} = plan({image: bytes, strength: 0.5}, turbo);
		expect([steps, schedule.steps.length - schedule.first]).toEqual([2, 1]);
		expect(plan({image: bytes, strength: 0}, turbo).schedule).toMatchObject({first: 1});
		expect(plan({image: bytes, strength: 1, steps: 3}, turbo).schedule).toMatchObject({first: 0});
	});

	it('refuses a scheduler that the network was not trained for', () => {
		expect(refusal({scheduler: 'flow-euler'})).toMatchObject({data: {path: 'scheduler'}});
		expect(refusal({scheduler: 'euler'}, {network: {...network, kind: 'flux'}})).toMatchObject({
			data: {path: 'scheduler', expected: expect.stringMatching(/^flow-euler/)},
		});
		expect(plan({scheduler: 'ddim'})).toMatchObject({scheduler: 'ddim', warnings: []});
		expect(refusal({scheduler: 'lcm', steps: 60})).toMatchObject({data: {path: 'steps'}});
	});

	it('says what of the request or the repository has no effect', () => {
		expect(plan({negativePrompt: 'rain', guidance: 0}).warnings).toMatchObject([{setting: 'negativePrompt'}]);
		expect(plan({negativePrompt: 'rain'}).warnings).toEqual([]);
		const pndm = {habits: {...known.habits, scheduler: {_class_name: 'PNDMScheduler'}}};
		expect(plan({}, pndm).warnings).toMatchObject([
			{setting: 'scheduler', message: expect.stringMatching(/PNDMScheduler/)},
		]);
		expect(plan({scheduler: 'euler'}, pndm).warnings).toEqual([]);
	});
});
