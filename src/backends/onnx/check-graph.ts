import {MofaError} from '../../contract/error.ts';
import type {OnnxGraph} from './session.ts';

/** What an adapter feeds and reads. */
export interface GraphNeeds {
	/** Element type of each tensor that is fed, such as `float32`; the graph may take no others. */
	readonly inputs: Readonly<Record<string, string>>;
	/** Tensors that are read; others may be there. */
	readonly outputs: readonly string[];
}

/** Throws `model-invalid` for a graph that was made for something else: better while loading than in the first answer. */
export function checkGraph(
	{file, inputs, outputs}: Pick<OnnxGraph, 'file' | 'inputs' | 'outputs'>,
	needs: GraphNeeds,
): void {
	const takes = new Map(inputs.map(({name, type}) => [name, type]));
	const gives = new Set(outputs.map(({name}) => name));
	const unfed = [...takes.keys()].filter(name => !Object.hasOwn(needs.inputs, name));
	const wrong = Object.entries(needs.inputs).filter(([name, type]) => takes.get(name) !== type);
	const missing = needs.outputs.filter(name => !gives.has(name));
	if (unfed.length + wrong.length + missing.length === 0) return;
	const wanted = Object.entries(needs.inputs).map(([name, type]) => `${name} (${type})`);
	const found = inputs.map(({name, type}) => `${name} (${type})`);
	throw new MofaError('model-invalid', {
		model: file,
		problem: `its graph takes ${list(found)} and gives ${list([...gives])}, where ${list(wanted)} and ${list(needs.outputs)} are wanted`,
	});
}

/** Names of a file that a stranger made are as long and as many as they like. */
function list(names: readonly string[]): string {
	const shown = names.slice(0, 8).map(name => (name.length > 40 ? `${name.slice(0, 39)}…` : name));
	if (names.length > shown.length) shown.push('…');
	return shown.length === 0 ? 'nothing' : shown.join(', ');
}
