import path from 'node:path';
import {whisper} from '../../../src/adapters/whisper.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import {transcription} from '../../../src/tasks/transcription.ts';
import {device, folderModel, mono, parityTone} from '../../helpers/speech-model.ts';
import {paired, print} from '../measure.ts';
import {recordGraphs} from '../recorded-graphs.ts';

/**
 * A transcription through the adapter, against the calls of the two graphs that it makes, alone: the same inputs, in the same
 * order, straight to the runtime. `MOFA_BENCH_WHISPER` names a folder with another model than the one in the package.
 */
const folder = process.env['MOFA_BENCH_WHISPER'] ?? path.resolve('registry/starter/ears');
const threads = Number(process.env['MOFA_BENCH_THREADS'] ?? 1);
const rounds = Number(process.env['MOFA_BENCH_ROUNDS'] ?? 5);
const {signal} = new AbortController();
const settings = {signal, progress() {}, device, threads, settings: {}};
const engine = await whisper.load(await folderModel(folder), settings);
const handler = engine.tasks.transcription;
if (handler === undefined) throw new Error('it does not transcribe');
// A temperature that was asked for is the only one: how often a model tries again is no overhead.
const request = {audio: mono(parityTone(engine.facts?.['windowSeconds'] ?? 30, 1)), temperature: 0.01};
const transcribe = (): Promise<unknown> => transcription.collect(handler(request, {signal, warn() {}}));

await using session = await onnx.open({signal, device, threads});
const graphs = await recordGraphs(session.module, transcribe);

const timed = async (work: () => Promise<unknown>): Promise<number> => {
	const start = performance.now();
	await work();
	return performance.now() - start;
};
print({
	name: `transcription: the adapter ÷ its ${graphs.count} calls of the graphs alone`,
	...(await paired(
		rounds,
		() => timed(transcribe),
		() => timed(graphs.again),
	)),
	unit: 'ms',
	// The model in the package is so small (1.09 of 25 ms) that a busy machine moves it over the limit: its figure is there to be read.
	...(process.env['MOFA_BENCH_WHISPER'] === undefined ? {} : {limit: 1.1}),
});
await engine[Symbol.asyncDispose]();
process.exit(0);
