import {flite as backend} from '../backends/flite/flite.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {Device} from '../contract/backend.ts';
import {MofaError} from '../contract/error.ts';
import type {Footprint} from '../contract/engine.ts';
import {speechHandler} from './flite/speech.ts';

/** Bytes that a thread takes, with the memory in which it says a sentence. */
const workingBytes = 32e6;
/** Each says a sentence of its own. More would be taken from the model whose answer it says, and it is fast enough. */
const mostThreads = 2;

/** The voices of Flite: small, robotic, and there on every machine. */
export const flite: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'flite',
	backend,
	tasks: ['speech'],
	serves: ({family}, {format}) => family === 'flite' && format === 'wasm',
	parseOptions: () => ({}),
	estimate: ({variant}, _options, device) =>
		inMemory(device, 2 * variant.files.reduce((sum, {bytes}) => sum + bytes, 0) + workingBytes),
	async load({model, session, device, threads}) {
		const {name, voices} = model.manifest;
		const file = model.paths['weights'];
		if (file === undefined || voices === undefined || voices.length === 0)
			throw new MofaError('model-invalid', {model: name, problem: 'it has no weights file or no voices'});
		const program = await session.compile(file).catch((error: unknown) => {
			throw new MofaError('model-invalid', {model: name, problem: String(error)}, {cause: error});
		});
		const usefulThreads = Math.min(device.cores, mostThreads);
		const setThreads = (count: number): void => program.setThreads(Math.min(count, usefulThreads));
		setThreads(threads);
		return {
			tasks: {speech: speechHandler(program, voices)},
			get footprint() {
				return inMemory(device, program.memoryBytes);
			},
			get reclaimable() {
				return inMemory(device, program.spareBytes);
			},
			shrink: () => program.trim(),
			// Who comes second hears something before the first is through.
			slots: 4,
			usefulThreads,
			setThreads,
			async [Symbol.asyncDispose]() {
				await program[Symbol.asyncDispose]();
				await session[Symbol.asyncDispose]();
			},
		};
	},
});

function inMemory({pools}: Device, bytes: number): Footprint {
	return {[pools['unified'] === undefined ? 'ram' : 'unified']: bytes};
}
