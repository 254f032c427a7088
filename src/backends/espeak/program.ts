import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {packageFile} from '../../lib/package-file.ts';

/** The synthesizer as a process of its own, started for each sentence: its licence, and its faults, stay there. */
export type EspeakProgram =
	/** The system's own; a call takes some 20 ms. */
	| {readonly kind: 'binary'; readonly file: string}
	/** The pack, in WebAssembly; a call takes some 600 ms. */
	| {readonly kind: 'module'; readonly file: string};

export interface EspeakCall {
	/** Options of the command line, without those that say where text comes from and where output goes. */
	readonly options: readonly string[];
	readonly text: string;
	/** What to give back: the phonemes, or a WAV file. */
	readonly wanted: 'phonemes' | 'wav';
	readonly signal: AbortSignal;
}

/** Milliseconds; a sentence takes a hundredth of it. */
const longestCall = 60_000;
/** Bytes; a quarter of an hour of sound. */
const largestOutput = 40_000_000;

/** The system's binary, else the pack that whoever started this process chose, else the package beside this program. */
export function findProgram(environment: NodeJS.ProcessEnv = process.env): EspeakProgram | null {
	const folders = (environment['PATH'] ?? '').split(path.delimiter).filter(folder => folder !== '');
	const names = process.platform === 'win32' ? ['espeak-ng.exe'] : ['espeak-ng'];
	const binary = folders.flatMap(folder => names.map(name => path.join(folder, name))).find(file => existsSync(file));
	if (binary !== undefined) return {kind: 'binary', file: binary};
	const chosen = environment['MOFA_ESPEAK_RUNTIME'];
	if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? {kind: 'module', file: chosen} : null;
	const file = packageFile(import.meta.url, 'espeak-ng', 'dist', 'espeak-ng.js');
	return file === undefined ? null : {kind: 'module', file};
}

/** What the program wrote. Throws an error with its own words where it fails. */
export function runProgram(program: EspeakProgram, call: EspeakCall): Promise<Buffer> {
	if (program.kind === 'binary') {
		const output = call.wanted === 'wav' ? ['--stdout'] : ['-q'];
		return outputOf(program.file, [...call.options, ...output, '--stdin'], call.text, call.signal);
	}
	return outputOf(process.execPath, ['-'], script(program.file, call), call.signal);
}

function outputOf(file: string, options: readonly string[], input: string, signal: AbortSignal): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const settings = {
			encoding: 'buffer',
			maxBuffer: largestOutput,
			timeout: longestCall,
			killSignal: 'SIGKILL',
			signal,
		} as const;
		const child = execFile(file, options, settings, (error, stdout, stderr) => {
			if (error === null) resolve(stdout);
			else reject(signal.aborted ? error : new Error(stderr.toString().trim().slice(0, 300) || error.message));
		});
		child.stdin?.on('error', () => undefined);
		child.stdin?.end(input);
	});
}

/** The package's main function runs the command line once, over a file system in memory. */
function script(module: string, {options, text, wanted}: EspeakCall): string {
	const output = wanted === 'wav' ? ['-w', 'output'] : ['-q', '--phonout', 'output'];
	const settings = JSON.stringify([...options, ...output, '-f', 'input']);
	return `import(${JSON.stringify(pathToFileURL(module).href)}).then(async ({default: start}) => {
const said = [];
const program = await start({arguments: ${settings}, print() {}, printErr: line => said.push(line),
	preRun: [({FS}) => FS.writeFile('input', ${JSON.stringify(text)})]});
let bytes;
try { bytes = program.FS.readFile('output'); } catch { process.stderr.write(said[0] ?? 'no output'); process.exit(1); }
process.stdout.write(bytes, () => process.exit(0));
}, error => { process.stderr.write(String(error && error.message || error)); process.exitCode = 1; });
`;
}
