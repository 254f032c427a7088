import {flite as backend, type FliteProgram, type FliteSession} from '../backends/flite/flite.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {Device} from '../contract/backend.ts';
import {MofaError} from '../contract/error.ts';
import type {Footprint} from '../contract/engine.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import {speechHandler} from './flite/speech.ts';

/** Bytes an utterance takes beside the voices, and the code that was made of the program. */
const workingBytes = 24e6;

/** The voices of Flite: small, robotic, and there on every machine. */
export const flite: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'flite',
	backend,
	tasks: ['speech'],
	serves: ({family}, {format}) => family === 'flite' && format === 'wasm',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => footprint(model, device, workingBytes),
	async load({model, session, device}) {
		const {name, voices} = model.manifest;
		const file = model.paths['weights'];
		if (file === undefined || voices === undefined || voices.length === 0)
			throw new MofaError('model-invalid', {model: name, problem: 'it has no weights file or no voices'});
		const program = await prepared(session, file).catch((error: unknown) => {
			throw new MofaError('model-invalid', {model: name, problem: String(error)}, {cause: error});
		});
		return {
			tasks: {speech: speechHandler(program, voices)},
			get footprint() {
				return footprint(model, device, Math.max(workingBytes, program.memoryBytes));
			},
			// One thread computes for all; who comes second hears something before the first is through.
			slots: 4,
			usefulThreads: 1,
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

async function prepared(session: FliteSession, file: string): Promise<FliteProgram> {
	const program = await session.compile(file);
	program.prepare();
	return program;
}

/** The program as it was read, and a memory with the voices in it. */
function footprint({variant}: InstalledModel, device: Device, working: number): Footprint {
	const bytes = variant.files.reduce((sum, file) => sum + file.bytes, 0);
	return {[device.pools['unified'] === undefined ? 'ram' : 'unified']: bytes + working};
}
