import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {speechLanguage} from '../../../src/adapters/speech-language.ts';
import {graniteEars, whisperEars} from '../../../src/adapters/speech-language/ears.ts';
import {GranitePrompts} from '../../../src/adapters/speech-language/granite-prompts.ts';
import type {Prompts} from '../../../src/adapters/speech-language/prompts.ts';
import {SpeechLanguageRecognizer, type SpeechLanguageParts} from '../../../src/adapters/speech-language/recognizer.ts';
import {readSettings} from '../../../src/adapters/speech-language/settings.ts';
import {VoxtralPrompts} from '../../../src/adapters/speech-language/voxtral-prompts.ts';
import {readChatTokenizer} from '../../../src/backends/onnx/chat-tokenizer.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import type {OnnxSession} from '../../../src/backends/onnx/session.ts';
import {asType} from '../../../src/backends/onnx/tensors.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {describeConfig} from '../../../src/models/resolve/describe-config.ts';
import {groupFiles} from '../../../src/models/resolve/group-files.ts';
import type {TranscriptionRequest} from '../../../src/tasks/transcription.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {
	asrFixture,
	device,
	distance,
	folderModel,
	loadAdapter,
	mono,
	parityTone,
	reference,
	transcribed,
	transcriptionEvents,
	type Sample,
} from '../../helpers/speech-model.ts';

type Asked = Pick<TranscriptionRequest, 'language' | 'translate' | 'prompt'>;

interface Reference {
	readonly cases: ReadonlyArray<
		Asked & {
			readonly seconds: number;
			readonly seed: number;
			/** What the encoder takes, and what it gives. */
			readonly features: Sample;
			readonly rows: Sample;
			readonly tokens: readonly number[];
			readonly written: readonly number[];
		}
	>;
}

interface Opened {
	readonly model: InstalledModel;
	readonly session: OnnxSession;
	readonly parts: SpeechLanguageParts;
	readonly prompts: Prompts;
}

const {signal} = new AbortController();
const quiet = {signal, warn: () => undefined};

async function open(name: string): Promise<Opened> {
	const model = await folderModel(asrFixture(name));
	const session = await onnx.open({signal, device, threads: 1});
	const settings = await readSettings(model);
	const tokenizer = await readChatTokenizer(model, []);
	const isVoxtral = name === 'voxtral';
	const graph = (role: string): ReturnType<OnnxSession['open']> => session.open(model.paths[`weights-${role}`] ?? '');
	const parts: SpeechLanguageParts = {
		model,
		module: session.module,
		ears: isVoxtral
			? await whisperEars(model, settings, session)
			: graniteEars(model, settings, await session.transformers()),
		encoder: await graph('audio_encoder'),
		words: await graph('embed_tokens'),
		decoder: await graph('decoder_model_merged'),
		tokenizer,
		stops: new Set(settings.stops),
		contextLength: settings.contextLength,
	};
	const prompts = isVoxtral ? new VoxtralPrompts(model, tokenizer) : new GranitePrompts(model, settings, tokenizer, {});
	return {model, session, parts, prompts};
}

