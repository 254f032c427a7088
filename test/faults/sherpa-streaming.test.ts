import {cp, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import type {Runner} from '../../src/backends/worker/runner.ts';
import {MofaError} from '../../src/contract/error.ts';
import type {Audio} from '../../src/contract/media.ts';
import type {TranscriptionEvent} from '../../src/tasks/transcription.ts';
import {modelAt} from '../helpers/real-sound.ts';
import {sherpaPresent} from '../helpers/sherpa-online.ts';
import {asrFixture, mono, parityTone, transcribed} from '../helpers/speech-model.ts';
import {startFixture} from '../helpers/start-fixture.ts';
import {temporaryFolder} from '../helpers/temporary-folder.ts';

const fixture = asrFixture('sherpa-onnx-streaming-zipformer-test');
const encoder = 'encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx';
const decoder = 'decoder-epoch-99-avg-1-chunk-16-left-128.onnx';
const joiner = 'joiner-epoch-99-avg-1-chunk-16-left-128.int8.onnx';

async function start(folder: string): Promise<Runner> {
	const model = await modelAt(folder);
	return startFixture('sherpa-streaming', {adapter: 'sherpa-streaming', model});
}

describe.skipIf(!(await sherpaPresent()))('a streaming model in a process of its own', {timeout: 120_000}, () => {
	test('writes while sound still comes, hears it out, and lets go of what is cancelled', async () => {
		await using runner = await start(fixture);
		const abort = new AbortController();
		const handler = runner.tasks.transcription;
		let say = (_: Audio): void => undefined;
		const spoken = new Promise<Audio>(resolve => void (say = resolve));
		async function* endless(): AsyncGenerator<Audio> {
			yield mono(parityTone(2, 1));
			yield await spoken;
			await new Promise(() => undefined);
		}
		const events = handler?.({audio: endless()}, {signal: abort.signal, warn() {}})[Symbol.asyncIterator]();
		const next = async (): Promise<TranscriptionEvent | undefined> =>
			(await events?.next())?.value as TranscriptionEvent;
		expect(await next()).toMatchObject({type: 'segment-draft'});
		say(mono(new Float32Array(48_000)));
		let event = await next();
		while (event?.type === 'segment-draft') event = await next();
		expect(event?.type).toBe('segment-final');
		const left = next();
		abort.abort();
		await expect(left).rejects.toMatchObject({code: 'cancelled'});
		expect((await transcribed(runner, {audio: mono(parityTone(2, 2))})).text).not.toBe('');
	});

	test('is refused with what is wrong where its files were cut, and nothing native began', async () => {
		const folder = temporaryFolder();
		await cp(fixture, folder, {recursive: true});
		await writeFile(path.join(folder, joiner), (await readFile(path.join(folder, joiner))).subarray(0, 700));
		const failure = await start(folder).catch((error: unknown) => error);
		expect(failure).toMatchObject({code: 'model-invalid', data: {problem: expect.stringContaining('cut off')}});
	});

	/** Whole files with all their facts, and graphs that are none. */
	const damages: ReadonlyArray<readonly [what: string, damage: (folder: string) => Promise<void>, saying: RegExp]> = [
		[
			'a joiner that is a decoder',
			folder => cp(path.join(folder, decoder), path.join(folder, joiner)),
			/Ort::Exception/,
		],
		[
			'a graph of zeros',
			async folder => {
				const bytes = await readFile(path.join(folder, encoder));
				await writeFile(path.join(folder, encoder), bytes.fill(0, 200, 6000));
			},
			/Protobuf parsing failed/,
		],
		[
			'more layers than the graph has',
			async folder => {
				const bytes = (await readFile(path.join(folder, encoder))).toString('latin1');
				const changed = bytes.replace('num_encoder_layers\x12\x011', 'num_encoder_layers\x12\x017');
				expect(changed).not.toBe(bytes);
				await writeFile(path.join(folder, encoder), changed, 'latin1');
			},
			/SIG/,
		],
	];

	test.each(damages)('%s costs its own process, and whoever asked is told', async (_, damage, saying) => {
		const folder = temporaryFolder();
		await cp(fixture, folder, {recursive: true});
		await damage(folder);
		const failure = await start(folder).catch((error: unknown) => error);
		expect(failure).toMatchObject({code: 'runner-failed', data: {reason: expect.stringMatching(/^(exited|killed)$/)}});
		expect(MofaError.is(failure) ? JSON.stringify(failure.data) : '').toMatch(saying);
	});
});
