import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {parseName} from '../../../../src/models/name.ts';
import {pullVariant} from '../../../../src/models/pull/pull-variant.ts';
import {Registry} from '../../../../src/models/registry/registry.ts';
import {describeConfig} from '../../../../src/models/resolve/describe-config.ts';
import {resolveModel} from '../../../../src/models/resolve/resolve-model.ts';
import {repositoryRoot} from '../../../helpers/bundle.ts';
import {modelAt} from '../../../helpers/real-sound.ts';
import {hubOf, shipped} from '../../../helpers/scattered-model.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const {signal} = new AbortController();
const registry = new Registry([shipped]);
const fixture = path.join(repositoryRoot, 'test/fixtures/speech/supertonic');
const parts = ['duration_predictor', 'text_encoder', 'vector_estimator', 'vocoder'];
const kept = readdirSync(fixture, {recursive: true, encoding: 'utf8'}).filter(
	file => /^(onnx|voice_styles)\//.test(file) && file.includes('.'),
);
const files: Record<string, Buffer> = {
	...Object.fromEntries(kept.map(file => [file, readFileSync(path.join(fixture, file))])),
	'config.json': Buffer.from('{"name": "Supertonic"}'),
	'README.md': Buffer.from('---\nlicense: openrail\n---\n'),
	'audio_samples/one.wav': Buffer.from('RIFF'),
};

test('a repository of Supertone is known before it is fetched, and the same afterwards', async () => {
	const name = 'Supertone/supertonic-9';
	const {hub} = await hubOf({name, files});
	const {model} = await resolveModel(parseName(name), {hub, registry, signal});
	expect(model.manifest).toMatchObject({family: 'supertonic', tasks: ['speech']});
	expect(model.unknown).toEqual([]);
	const [variant] = model.variants;
	expect(model.variants.length).toBe(1);
	expect(variant.files.map(({role}) => role).toSorted()).toEqual(
		['config', ...parts.map(part => `weights-${part}`), ...kept.filter(file => file.endsWith('.json'))].toSorted(),
	);
	const cache = path.join(temporaryFolder(), 'hub');
	const state = path.join(temporaryFolder(), 'state');
	for await (const _ of pullVariant({hub, cache, state, model, variant, fit: null, signal}));
	const folder = path.join(cache, 'models--Supertone--supertonic-9', 'snapshots', variant.commit);
	const {manifest} = await modelAt(folder);
	expect(manifest).toMatchObject({family: 'supertonic', tasks: ['speech']});
	expect(manifest.voices?.map(voice => voice.name)).toEqual(['F1', 'M1']);
});

test('the short name has what its adapter asks for, with the same roles', async () => {
	const voices = ['F1', 'F2', 'F3', 'F4', 'F5', 'M1', 'M2', 'M3', 'M4', 'M5'].map(
		voice => `voice_styles/${voice}.json`,
	);
	const style = Buffer.from('{}');
	const all = {...files, ...Object.fromEntries(voices.map(voice => [voice, style]))};
	const {hub} = await hubOf({name: 'Supertone/supertonic-3', files: all});
	const {model} = await resolveModel(parseName('supertonic'), {hub, registry, signal});
	expect(model.variants[0]).toMatchObject({runs: true});
	expect(model.manifest).toMatchObject({family: 'supertonic', tasks: ['speech']});
	expect(model.variants[0].files.map(({role}) => role).toSorted()).toEqual(
		[...parts.map(part => `weights-${part}`), 'onnx/tts.json', 'onnx/unicode_indexer.json', ...voices].toSorted(),
	);
});

test('the same model for the library has a configuration, and is known by that', () => {
	const hints = {pipelineTag: null, config: {model_type: 'supertonic'}, modelIndex: null};
	const graphs = ['onnx/text_encoder.onnx', 'onnx/latent_denoiser.onnx', 'onnx/voice_decoder.onnx'];
	expect(describeConfig({...hints, files: graphs})).toMatchObject({family: 'supertonic', tasks: ['speech']});
	expect(describeConfig({...hints, config: null, files: graphs}).family).toBe('unknown');
	expect(describeConfig({...hints, config: null, files: ['onnx/tts.json']}).family).toBe('unknown');
});