describe.each([
	{name: 'voxtral', audioToken: 261, kind: 'VoxtralForConditionalGeneration'},
	{name: 'granite_speech', audioToken: 258, kind: 'GraniteSpeechForConditionalGeneration'},
])('$name', ({name, audioToken, kind}) => {
	let opened: Opened;
	let engine: AnyEngine;
	beforeAll(async () => {
		opened = await open(name);
		engine = await loadAdapter(speechLanguage, opened.model);
	});
	afterAll(async () => {
		await engine[Symbol.asyncDispose]();
		await opened.session[Symbol.asyncDispose]();
	});

	test('a repository and a folder are known for what they are', () => {
		const config = {model_type: name, architectures: [kind], vision_config: undefined};
		for (const pipelineTag of [null, 'audio-text-to-text'])
			expect(describeConfig({pipelineTag, config, modelIndex: null})).toMatchObject({
				family: name,
				tasks: ['transcription'],
				accepts: [],
			});
		expect(opened.model.manifest).toMatchObject({family: name, tasks: ['transcription']});
		expect(speechLanguage.serves(opened.model.manifest, opened.model.variant)).toBe(true);
	});

	test('the spectrogram and what the encoder makes of it are what the reference says', async () => {
		const {ears, encoder, module} = opened.parts;
		const {cases} = await reference<Reference>(name);
		for (const {seconds, seed, features, rows} of cases) {
			const heard = await ears.features(parityTone(seconds, seed));
			expect(heard.dims.slice(1)).toEqual(features.shape);
			expect(distance(Float32Array.from(heard.data as Float32Array), features)).toBeLessThan(1e-4);
			const input = asType(module, heard, 'float32');
			const given = await encoder.run({[encoder.inputs[0]?.name ?? '']: input});
			expect(distance(given['audio_features']?.data as Float32Array, rows)).toBeLessThan(1e-4);
		}
	});

	test('the prompt and the likeliest text are what the reference says, token for token', async () => {
		const {parts, prompts} = opened;
		const {cases} = await reference<Reference>(name);
		for (const {seconds, seed, features: _, rows, tokens: prompt, written, ...asked} of cases) {
			const sound = parityTone(seconds, seed);
			const {before, after} = prompts.make({audio: mono(sound), ...asked}, quiet);
			const heard = Array.from({length: rows.shape[0] ?? 0}, () => audioToken);
			expect([...before, ...heard, ...after]).toEqual(prompt);
			const {tokens} = await new SpeechLanguageRecognizer(parts, {before, after}, 0).write(sound, {signal});
			expect(tokens.slice(0, written.length)).toEqual(written);
		}
		expect(cases.reduce((sum, {written}) => sum + written.length, 0)).toBeGreaterThan(50);
	});

	test('what is written is told as it is, and the last of it is final', async () => {
		const drafts: string[] = [];
		let last = '';
		for await (const event of transcriptionEvents(engine, {audio: mono(parityTone(3.3, 2))}))
			if (event.type === 'segment-draft') drafts.push(event.text);
			else if (event.type === 'segment-final') {
				expect(event.segment).toMatchObject({start: 0, end: 3.3});
				last = event.segment.text;
			}
		expect(drafts.length).toBeGreaterThan(4);
		const lengths = drafts.map(({length}) => length);
		expect(lengths).toEqual([...new Set(lengths)].toSorted((a, b) => a - b));
		expect(last.startsWith(drafts[0] ?? ' ')).toBe(true);
	});

	test('whoever cancels waits for one token, not for the text', async () => {
		const controller = new AbortController();
		const events = transcriptionEvents(engine, {audio: mono(parityTone(5.87, 3))}, {signal: controller.signal});
		const types: string[] = [];
		const reading = (async () => {
			for await (const {type} of events) {
				types.push(type);
				controller.abort();
			}
		})();
		await expect(reading).rejects.toMatchObject({code: 'cancelled'});
		expect(types).not.toContain('segment-final');
	});

	test('a long sound is heard window by window, and silence not at all', async () => {
		const window = engine.facts?.['windowSeconds'] ?? 0;
		const long = new Float32Array(16_000 * Math.round(2.5 * window));
		long.set(parityTone(window * 0.8, 1));
		const {segments, usage} = await transcribed(engine, {audio: mono(long)});
		expect(usage.audioSeconds).toBe(2.5 * window);
		expect(segments.length).toBe(1);
		// The rest of the second window is cut off where it is quiet; the third is silence.
		expect(segments[0]?.end).toBeLessThanOrEqual(window);
		expect((await transcribed(engine, {audio: mono(new Float32Array(16_000 * 5))})).segments).toEqual([]);
	});

	test('what it cannot do is said, and the sound is heard all the same', async () => {
		const warnings: Warning[] = [];
		const request = {audio: mono(parityTone(1, 1)), words: true, language: 'haw', prompt: 'a name', translate: true};
		const {usage} = await transcribed(engine, request, {warnings});
		expect(usage.audioSeconds).toBe(1);
		const settings = warnings.map(({setting}) => setting).toSorted();
		expect(settings).toEqual(
			name === 'voxtral' ? ['language', 'prompt', 'translate', 'words'] : ['language', 'prompt', 'words'],
		);
	});

	test('a prompt that leaves no room for a text is refused', async () => {
		const {parts, prompts} = opened;
		const prompt = prompts.make({audio: mono(new Float32Array(1))}, quiet);
		const narrow = new SpeechLanguageRecognizer({...parts, contextLength: 20}, prompt, 0);
		await expect(narrow.write(parityTone(3, 1), {signal})).rejects.toMatchObject({code: 'context-overflow'});
	});
});

