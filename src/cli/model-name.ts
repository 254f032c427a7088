import {statSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const weights = /\.(gguf|onnx|safetensors)$/i;

/**
 * The daemon stands in another folder than the person, so a path becomes absolute here; a name stays a name.
 * `model.gguf` and `models/x.gguf` without a dot in front are paths only when such a file is there.
 */
export function resolveModelName(name: string): string {
	if (name === '~' || name.startsWith('~/')) return path.join(os.homedir(), name.slice(1));
	if (isPath(name) || (isWeights(name) && isFile(name))) return path.resolve(name);
	return name;
}

export function isPath(name: string): boolean {
	return /^(\.{1,2}([/\\]|$)|[/\\]|~(\/|$)|[A-Za-z]:[/\\])/.test(name);
}

/** Whether the name ends as files of weights do. */
export function isWeights(name: string): boolean {
	return weights.test(name);
}

export function isFile(file: string): boolean {
	return statSync(file, {throwIfNoEntry: false})?.isFile() === true;
}
