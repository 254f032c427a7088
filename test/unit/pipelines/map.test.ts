import {expect, test} from 'vitest';
import type {StageSpec} from '../../../src/contract/pipeline.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import {fakeHost, runPackets, shorten, text} from '../../helpers/fake-pipeline.ts';

const mapped = async (stage: string | StageSpec, ...pieces: readonly string[]): Promise<readonly string[]> =>
	shorten(await runPackets(fakeHost({}), {stages: [stage]}, pieces.map(text)));

const refusal = (stage: string | StageSpec): Promise<unknown> =>
	createPipelines(fakeHost({}))
		.plan({stages: [stage]})
		.then(
			() => null,
			(error: unknown) => error,
		);

test.each([
	['map?replace=hot:cold', 'cold tea, cold milk'],
	['map?replace=hot:cold&replace=tea:ink', 'cold ink, cold milk'],
	['map?replace=hot:tea&replace=tea:ink', 'ink ink, ink milk'],
	['map?replace=hot%20:', 'tea, milk'],
	['map?replace=hot:12:30', '12:30 tea, 12:30 milk'],
	['map?replace=tea, hot:%26&case=upper', 'HOT & MILK'],
])('words can be replaced in the words of a shell: %s', async (word, expected) => {
	expect(await mapped(word, 'hot te', 'a, hot milk')).toEqual([expected, '[end]']);
});

test('a file may write them as they are, colons and all', async () => {
	const stage = {stage: 'map', settings: {replace: {'a:b': 'c', x: 'y'}}};
	expect(await mapped(stage, 'a:b x')).toEqual(['c y', '[end]']);
	expect(await mapped({stage: 'map', settings: {replace: ['a:b', 'b:c']}}, 'ab')).toEqual(['cc', '[end]']);
});

test.each(['map?replace=a', 'map?replace=:b', 'map?replace', 'map?replace=7', 'map?replace=a:b&replace=c'])(
	'%s says how it is written',
	async word => {
		expect(await refusal(word)).toMatchObject({
			code: 'invalid-request',
			data: {
				path: expect.stringContaining('map.replace') as string,
				expected: expect.stringContaining('hot:cold') as string,
			},
		});
	},
);

test('a setting that is written twice is not dropped in silence', async () => {
	expect(await refusal('map?case=lower&case=upper')).toMatchObject({data: {path: 'map.case'}});
	expect(await refusal('llm?temperature=0&temperature=1')).toMatchObject({data: {path: 'llm.temperature'}});
	expect(await refusal('llm?id=a&id=b')).toMatchObject({code: 'invalid-request'});
});

test('a stage may take from several in the words of a shell', async () => {
	const plan = await createPipelines(fakeHost({})).plan({
		stages: ['map?id=up&case=upper', 'map?id=low&case=lower&from=input', 'map?id=both&from=up&from=low'],
	});
	expect(plan.stages.at(-1)?.from).toEqual(['up', 'low']);
});

test.each([
	['replacements', {stage: 'map', settings: {replace: {a: 'b'.repeat(1000)}}}],
	['a template', {stage: 'map', settings: {template: '{text}'.repeat(1000)}}],
])('%s that would make a turn endless are refused, and take no memory', async (_what, stage) => {
	await expect(mapped(stage, 'a'.repeat(100_000))).rejects.toMatchObject({
		code: 'stage-failed',
		data: {failure: {code: 'invalid-request', data: {expected: expect.stringContaining('characters') as string}}},
	});
	expect(await mapped(stage, 'a')).toHaveLength(2);
});
