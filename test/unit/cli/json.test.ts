import {readFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {expect, test} from 'vitest';
import {
	fakeClient,
	fakeDevice,
	fakeModel,
	fakePack,
	fakePlugin,
	fakeResident,
	fakeTask,
} from '../../helpers/fake-client.ts';
import {fakeImage} from '../../helpers/fake-image.ts';
import {fakeSpeech} from '../../helpers/fake-speech.ts';
import {fakeTranscription} from '../../helpers/fake-transcription.ts';
import {fakeStore, pullsOneFile, pullStart} from '../../helpers/fake-store.ts';
import type {EventOf, RequestOf} from '../../../src/contract/task.ts';
import type {RerankingEvent} from '../../../src/tasks/reranking.ts';
import type {ImageRequest} from '../../../src/tasks/image.ts';
import type {TranscriptionRequest} from '../../../src/tasks/transcription.ts';
import {commands, type Command} from '../../../src/cli/reference.ts';
import {runCli} from '../../helpers/run-cli.ts';

const folder = path.resolve(import.meta.dirname, '../../../registry/schema');

async function* fakeVectors({inputs}: RequestOf<'embedding'>): AsyncGenerator<EventOf<'embedding'>> {
	for (const index of inputs.keys()) yield {type: 'vector', index, vector: Float32Array.of(1)};
	yield {type: 'embedding-end', usage: {tokens: 3, computeMs: 1}};
}

async function* fakeRanks(): AsyncGenerator<RerankingEvent> {
	yield {type: 'score', index: 0, score: 0.5};
	yield {type: 'reranking-end', usage: {tokens: 3, computeMs: 1}};
}

const client = fakeClient({
	models: [
		fakeModel(),
		fakeModel({name: 'other', parameters: null, quantization: null, modifiedAt: '2026-01-01T00:00:00.000Z'}),
	],
	residents: [fakeResident(), fakeResident({pinned: false, expiresAt: '2026-01-01T00:00:00.000Z', pid: null})],
	packs: [fakePack(), fakePack({downloadBytes: null, hint: 'no'})],
	tasks: [fakeTask(), fakeTask({name: 'naming', plugin: 'shapes', models: 0, defaultModel: null})],
	plugins: [fakePlugin(), fakePlugin({version: null, description: null, source: 'setting', problem: 'it fails'})],
	device: fakeDevice({gpus: [{name: 'A GPU', kind: 'cuda', memory: 24e9}]}),
	answer: ask =>
		'inputs' in ask.request
			? fakeVectors(ask.request as unknown as RequestOf<'embedding'>)
			: 'documents' in ask.request
				? fakeRanks()
				: 'audio' in ask.request
					? fakeTranscription(ask.request as unknown as TranscriptionRequest, {
							warnings: [{setting: 'language', message: 'no'}],
						})
					: 'prompt' in ask.request
						? fakeImage(ask.request as unknown as ImageRequest, {warnings: [{setting: 'steps', message: 'no'}]})
						: fakeSpeech({warnings: [{setting: 'language', message: 'no'}]}),
});

test.each([
	['list', ['list', '--json']],
	['show', ['show', 'guide', '--json']],
	['ps', ['ps', '--json']],
	['info', ['info', '--json']],
	['doctor', ['doctor', '--json']],
	['backend-list', ['backend', 'list', '--json']],
	['config-list', ['config', 'list', '--json']],
	['help', ['help', '--json']],
	['fit', ['fit', 'qwen3', '--json']],
	['search', ['search', 'qwen', '--json']],
	['search', ['search', import.meta.dirname, 'which fields', '--json', '--no-rerank', '--rebuild']],
	['outdated', ['outdated', '--json']],
	['du', ['du', '--json']],
	['prune', ['prune', '--dry-run', '--json']],
	['prune', ['prune', '--yes', '--json']],
	['adopt', ['adopt', '--json']],
	['voices', ['voices', '--json']],
	['speak', ['speak', 'Hello', '--json', '-o', '/dev/null']],
	['imagine', ['imagine', 'a circle', '--json', '-n', '2', '-o', '/dev/null']],
	['pipe', ['pipe', 'llm', 'tts', '--plan', '--json']],
	['task', ['task', '--json']],
	['plugin-list', ['plugin', 'list', '--json']],
	['embed', ['embed', 'a text', '--json']],
	['rerank', ['rerank', 'which?', 'a text', '--json']],
	['transcribe', ['transcribe', '--json', '--words', '--rate', '8000']],
])('the published schema %s.json describes every field that %j prints', async (name, argv) => {
	const {out} = await runCli(argv, {client, input: new Uint8Array(32_000)});
	const validate = new Ajv2020({strict: false, validateFormats: false, allErrors: true}).compile(
		closed(readSchema(name)) as object,
	);
	validate(JSON.parse(out));
	expect(validate.errors).toBeNull();
});

test.each([
	['pull', ['pull', 'missing', 'qwen3', 'other', '--json']],
	['upgrade', ['upgrade', '--json']],
	['verify', ['verify', '--json']],
	['transcribe', ['transcribe', '--json', '--live', '--words', '--rate', '8000']],
])('the published schema %s.json describes every line that %j prints', async (name, argv) => {
	const {out} = await runCli(argv, {
		client,
		input: new Uint8Array(32_000),
		store: fakeStore({
			async *pull(ask) {
				if (ask.model === 'other') yield pullStart({fit: null});
				yield* pullsOneFile(ask);
				yield {type: 'file-retry', file: 'a', problem: 'cut', waitMs: 0.5};
			},
		}),
	});
	const validate = new Ajv2020({strict: false, validateFormats: false, allErrors: true}).compile(
		closed(readSchema(name)) as object,
	);
	const lines = out.trimEnd().split('\n');
	expect(lines.length).toBeGreaterThan(2);
	for (const line of lines) {
		validate(JSON.parse(line));
		expect(validate.errors).toBeNull();
	}
});

test('an empty listing is an empty array, and nothing is said beside it', async () => {
	const {code, out, err} = await runCli(['list', '--json'], {client: fakeClient({models: []})});
	expect({code, out, err}).toEqual({code: 0, out: '[]\n', err: ''});
});

test('every schema belongs to a command and says what it is', () => {
	expect((readSchema('list') as {title: string}).title).toContain('mofa list --json');
});

function readSchema(name: string): unknown {
	return JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'));
}

/** The same schema with no field allowed that it does not describe: readers may be lenient, this test may not. */
function closed(schema: unknown): unknown {
	if (Array.isArray(schema)) return schema.map(closed);
	if (typeof schema !== 'object' || schema === null) return schema;
	const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)]);
	return Object.fromEntries(
		'properties' in schema && 'type' in schema ? [...entries, ['additionalProperties', false]] : entries,
	) as unknown;
}

test('help publishes the schema of every command that prints JSON, and no other', async () => {
	const {out} = await runCli(['help', '--json']);
	const {schemas} = JSON.parse(out) as {schemas: Record<string, unknown>};
	const named = (command: Command, name: string): readonly string[] =>
		command.options?.some(({flags}) => flags === '--json') === true ? [name] : [];
	const printing = commands.flatMap(command =>
		named(command, command.name).concat(
			(command.commands ?? []).flatMap(child => named(child, `${command.name} ${child.name}`)),
		),
	);
	expect(Object.keys(schemas)).toEqual(printing.toSorted());
});
