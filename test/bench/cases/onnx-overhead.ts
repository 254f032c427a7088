/**
 * What a call through the backend costs beside the same call on the bare runtime, in turns, in one process: a graph that
 * does nothing, and, where it is there, one that does something.
 */
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Tensor} from 'onnxruntime-node';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import {sessionOptions} from '../../../src/backends/onnx/session-options.ts';
import {identityFile} from '../../helpers/identity-file.ts';
import {paired, print} from '../measure.ts';

const threads = 1;
const limit = 1.1;
const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));
const identity = path.join(folder, 'identity.onnx');
writeFileSync(identity, identityFile);
await using session = await onnx.open({signal: new AbortController().signal, device, threads});
const zeros = (...shape: number[]): Tensor =>
	new session.module.Tensor('float32', new Float32Array(shape.reduce((product, size) => product * size)), shape);

await measure('onnx call of nothing ÷ bare runtime', identity, {x: zeros(16)}, 500);
const spelling = path.resolve('../shared/models/spelling-cnn/spelling_cnn_mel.onnx');
if (existsSync(spelling))
	await measure('onnx call of a spelling network ÷ bare runtime', spelling, {log_mel: zeros(1, 1, 64, 128)}, 5);
rmSync(folder, {recursive: true});

async function measure(name: string, file: string, feeds: Record<string, Tensor>, calls: number): Promise<void> {
	await using graph = await session.open(file);
	const bare = await session.module.InferenceSession.create(file, sessionOptions(threads));
	const rate = async (call: () => Promise<unknown>): Promise<number> => {
		const start = performance.now();
		for (let index = 0; index < calls; index += 1) await call();
		return ((performance.now() - start) / calls) * 1000;
	};
	const result = await paired(
		80,
		() => rate(() => graph.run(feeds)),
		() => rate(() => bare.run(feeds)),
	);
	await bare.release();
	print({name, ...result, unit: 'µs a call', limit});
}
