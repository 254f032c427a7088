import {spawn} from 'node:child_process';
import {statSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
import * as z from 'zod';
import type {Availability, Device} from '../../contract/backend.ts';
import {gpuOf, runtimeEntry, type Gpu} from './runtime.ts';

const timeoutMs = 20_000;
const installHint = 'mofa backend install llama';

/** Loads the native code in a child process, which takes about a second. Never throws. */
export async function probeLlama(device: Device): Promise<Availability> {
	const entry = runtimeEntry();
	if (entry === undefined) return {ok: false, reason: 'not-installed', hint: installHint};
	return probe(entry, gpuOf(device));
}

/** The runtime's own file, as it is now, on this node, for this accelerator. */
export async function probedFrom(device: Device): Promise<string | null> {
	const entry = runtimeEntry();
	if (entry === undefined) return null;
	const {mtimeMs, size} = statSync(entry);
	return [entry, mtimeMs, size, process.version, process.arch, ...device.accelerators].join(' ');
}

async function probe(entry: string, gpu: Gpu): Promise<Availability> {
	const first = await runChild(entry, gpu);
	if (first.ok || gpu === false) return first;
	// An accelerator whose build is not here leaves the processor.
	const plain = await runChild(entry, false);
	return plain.ok ? plain : first;
}

const reportSchema = z.object({release: z.string(), gpu: z.union([z.string(), z.literal(false)])});

function runChild(entry: string, gpu: Gpu): Promise<Availability> {
	return new Promise(resolve => {
		const crashed = (detail: string): void =>
			resolve({ok: false, reason: 'crashed', hint: detail === '' ? installHint : detail.slice(-300)});
		// The script goes in on stdin: flags like -e would be inherited by the package's own self-test and break it.
		const child = spawn(process.execPath, ['-'], {
			stdio: ['pipe', 'pipe', 'pipe'],
			timeout: timeoutMs,
			killSignal: 'SIGKILL',
		});
		let output = '';
		let problem = '';
		child.stdout.on('data', chunk => (output = `${output}${String(chunk)}`.slice(-4096)));
		child.stderr.on('data', chunk => (problem = `${problem}${String(chunk)}`.slice(-4096)));
		child.on('error', error => crashed(error.message));
		child.on('close', () => {
			const report = reportSchema.safeParse(parseLine(output));
			if (!report.success) crashed(problem.trim());
			else resolve({ok: true, version: report.data.release, accelerator: report.data.gpu || 'cpu'});
		});
		child.stdin.on('error', () => undefined);
		child.stdin.end(script(entry, gpu));
	});
}

function parseLine(output: string): unknown {
	try {
		return JSON.parse(output.trim().split('\n').at(-1) ?? '');
	} catch {
		return undefined;
	}
}

function script(entry: string, gpu: Gpu): string {
	return `import(${JSON.stringify(pathToFileURL(entry).href)})
.then(({getLlama}) => getLlama({gpu: ${JSON.stringify(gpu)}, build: 'never', skipDownload: true, progressLogs: false, logLevel: 'disabled'}))
.then(llama => { process.stdout.write(JSON.stringify({release: llama.llamaCppRelease.release, gpu: llama.gpu}) + '\\n', () => process.exit(0)); })
.catch(error => { process.stderr.write(String(error && error.message || error)); process.exitCode = 1; });
`;
}
