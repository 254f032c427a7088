import {spawn} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {smallestGraph} from '../onnx/smallest-graph.ts';
import type {Pack} from './pack.ts';

/** Programs that load a runtime and use it once, by backend; each prints nothing and exits 0 when it works. */
const programs: Readonly<Record<string, (entry: string, accelerator: string) => string>> = {
	llama: (entry, accelerator) => `
		const {getLlama} = await import(${JSON.stringify(entry)});
		const gpu = ${JSON.stringify(accelerator === 'cpu' ? false : accelerator)};
		const llama = await getLlama({build: 'never', skipDownload: true, gpu, logLevel: 'disabled', progressLogs: false});
		if (llama.gpu !== gpu) throw new Error('it runs on ' + (llama.gpu || 'the CPU') + ' instead of ' + gpu);
		await llama.dispose();`,
	onnx: entry => `
		const {default: {InferenceSession}} = await import(${JSON.stringify(entry)});
		const graph = Uint8Array.from(${JSON.stringify([...smallestGraph])});
		const session = await InferenceSession.create(graph, {executionProviders: ['cpu'], logSeverityLevel: 4});
		await session.release();
		await import('@huggingface/transformers');`,
	'llama-server': entry => `
		const {spawnSync} = await import('node:child_process');
		const {fileURLToPath} = await import('node:url');
		const program = fileURLToPath(${JSON.stringify(entry)});
		const {error, status, signal} = spawnSync(program, ['--version'], {stdio: ['ignore', 'ignore', 'inherit']});
		if (error !== undefined) throw error;
		if (status !== 0) throw new Error('it ended with ' + (signal ?? status));`,
};

/**
 * Loads an installed pack in a process of its own, so that a bad driver ends that one only.
 * Resolves to null when it works, else to the last line it said.
 */
export async function checkPack(pack: Pack, folder: string, signal: AbortSignal): Promise<string | null> {
	const program = programs[pack.backend];
	if (program === undefined) return null;
	// A file of its own: the runtime starts itself again to test its binary, and would inherit an evaluated text.
	const file = path.join(folder, 'check.mjs');
	await writeFile(file, program(pathToFileURL(path.join(folder, pack.entry)).href, pack.accelerator));
	return new Promise(resolve => {
		const child = spawn(process.execPath, [file], {
			stdio: ['ignore', 'ignore', 'pipe'],
			signal,
			timeout: 60_000,
			windowsHide: true,
		});
		let said = '';
		child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4000)));
		child.on('error', error => resolve(error.message));
		child.on('close', (code, killed) =>
			resolve(code === 0 ? null : lastLine(said) || `it ended with ${killed ?? code}`),
		);
	});
}

const lastLine = (text: string): string =>
	text
		.split('\n')
		.findLast(line => /error/i.test(line))
		?.trim() ??
	text.trim().split('\n').at(-1)?.trim() ??
	'';
