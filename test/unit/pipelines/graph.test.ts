import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import type {StageSpec} from '../../../src/contract/pipeline.ts';
import {echoes, fakeHost, runPackets, shorten, signal, speaks, text} from '../../helpers/fake-pipeline.ts';

test('one stage may feed several, and each leaf leaves the pipeline', async () => {
	const host = fakeHost({llm: echoes, tts: speaks});
	const stages = ['llm', 'tts', {stage: 'map', from: 'llm', settings: {case: 'upper'}}] as const;
	const events = await runPackets(host, {stages}, [text('a b')]);
	expect(shorten(events, 'tts')).toEqual(['audio 2', 'audio 2', '[end]'].slice(0, shorten(events, 'tts').length));
	expect(shorten(events, 'map')).toEqual(['A! B! ', '[end]']);
});

test('a tee lets a copy out, and a filter stops turns', async () => {
	const host = fakeHost({llm: echoes});
	const stages = ['filter?contains=stop', {stage: 'tee'}, 'llm'];
	const input = [text('go'), signal('flush'), text('please stop'), signal('flush')];
	const events = await runPackets(host, {stages}, input);
	expect(shorten(events, 'tee')).toEqual(['[flush]', 'please stop', '[flush]', '[end]']);
	expect(shorten(events, 'llm')).toEqual(['[flush]', 'please! ', 'stop! ', '[flush]', '[end]']);
});

test('a map puts the turn into a sentence of its own', async () => {
	const host = fakeHost({});
	const events = await runPackets(host, ['map?template=Say {text} twice'], [text('a'), text('b '), signal('flush')]);
	expect(shorten(events)).toEqual(['Say ab twice', '[flush]', '[end]']);
});

test('a stage with several sources ends its turn when all of them have', async () => {
	const host = fakeHost({});
	const stages = [
		{stage: 'map', id: 'up', settings: {case: 'upper'}},
		{stage: 'map', id: 'low', from: 'input', settings: {case: 'lower'}},
		{stage: 'map', id: 'both', from: ['up', 'low']},
	];
	const events = await runPackets(host, {stages}, [text('Aa'), signal('flush'), text('Bb')]);
	expect(shorten(events)).toEqual(['AAaa', '[flush]', 'BBbb', '[end]']);
});

/** Stages that each take from one to three earlier ones, or the input. */
const graphs = fc
	.array(fc.tuple(fc.constantFrom('map', 'tee', 'filter', 'llm'), fc.array(fc.nat(), {minLength: 1, maxLength: 3})), {
		minLength: 1,
		maxLength: 8,
	})
	.map(drawn =>
		drawn.map(([stage, sources], index): StageSpec => {
			const from = [
				...new Set(sources.map(number => (number % (index + 1) === 0 ? 'input' : `s${(number % (index + 1)) - 1}`))),
			];
			return {stage, id: `s${index}`, from};
		}),
	);
const inputs = fc.array(fc.oneof(fc.string({minLength: 1, maxLength: 5}).map(text), fc.constant(signal('flush'))), {
	maxLength: 12,
});

test('in any graph every stage sees every end of turn once and in order, and no lease is left', async () => {
	await fc.assert(
		fc.asyncProperty(graphs, inputs, async (stages, input) => {
			const host = fakeHost({llm: echoes});
			const events = await runPackets(host, {stages}, input);
			const flushes = input.filter(packet => packet.type === 'signal').length;
			const outputs = new Set(events.flatMap(event => (event.type === 'packet-out' ? [event.stage] : [])));
			expect(outputs.size).toBeGreaterThan(0);
			for (const output of outputs) {
				const signals = shorten(events, output).filter(word => /^\[(flush|end)\]$/.test(word));
				expect(signals).toEqual([...Array.from({length: flushes}, () => '[flush]'), '[end]']);
				expect(shorten(events, output).at(-1)).toBe('[end]');
			}
			expect(host.held()).toBe(0);
		}),
		{numRuns: 60},
	);
});

test('in any chain of operations text arrives whole and in order', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.constantFrom('tee', 'filter', 'map'), {minLength: 1, maxLength: 6}),
			inputs,
			async (stages, input) => {
				const events = await runPackets(fakeHost({}), stages, input);
				const last = events.findLast(event => event.type === 'packet-out')?.stage ?? '';
				const joined = input.flatMap(packet => (packet.type === 'value' ? [String(packet.value)] : ['\n'])).join('');
				expect(
					shorten(events, last)
						.join('')
						.replaceAll('[flush]', '\n')
						.replace(/\[end\]$/, ''),
				).toBe(joined);
			},
		),
		{numRuns: 60},
	);
});
