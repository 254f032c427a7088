import {spawn} from 'node:child_process';
import {statSync} from 'node:fs';
import * as z from 'zod';
import type {Availability, Device} from '../../contract/backend.ts';
import {chooseProviders} from './providers.ts';
import {runtimeEntry} from './runtime.ts';
import {smallestGraph} from './smallest-graph.ts';

const timeoutMs = 20_000;
const installHint = 'mofa backend install onnx-cpu';

/** Loads the native code in a child process and opens a graph there, which takes 0.2 s. Never throws. */
export async function probeOnnx(device: Device): Promise<Availability> {
	const entry = runtimeEntry();
	if (entry === undefined) return {ok: false, reason: 'not-installed', hint: installHint};
	const all = await probe(entry, device);
	// A driver that ends the process leaves the processor.
	return all.ok || device.accelerators.length === 0 ? all : probe(entry, {...device, accelerators: []});
}

/** The runtime's own file, as it is now, on this node, for these accelerators. */
export async function probedFrom(device: Device): Promise<string | null> {
	const entry = runtimeEntry();
	if (entry === undefined) return null;
	const {mtimeMs, size} = statSync(entry);
	return [entry, mtimeMs, size, process.version, process.arch, ...device.accelerators].join(' ');
}

const reportSchema = z.object({version: z.string(), accelerator: z.string()});

function probe(entry: string, device: Device): Promise<Availability> {
	return new Promise(resolve => {
		const crashed = (detail: string): void =>
			resolve({ok: false, reason: 'crashed', hint: detail === '' ? installHint : detail.slice(-300)});
		const child = spawn(process.execPath, ['-'], {
			stdio: ['pipe', 'pipe', 'pipe'],
			timeout: timeoutMs,
			killSignal: 'SIGKILL',
			windowsHide: true,
		});
		let output = '';
		let problem = '';
		child.stdout.on('data', chunk => (output = `${output}${String(chunk)}`.slice(-4096)));
		child.stderr.on('data', chunk => (problem = `${problem}${String(chunk)}`.slice(-4096)));
		child.on('error', error => crashed(error.message));
		child.on('close', () => {
			const report = reportSchema.safeParse(parseLine(output));
			if (report.success) resolve({ok: true, ...report.data});
			else crashed(problem.trim());
		});
		child.stdin.on('error', () => undefined);
		child.stdin.end(script(entry, chooseProviders(device)));
	});
}

function parseLine(output: string): unknown {
	try {
		return JSON.parse(output.trim().split('\n').at(-1) ?? '');
	} catch {
		return undefined;
	}
}

/** Names the first of the wanted providers that opens a graph, and proves that the processor does. */
function script(entry: string, wanted: readonly string[]): string {
	return `process.env.ORT_DISABLE_TELEMETRY = '1';
(async () => {
	const {InferenceSession, env, listSupportedBackends} = require(${JSON.stringify(entry)});
	const graph = Uint8Array.from(${JSON.stringify([...smallestGraph])});
	const built = listSupportedBackends().map(({name}) => name);
	const open = name => InferenceSession.create(graph, {executionProviders: [name], logSeverityLevel: 4});
	const version = env.versions.node;
	for (const accelerator of ${JSON.stringify(wanted)}.filter(name => built.includes(name)))
		try { await open(accelerator); return {version, accelerator}; } catch {}
	await open('cpu');
	return {version, accelerator: 'cpu'};
})().then(
	report => process.stdout.write(JSON.stringify(report) + '\\n', () => process.exit(0)),
	error => { process.stderr.write(String(error && error.message || error)); process.exitCode = 1; },
);
`;
}
