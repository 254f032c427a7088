import path from 'node:path';
import {diffusion} from '../../../src/adapters/diffusion.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import {image} from '../../../src/tasks/image.ts';
import {loadHere, modelAt} from '../../helpers/real-sound.ts';
import {paired, print} from '../measure.ts';
import {recordGraphs} from '../recorded-graphs.ts';

/**
 * A picture through the adapter, PNG and all, against the calls of the graphs that it makes, alone: the same inputs, in the same
 * order, straight to the runtime. `MOFA_BENCH_PAINTER` names a folder with another model than the one in the package;
 * `MOFA_BENCH_STEPS` and `MOFA_BENCH_SIZE` say what is drawn with it.
 */
const folder = process.env['MOFA_BENCH_PAINTER'] ?? path.resolve('registry/starter/brush');
const rounds = Number(process.env['MOFA_BENCH_ROUNDS'] ?? 5);
const steps = Number(process.env['MOFA_BENCH_STEPS'] ?? 25);
// Twice as large as it draws by itself: else making the PNG alone would be a fiftieth of all the work.
const size = Number(process.env['MOFA_BENCH_SIZE'] ?? 128);
const engine = await loadHere(diffusion, await modelAt(folder));
const handler = engine.tasks.image;
if (handler === undefined) throw new Error('it does not draw');
const {signal} = new AbortController();
const request = image.parse({
	prompt: 'a red circle above a blue square',
	seed: 1,
	steps,
	width: size,
	height: size,
});
const draw = (): Promise<unknown> => image.collect(handler(request, {signal, warn() {}}));

const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
await using session = await onnx.open({signal, device, threads: 1});
const graphs = await recordGraphs(session.module, draw);

const timed = async (work: () => Promise<unknown>): Promise<number> => {
	const start = performance.now();
	await work();
	return performance.now() - start;
};
print({
	name: `a picture: the adapter ÷ its ${graphs.count} calls of the graphs alone`,
	...(await paired(
		rounds,
		() => timed(draw),
		() => timed(graphs.again),
	)),
	unit: 'ms',
	limit: 1.1,
});
await engine[Symbol.asyncDispose]();
process.exit(0);
