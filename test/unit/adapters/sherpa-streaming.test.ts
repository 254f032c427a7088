import {cp, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {sherpaStreaming} from '../../../src/adapters/sherpa-streaming.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import type {Audio} from '../../../src/contract/media.ts';
import type {Warning} from '../../../src/contract/task.ts';
import type {TranscriptionEvent} from '../../../src/tasks/transcription.ts';
import {inPieces, loadHere, modelAt} from '../../helpers/real-sound.ts';
import {heardDirectly, sherpaPresent} from '../../helpers/sherpa-online.ts';
import {asrFixture, mono, parityTone, transcribed, transcriptionEvents} from '../../helpers/speech-model.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

/** Speech, a pause that ends a segment, more of it, one that does not, and the rest. */
const sound = joined(parityTone(3, 1), 2, parityTone(2, 2), 0.2, parityTone(1, 5));
const transducer = 'sherpa-onnx-streaming-zipformer-test';
const models = [
	{name: transducer, family: 'streaming-transducer', window: 0.45},
	{name: 'streaming-lstm/model', family: 'streaming-transducer', window: 0.45},
	{name: 'sherpa-onnx-streaming-zipformer-ctc-test', family: 'streaming-ctc', window: 0.45},
	{name: 'sherpa-onnx-streaming-paraformer-test', family: 'streaming-paraformer', window: 0.61},
];

const present = await sherpaPresent();
const engines = new Map<string, Promise<AnyEngine>>();
afterAll(async () => {
	for (const engine of engines.values()) await (await engine)[Symbol.asyncDispose]();
});

function engineOf(name: string): Promise<AnyEngine> {
	const open = engines.get(name) ?? modelAt(asrFixture(name)).then(model => loadHere(sherpaStreaming, model));
	engines.set(name, open);
	return open;
}

test.each(models)('$name is known for what it is', async ({name, family}) => {
	const {manifest, variant} = await modelAt(asrFixture(name));
	expect(manifest).toMatchObject({family, tasks: ['transcription']});
	expect(sherpaStreaming.serves(manifest, variant)).toBe(true);
});

test('eight bits of a transducer come first, with the parts that have no such build', async () => {
	const {paths} = await modelAt(asrFixture(transducer));
	expect(Object.values(paths).map(file => path.basename(file))).toEqual([
		'encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx',
		'decoder-epoch-99-avg-1-chunk-16-left-128.onnx',
		'joiner-epoch-99-avg-1-chunk-16-left-128.int8.onnx',
		'tokens.txt',
	]);
});

describe.skipIf(!present)('with the package', () => {
	test.each(models)('$name hears what the package hears, segment for segment', async ({name, window}) => {
		const direct = heardDirectly(await modelAt(asrFixture(name)), sound, 0.66 + window);
		const {segments, usage} = await transcribed(await engineOf(name), {audio: mono(sound)});
		expect(segments.map(({text}) => text)).toEqual(direct.map(({text}) => text));
		expect(segments.length).toBeGreaterThan(1);
		expect(new Set(segments.map(({text}) => text)).size).toBe(segments.length);
		expect(usage.audioSeconds).toBeCloseTo(sound.length / 16_000, 6);
	});

	test.each(models.slice(0, 3))('the words of $name begin when the package says they did', async ({name, window}) => {
		const direct = heardDirectly(await modelAt(asrFixture(name)), sound, 0.66 + window);
		const {segments} = await transcribed(await engineOf(name), {audio: mono(sound), words: true});
		for (const [index, {text, start, end, words = []}] of segments.entries()) {
			const times = direct[index]?.timestamps ?? [];
			expect(words.map(word => word.text).join(' ')).toBe(text);
			expect(start).toBeCloseTo(times[0] ?? -1, 2);
			for (const word of words) {
				expect(times.some(time => Math.abs(time - word.start) < 0.005)).toBe(true);
				expect(word.end).toBeGreaterThanOrEqual(word.start);
			}
			expect(end).toBe(words.at(-1)?.end);
			expect(end).toBeLessThanOrEqual(sound.length / 16_000);
		}
	});

	test('the other build of a transducer runs too', async () => {
		const folder = temporaryFolder();
		for (const file of (await readdir(asrFixture(transducer))).filter(file => !file.includes('int8')))
			await cp(path.join(asrFixture(transducer), file), path.join(folder, file));
		const model = await modelAt(folder);
		expect(model.variant.tag).toBe('fp32');
		const direct = heardDirectly(model, sound, 1.11);
		await using engine = await loadHere(sherpaStreaming, model);
		const {segments} = await transcribed(engine, {audio: mono(sound)});
		expect(segments.map(({text}) => text)).toEqual(direct.map(({text}) => text));
	});

	test.each(models)('$name hears the same however the sound is cut', async ({name}) => {
		const engine = await engineOf(name);
		const whole = await transcribed(engine, {audio: mono(sound), words: true});
		const cut = await transcribed(engine, {audio: inPieces(mono(sound), 1, 160, 7001, 33), words: true});
		expect(cut.segments).toEqual(whole.segments);
	});

	test('sound at another rate, in two channels, is heard for its whole length', async () => {
		const samples = Float32Array.from({length: 48_000 * 4}, (_, at) => Math.sin(at / 20 + at ** 1.5 / 3e6) / 3);
		const {text, usage} = await transcribed(await engineOf(transducer), {
			audio: {samples, sampleRate: 48_000, channels: 2},
		});
		expect(text).not.toBe('');
		expect(usage.audioSeconds).toBeCloseTo(2, 2);
	});

	test.each(models)('$name writes while the sound still runs, and ends a segment at a pause', async ({name}) => {
		const live = new Live();
		const events = transcriptionEvents(await engineOf(name), {audio: live.audio()})[Symbol.asyncIterator]();
		live.say(parityTone(2, 1));
		const draft = await eventOf(events, 'segment-draft');
		expect(draft.text).not.toBe('');
		live.say(new Float32Array(16_000 * 3));
		const {segment} = await eventOf(events, 'segment-final');
		expect(segment.text.startsWith(draft.text.slice(0, draft.stable ?? 0))).toBe(true);
		// Nothing has ended yet, and it hears on.
		live.say(parityTone(2, 2));
		const next = await eventOf(events, 'segment-draft');
		expect(next.start).toBeGreaterThanOrEqual(segment.end);
		live.end();
		expect((await eventOf(events, 'transcription-end')).usage.audioSeconds).toBe(7);
	});

	test('drafts say what will not change any more', async () => {
		const drafts: Array<Extract<TranscriptionEvent, {type: 'segment-draft'}>> = [];
		for await (const event of transcriptionEvents(await engineOf(transducer), {audio: mono(parityTone(3, 1))}))
			if (event.type === 'segment-draft') drafts.push(event);
		expect(drafts.length).toBeGreaterThan(3);
		expect(drafts.some(({stable = 0}) => stable > 0)).toBe(true);
		for (const [index, {stable = 0, text}] of drafts.entries())
			expect(text.slice(0, stable)).toBe((drafts[index - 1]?.text ?? '').slice(0, stable));
	});

	test('a segment that never pauses is cut all the same', async () => {
		const {segments} = await transcribed(await engineOf(transducer), {audio: mono(repeated(parityTone(2, 1), 35))});
		expect(segments.length).toBeGreaterThan(1);
		for (const {start, end} of segments) expect(end - start).toBeLessThan(31);
	});

	test('silence and no sound at all stay empty', async () => {
		for (const samples of [new Float32Array(16_000 * 6), new Float32Array(0), new Float32Array(3)]) {
			const {text, usage} = await transcribed(await engineOf(transducer), {audio: mono(samples)});
			expect(text).toBe('');
			expect(usage.audioSeconds).toBe(samples.length / 16_000);
		}
	});

	test('four sounds at once do not disturb each other', async () => {
		const engine = await engineOf(transducer);
		const sounds = [1, 2, 3, 4].map(seed => mono(parityTone(2, seed)));
		const alone: string[] = [];
		for (const audio of sounds) alone.push((await transcribed(engine, {audio})).text);
		const together = await Promise.all(sounds.map(audio => transcribed(engine, {audio})));
		expect(together.map(({text}) => text)).toEqual(alone);
		expect(new Set(alone).size).toBe(4);
	});

	test('whoever cancels is not kept waiting, while sound comes and while none does', async () => {
		const engine = await engineOf(transducer);
		const abort = new AbortController();
		const events = transcriptionEvents(engine, {audio: mono(repeated(parityTone(2, 1), 300))}, {signal: abort.signal});
		let seen = 0;
		const hear = async (): Promise<void> => {
			for await (const event of events) if (event.type === 'segment-draft' && (seen += 1) === 2) abort.abort();
		};
		await expect(hear()).rejects.toMatchObject({code: 'cancelled'});
		expect(seen).toBeLessThanOrEqual(3);

		const quiet = new AbortController();
		const waiting = transcriptionEvents(engine, {audio: new Live().audio()}, {signal: quiet.signal});
		const next = waiting[Symbol.asyncIterator]().next();
		quiet.abort();
		await expect(next).rejects.toMatchObject({code: 'cancelled'});
	});

	test('what a family cannot do is told', async () => {
		const told = async (name: string): Promise<readonly string[]> => {
			const warnings: Warning[] = [];
			const request = {language: 'de', translate: true, prompt: 'names', temperature: 0.5, words: true};
			await transcribed(await engineOf(name), {audio: mono(parityTone(1, 1)), ...request}, {warnings});
			return warnings.map(({setting}) => setting);
		};
		expect(await told(transducer)).toEqual(['language', 'translate', 'prompt', 'temperature']);
		expect(await told('sherpa-onnx-streaming-paraformer-test')).toContain('words');
	});

	describe('files that native code would end the process for', () => {
		const encoder = 'encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx';
		const decoder = 'decoder-epoch-99-avg-1-chunk-16-left-128.onnx';
		const joiner = 'joiner-epoch-99-avg-1-chunk-16-left-128.int8.onnx';
		const cases: ReadonlyArray<readonly [what: string, file: string, change: Change, problem: RegExp]> = [
			['an encoder that was cut', encoder, bytes => bytes.subarray(0, 5000), /cut off/],
			['a joiner that was cut', joiner, bytes => bytes.subarray(0, bytes.length - 1), /cut off/],
			['an empty decoder', decoder, () => Buffer.alloc(0), /empty/],
			['a web page', joiner, () => Buffer.from('<!DOCTYPE html>'), /web page/],
			['no size of a step', encoder, renamed('decode_chunk_len', 'decode_chunk_lex'), /'decode_chunk_len'/],
			['a step that never ends', encoder, replaced('\x12\x0232', '\x12\x0200'), /moves on by 0/],
			['a fact that is no number', encoder, replaced('T\x12\x0245', 'T\x12\x024x'), /'T'/],
			['a kind nobody knows', encoder, renamed('zipformer2', 'zipformer9'), /'zipformer9'/],
			['no kind', encoder, renamed('model_type', 'model_tipe'), /does not say of what kind/],
			['a decoder that does not count', decoder, renamed('vocab_size', 'vocab_sise'), /'vocab_size'/],
			['tokens that were cut', 'tokens.txt', bytes => bytes.subarray(0, 100), /no token 13/],
			['tokens that are something else', 'tokens.txt', () => Buffer.from('a b c\n'), /line 1/],
		];

		test.each(cases)('%s is refused before', async (_, file, change, problem) => {
			const folder = temporaryFolder();
			await cp(asrFixture(transducer), folder, {recursive: true});
			const changed = path.join(folder, file);
			await writeFile(changed, change(await readFile(changed)));
			const model = {...(await modelAt(folder))};
			const known: InstalledModel = {...model, manifest: {...model.manifest, family: 'streaming-transducer'}};
			const failure = await loadHere(sherpaStreaming, known).catch((error: unknown) => error);
			expect(failure).toMatchObject({code: 'model-invalid'});
			expect((failure as {data: {problem: string}}).data.problem).toMatch(problem);
		});
	});
});

type Change = (bytes: Buffer) => Buffer;

/** Facts are text in the file, so that one of the same length takes its place. */
function replaced(from: string, to: string): Change {
	return bytes => {
		const at = bytes.indexOf(from, 0, 'latin1');
		if (at < 0 || from.length !== to.length) throw new Error(`no ${from} in the file`);
		const copy = Buffer.from(bytes);
		copy.write(to, at, 'latin1');
		return copy;
	};
}

const renamed = replaced;

/** Sound as somebody makes it. */
class Live {
	readonly #pieces: Array<Float32Array | null> = [];
	#wake: () => void = () => undefined;

	say(samples: Float32Array): void {
		this.#pieces.push(samples);
		this.#wake();
	}

	end(): void {
		this.#pieces.push(null);
		this.#wake();
	}

	async *audio(): AsyncGenerator<Audio> {
		for (;;) {
			const piece = this.#pieces.shift();
			if (piece === null) return;
			if (piece === undefined) await new Promise<void>(resolve => void (this.#wake = resolve));
			else yield mono(piece);
		}
	}
}

async function eventOf<T extends TranscriptionEvent['type']>(
	events: AsyncIterator<TranscriptionEvent>,
	type: T,
): Promise<Extract<TranscriptionEvent, {type: T}>> {
	for (;;) {
		const {value, done} = await events.next();
		if (done === true) throw new Error(`it ended without ${type}`);
		if (value.type === type) return value as Extract<TranscriptionEvent, {type: T}>;
	}
}

const repeated = (sound: Float32Array, times: number): Float32Array =>
	joined(...Array.from({length: times}, () => sound));

function joined(...parts: ReadonlyArray<Float32Array | number>): Float32Array {
	const sounds = parts.map(part => (typeof part === 'number' ? new Float32Array(part * 16_000) : part));
	const whole = new Float32Array(sounds.reduce((sum, {length}) => sum + length, 0));
	let at = 0;
	for (const part of sounds) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
