import {execFile} from 'node:child_process';
import {existsSync, statSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import * as z from 'zod';
import type {Availability, Backend} from '../../contract/backend.ts';
import {MofaError} from '../../contract/error.ts';
import {packageFile} from '../../lib/package-file.ts';
import {onlineRecognizer, type OnlineConfig, type OnlineModule, type OnlineRecognizer} from './online.ts';

/** Next-gen Kaldi's sherpa-onnx inside this process: speech families that ONNX Runtime alone has no front end for. */
export interface SherpaSession extends AsyncDisposable {
	/** Blocks this thread meanwhile. Throws `model-invalid`; a graph without the facts it should have ends the process: look at it before. */
	open(config: SherpaConfig): SherpaRecognizer;
	/** The same for what hears sound as it comes in. */
	openOnline(config: OnlineConfig): OnlineRecognizer;
}

/** As the package has it: one of the families, and what all of them need. */
export interface SherpaConfig {
	readonly model: string;
	readonly featConfig: {readonly sampleRate: number; readonly featureDim: number};
	readonly modelConfig: Readonly<Record<string, unknown>> & {readonly tokens: string; readonly numThreads: number};
}

export interface SherpaRecognizer {
	/** Samples in -1..1. Computes off this thread; what runs, runs to its end. */
	recognize(samples: Float32Array, sampleRate: number): Promise<SherpaResult>;
}

export interface SherpaResult {
	readonly text: string;
	readonly tokens: readonly string[];
	/** Seconds, one for each token, where the family tells. */
	readonly timestamps: readonly number[];
	/** `<|zh|>`; empty where the family does not tell. */
	readonly lang: string;
}

const hint = 'mofa backend install sherpa';
const timeoutMs = 20_000;
const entryIn = ['sherpa-onnx-node', 'sherpa-onnx.js'] as const;

export const sherpa: Backend<SherpaSession> = {
	name: 'sherpa',
	probe: () => probe(),
	async probedFrom() {
		const entry = runtimeEntry();
		if (entry === undefined) return null;
		const {mtimeMs, size} = statSync(entry);
		return [entry, mtimeMs, size, process.version, process.arch].join(' ');
	},
	async open({signal}) {
		const module = requireRuntime();
		signal.throwIfAborted();
		return {
			open: config => recognizerOf(module, config),
			openOnline: config => onlineRecognizer(module, config),
			[Symbol.asyncDispose]: async () => undefined,
		};
	},
};

interface NativeStream {
	acceptWaveform(sound: {readonly sampleRate: number; readonly samples: Float32Array}): void;
}

interface NativeRecognizer {
	createStream(): NativeStream;
	decodeAsync(stream: NativeStream): Promise<unknown>;
}

interface SherpaModule extends OnlineModule {
	readonly OfflineRecognizer: new (config: unknown) => NativeRecognizer;
}

const resultSchema: z.ZodType<SherpaResult> = z.object({
	text: z.string(),
	tokens: z.array(z.string()).catch([]),
	timestamps: z.array(z.number()).catch([]),
	lang: z.string().catch(''),
});

function recognizerOf({OfflineRecognizer}: SherpaModule, {model, ...config}: SherpaConfig): SherpaRecognizer {
	let native: NativeRecognizer;
	try {
		native = new OfflineRecognizer(config);
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('model-invalid', {model, problem: problem.slice(0, 300)}, {cause: error});
	}
	return {
		async recognize(samples, sampleRate) {
			const stream = native.createStream();
			stream.acceptWaveform({sampleRate, samples});
			return resultSchema.parse(await native.decodeAsync(stream));
		},
	};
}

/** The pack that whoever started this process chose, else the package beside this program. */
function runtimeEntry(environment: NodeJS.ProcessEnv = process.env): string | undefined {
	const chosen = environment['MOFA_SHERPA_RUNTIME'];
	if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? path.resolve(chosen) : undefined;
	return packageFile(import.meta.url, ...entryIn);
}

function requireRuntime(): SherpaModule {
	const entry = runtimeEntry();
	if (entry === undefined)
		throw new MofaError('backend-unavailable', {backend: 'sherpa', reason: 'not-installed', hint});
	try {
		return createRequire(entry)(entry) as SherpaModule;
	} catch (error) {
		throw new MofaError('backend-unavailable', {backend: 'sherpa', reason: 'crashed', hint}, {cause: error});
	}
}

/** Loads the native code in a child process. Never throws. */
function probe(): Promise<Availability> {
	const entry = runtimeEntry();
	if (entry === undefined) return Promise.resolve({ok: false, reason: 'not-installed', hint});
	return new Promise(resolve => {
		const script = `process.stdout.write(require(${JSON.stringify(entry)}).version)`;
		execFile(process.execPath, ['-e', script], {timeout: timeoutMs, killSignal: 'SIGKILL'}, (error, stdout, stderr) => {
			const version = /^v?(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1];
			if (error === null && version !== undefined) resolve({ok: true, version, accelerator: 'cpu'});
			else resolve({ok: false, reason: 'crashed', hint: stderr.trim().slice(-300) || hint});
		});
	});
}
