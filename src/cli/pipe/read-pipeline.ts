import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import type {PipelineSpec, StageSpec} from '../../contract/pipeline.ts';
import {parseStageWord} from '../../lib/stage-word.ts';
import {isFile, isPath, isWeights, resolveModelName} from '../model-name.ts';

/** Bytes; a pipeline is some lines. */
const largestFile = 1024 ** 2;

/** From the words of a shell. Paths become absolute: the daemon stands in another folder. */
export function pipelineOfWords(words: readonly string[], loop: boolean): PipelineSpec {
	return {stages: words.map(word => wordFrom(process.cwd(), word)), loop};
}

/** From a file. What is in it is checked by whoever plans it. Throws `file-error`, and `invalid-request` for what is neither JSON nor YAML. */
export async function pipelineOfFile(file: string, loop: boolean): Promise<PipelineSpec> {
	const parsed = await parseFile(file, await readText(file));
	const {stages, ...rest} = Array.isArray(parsed)
		? {stages: parsed as unknown}
		: (parsed as {readonly stages?: unknown});
	// The edge: the daemon says what is wrong with it, naming the stage.
	const spec = {...rest, stages} as PipelineSpec;
	return {
		...spec,
		...(Array.isArray(stages) ? {stages: spec.stages.map(stage => withPathFrom(path.dirname(file), stage))} : {}),
		...(loop ? {loop} : {}),
	};
}

async function readText(file: string): Promise<string> {
	try {
		if ((await stat(file)).size > largestFile) throw new Error(`a pipeline of at most ${largestFile} bytes`);
		return await readFile(file, 'utf8');
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: file, problem}, {cause: error});
	}
}

async function parseFile(file: string, text: string): Promise<object> {
	const parsed = await parseText(file, text);
	if (typeof parsed === 'object' && parsed !== null) return parsed;
	throw new MofaError('invalid-request', {path: file, expected: 'a list of stages, or an object with stages'});
}

async function parseText(file: string, text: string): Promise<unknown> {
	try {
		if (/\.json$/i.test(file)) return JSON.parse(text) as unknown;
		const {parse} = await import('yaml');
		// Aliases of aliases grow without end.
		return parse(text, {maxAliasCount: 100}) as unknown;
	} catch (error) {
		const problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
		throw new MofaError('invalid-request', {path: file, expected: `JSON or YAML (${problem})`}, {cause: error});
	}
}

/** A model that a file names by a path lies where the file does. */
function withPathFrom(folder: string, stage: string | StageSpec): string | StageSpec {
	if (typeof stage === 'string') return wordFrom(folder, stage);
	if (typeof stage !== 'object' || stage === null || typeof stage.model !== 'string') return stage;
	return {...stage, model: absolute(folder, stage.model)};
}

function wordFrom(folder: string, word: string): string {
	const {rest} = parseStageWord(word);
	return rest === null || rest === '' ? word : word.replace(rest, () => absolute(folder, rest));
}

/** A name stays a name. */
function absolute(folder: string, name: string): string {
	if (name.startsWith('~')) return resolveModelName(name);
	const isOne = isPath(name) || (isWeights(name) && isFile(path.resolve(folder, name)));
	return isOne ? path.resolve(folder, name) : name;
}
