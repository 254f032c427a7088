import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {parseName} from '../../../../src/models/name.ts';
import {pullVariant} from '../../../../src/models/pull/pull-variant.ts';
import {Registry} from '../../../../src/models/registry/registry.ts';
import {resolveModel} from '../../../../src/models/resolve/resolve-model.ts';
import {modelAt} from '../../../helpers/real-sound.ts';
import {hubOf, shipped} from '../../../helpers/scattered-model.ts';
import {asrFixture} from '../../../helpers/speech-model.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const {signal} = new AbortController();
const registry = new Registry([shipped]);

/** The files of a fixture in a repository, besides those given. */
const repository = (name: string, fixture: string, more: Readonly<Record<string, Buffer>> = {}) => ({
	name,
	files: Object.fromEntries([
		...readdirSync(asrFixture(fixture)).map(file => [file, readFileSync(path.join(asrFixture(fixture), file))]),
		...Object.entries(more),
	]) as Record<string, Buffer>,
});

test.each([
	['csukuangfj/sherpa-onnx-streaming-zipformer-en-2023-06-26', 'sherpa-onnx-streaming-zipformer-test', 'transducer'],
	['me/sherpa-onnx-streaming-zipformer-ctc-2023-12-13', 'sherpa-onnx-streaming-zipformer-ctc-test', 'ctc'],
	['me/sherpa-onnx-streaming-paraformer-zh-en', 'sherpa-onnx-streaming-paraformer-test', 'paraformer'],
])('%s is known before it is fetched, and the same afterwards', async (name, fixture, kind) => {
	const {hub} = await hubOf(repository(name, fixture, {'README.md': Buffer.from('---\nlicense: apache-2.0\n---\n')}));
	const {model} = await resolveModel(parseName(name), {hub, registry, signal});
	expect(model.manifest).toMatchObject({family: `streaming-${kind}`, tasks: ['transcription']});
	const cache = path.join(temporaryFolder(), 'hub');
	const state = path.join(temporaryFolder(), 'state');
	const [variant] = model.variants;
	for await (const _ of pullVariant({hub, cache, state, model, variant, fit: null, signal}));
	const folder = path.join(cache, `models--${name.replace('/', '--')}`, 'snapshots', variant.commit);
	const {manifest, variant: here} = await modelAt(folder);
	expect(manifest).toMatchObject({family: `streaming-${kind}`, tasks: ['transcription']});
	expect(here.tag).toBe(variant.variant.tag);
});

test('the short name fetches the four files of a build', async () => {
	const name = 'csukuangfj/sherpa-onnx-streaming-zipformer-en-2023-06-26';
	const {hub} = await hubOf(repository(name, 'sherpa-onnx-streaming-zipformer-test'));
	const {model} = await resolveModel(parseName('streaming-zipformer:en'), {hub, registry, signal});
	expect(model.manifest.family).toBe('streaming-transducer');
	expect(model.variants.map(({variant}) => variant.tag)).toEqual(['int8', 'fp32']);
	expect(model.variants[0].files.map(({file}) => file)).toEqual([
		'encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx',
		'decoder-epoch-99-avg-1-chunk-16-left-128.onnx',
		'joiner-epoch-99-avg-1-chunk-16-left-128.int8.onnx',
		'tokens.txt',
	]);
});
