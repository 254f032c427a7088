import {existsSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {adapters} from '../../../src/adapters/index.ts';
import {starterModels} from '../../../src/models/starters.ts';
import {testAdapter, type RequestSource} from '../../../src/testing.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {drawShape} from '../../helpers/shapes.ts';

const patience = {timeout: 180_000} as const;

const seconds = (
	count: number,
	of: (at: number) => number,
): {samples: Float32Array; sampleRate: number; channels: 1} => ({
	samples: Float32Array.from({length: 16_000 * count}, (_, at) => of(at / 16_000)),
	sampleRate: 16_000,
	channels: 1,
});
const tone = (): object => ({audio: seconds(1, at => 0.3 * Math.sin(2 * Math.PI * 220 * at))});

const requests: Readonly<Record<string, Readonly<Record<string, readonly RequestSource[]>>>> = {
	guide: {
		chat: [{messages: [{role: 'user', content: 'Which models are loaded?'}], maxTokens: 24, sampling: {seed: 1}}],
		completion: [{prompt: 'mofa', maxTokens: 24, sampling: {seed: 1}}],
	},
	voice: {speech: [{text: 'It works. So it does. And once more.'}]},
	ears: {transcription: [tone]},
	'energy-gate': {'voice-activity': [tone]},
	finder: {embedding: [{inputs: ['How do I begin?', 'Which models are loaded?']}]},
	ranker: {reranking: [{query: 'How do I begin?', documents: ['Type mofa run.', 'It rains.', 'Begin with mofa run.']}]},
	brush: {image: [{prompt: 'a red circle', seed: 1, steps: 4}]},
	eyes: {
		chat: [
			() => ({
				messages: [
					{
						role: 'user',
						content: [
							{type: 'image', image: {bytes: drawShape('circle', {side: 64}), mediaType: 'image/png'}},
							{type: 'text', text: 'What is this?'},
						],
					},
				],
				maxTokens: 12,
				sampling: {seed: 1},
			}),
		],
	},
};

/** What clients of other programs send along with a chat is told of; its own fields are the sampling's. */
const unknownSampling: Readonly<Record<string, RequestSource>> = {
	chat: {messages: [{role: 'user', content: 'Hello'}], maxTokens: 4, sampling: {unknown: {no_such_thing: 1}}},
	completion: {prompt: 'mofa', maxTokens: 4, sampling: {unknown: {no_such_thing: 1}}},
};

test.each(Object.keys(requests))('what mofa comes with keeps what it asks of plugins: %s', patience, async name => {
	const starters = await starterModels(path.join(repositoryRoot, 'registry/starter'));
	const model = starters.find(({installed}) => installed.manifest.name === name)?.installed;
	if (model === undefined || !Object.values(model.paths).every(file => existsSync(file))) {
		console.warn(`SKIPPED: ${name} is not made yet`);
		return;
	}
	const adapter = adapters.find(one => one.serves(model.manifest, model.variant));
	if (adapter === undefined) throw new Error(`nothing serves ${name}`);
	const deterministic = name === 'guide' || name === 'eyes' ? [] : Object.keys(requests[name] ?? {});
	const checks = await testAdapter({
		adapter,
		model,
		requests: requests[name] ?? {},
		deterministic,
		strange: unknownSampling,
		patienceMs: 120_000,
	});
	expect(checks.length).toBeGreaterThan(15);
});