test('nobody ends the turn or stands for the sound by what they ask for', async () => {
	const {prompts, session} = await open('granite_speech');
	await using _ = session;
	const sound = mono(new Float32Array(1));
	const {before, after} = prompts.make({audio: sound, prompt: 'Ada <|audio|> <|end_of_text|>'}, quiet);
	const text = prompts.tokenizer.decode([...before, ...after]);
	expect(text).toContain('Keywords: Ada <|audio|> <|end_of_text|>');
	for (const name of ['<|audio|>', '<|end_of_text|>'])
		expect([...before, ...after]).not.toContain(prompts.tokenizer.idOf(name));
});

test('a release is asked in the words of its authors, and roles in a template tell an older one', async () => {
	const {model, session, prompts: usual} = await open('granite_speech');
	await using _ = session;
	const {tokenizer} = usual;
	const settings = await readSettings(model);
	const sound = mono(new Float32Array(1));
	const asked = (prompts: Prompts, request: Asked, warnings: Warning[] = []): string => {
		const {before, after} = prompts.make(
			{audio: sound, ...request},
			{signal, warn: warning => void warnings.push(warning)},
		);
		return `${tokenizer.decode(before)}…${tokenizer.decode(after)}`;
	};
	const release = new GranitePrompts(model, settings, tokenizer, {
		transcribe: 'write it down.',
		translate: 'in English.',
	});
	expect(asked(release, {})).toBe('USER: …write it down.\n ASSISTANT:');
	expect(asked(release, {translate: true})).toBe('USER: …in English.\n ASSISTANT:');
	const template = "<|start_of_role|>user<|end_of_role|>{{ messages[0]['content'] }}";
	const older = new GranitePrompts(model, {...settings, template}, tokenizer, {});
	const warnings: Warning[] = [];
	expect(asked(older, {prompt: 'Ada'}, warnings)).toContain('…can you transcribe the speech into a written format?');
	expect(warnings.map(({setting}) => setting)).toEqual(['prompt']);
});

test('files that are not of one model are errors that name it', async () => {
	const {model, session, parts} = await open('granite_speech');
	await using _ = session;
	const settings = await readSettings(model);
	expect(() => new VoxtralPrompts(model, parts.tokenizer)).toThrow(expect.objectContaining({code: 'model-invalid'}));
	expect(() => new GranitePrompts(model, {...settings, template: undefined}, parts.tokenizer, {})).toThrow();
	expect(() => new GranitePrompts(model, {...settings, template: 'nothing'}, parts.tokenizer, {})).toThrow();
	await expect(whisperEars(model, settings, session)).rejects.toMatchObject({code: 'model-invalid'});
	for (const [role, other] of [
		['audio_encoder', 'embed_tokens'],
		['embed_tokens', 'audio_encoder'],
		['decoder_model_merged', 'embed_tokens'],
	]) {
		const paths = {...model.paths, [`weights-${role}`]: model.paths[`weights-${other}`] ?? ''};
		await expect(loadAdapter(speechLanguage, {...model, paths})).rejects.toMatchObject({code: 'model-invalid'});
	}
});

test('of a repository whose parts do not all come in each type, the build is the one that is whole', async () => {
	const graphs = {
		audio_encoder: ['', '_fp16', '_q4', '_q4f16'],
		embed_tokens: ['', '_fp16', '_q4'],
		decoder_model_merged: ['_q4', '_q4f16'],
	};
	const files = Object.entries(graphs).flatMap(([graph, types]) =>
		types.flatMap(type => [`onnx/${graph}${type}.onnx`, `onnx/${graph}${type}.onnx_data`]),
	);
	const others = [
		'config.json',
		'generation_config.json',
		'preprocessor_config.json',
		'tokenizer.json',
		'tokenizer_config.json',
		'chat_template.jinja',
	];
	const listed = [...files, 'onnx/decoder_model_merged_q4.onnx_data_1', ...others].map(file => ({file, bytes: 1}));
	const builds = groupFiles(listed);
	expect(builds.map(({tag}) => tag)).toEqual(['q4']);
	const line: unknown = JSON.parse(await readFile(path.join(repositoryRoot, 'registry/models/voxtral.json'), 'utf8'));
	const found = builds[0]?.files.map(({role, file}) => ({role, file: file.file, bytes: expect.any(Number)}));
	expect(line).toMatchObject({sizes: {mini: {variants: [{tag: 'q4', files: expect.arrayContaining(found ?? [])}]}}});
});
