import {MofaError} from '../../contract/error.ts';
import {readOnnxMetadata} from '../../lib/onnx-metadata.ts';
import {lookAtFile} from '../onnx/look-at-file.ts';

/** What an exporter wrote into a graph. */
export type GraphFacts = ReadonlyMap<string, string>;

/** How sherpa-onnx reads a fact: a number, several, or several with fractions. */
export interface NeededFacts {
	readonly numbers?: readonly string[];
	/** One for each stack of layers: all are of one length. */
	readonly lists?: readonly string[];
	readonly vectors?: readonly string[];
}

/** Larger sizes are damage: memory for them would be asked for. */
const largest = 1_000_000;

/** Throws `model-invalid` for a file that is no whole graph, `file-error` where it cannot be read. */
export async function readGraphFacts(file: string): Promise<GraphFacts> {
	await lookAtFile(file);
	const facts = await readOnnxMetadata(file).catch((error: unknown) => {
		throw new MofaError('file-error', {path: file, problem: error instanceof Error ? error.message : String(error)});
	});
	if (facts === null) throw new MofaError('model-invalid', {model: file, problem: 'it is cut off, or no ONNX graph'});
	return facts;
}

/** sherpa-onnx ends the process where one is missing or no number, so it is said before. Throws `model-invalid`. */
export function mustTell(file: string, facts: GraphFacts, {numbers = [], lists = [], vectors = []}: NeededFacts): void {
	const problem =
		firstOf(numbers, name => numberProblem(facts, name)) ??
		firstOf(lists, name => listProblem(facts, name)) ??
		firstOf(vectors, name => vectorProblem(facts, name)) ??
		lengthProblem(facts, lists) ??
		lengthProblem(facts, vectors);
	if (problem !== null) throw new MofaError('model-invalid', {model: file, problem});
}

/** A number that `mustTell` found to be one. */
export const numberIn = (facts: GraphFacts, name: string): number => Number(facts.get(name));

const missing = (name: string): string => `its graph does not say '${name}', as those made for sherpa-onnx do`;
const wrong = (name: string): string => `what its graph says as '${name}' is no number that could be right`;

function numberProblem(facts: GraphFacts, name: string): string | null {
	const text = facts.get(name);
	if (text === undefined || text === '') return missing(name);
	return isSize(text) ? null : wrong(name);
}

function listProblem(facts: GraphFacts, name: string): string | null {
	const text = facts.get(name);
	if (text === undefined || text === '') return missing(name);
	return text.split(',').every(isSize) ? null : wrong(name);
}

function vectorProblem(facts: GraphFacts, name: string): string | null {
	const text = facts.get(name);
	if (text === undefined || text === '') return missing(name);
	return text.split(',').every(item => item.trim() !== '' && Number.isFinite(Number(item))) ? null : wrong(name);
}

function lengthProblem(facts: GraphFacts, names: readonly string[]): string | null {
	const lengths = new Set(names.map(name => (facts.get(name) ?? '').split(',').length));
	return lengths.size <= 1 ? null : `its graph tells of a different number of parts in ${names.join(', ')}`;
}

const isSize = (text: string): boolean => /^\s*\d{1,9}\s*$/.test(text) && Number(text) <= largest;

function firstOf(names: readonly string[], problemOf: (name: string) => string | null): string | null {
	for (const name of names) {
		const problem = problemOf(name);
		if (problem !== null) return problem;
	}
	return null;
}
