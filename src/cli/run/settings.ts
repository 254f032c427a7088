import type {LoadSettings} from '../../contract/adapter.ts';
import {MofaError} from '../../contract/error.ts';
import type {RequestOf} from '../../contract/task.ts';

type Request = RequestOf<'completion'>;
type Sampling = NonNullable<Request['sampling']>;

/** What `--option` and `--seed` come to. */
export interface GenerationSettings {
	readonly sampling: Sampling;
	readonly maxTokens?: number;
	readonly stop?: readonly string[];
	readonly logprobs?: number;
	/** A change of these loads the model anew. */
	readonly load: LoadSettings;
}

const samplingNumbers: ReadonlySet<string> = new Set([
	'temperature',
	'top_p',
	'top_k',
	'min_p',
	'seed',
	'repeat_penalty',
	'repeat_last_n',
	'frequency_penalty',
	'presence_penalty',
]);

/** Names as Ollama and llama.cpp spell them. Throws `invalid-request` naming the option. */
export function generationSettings(assignments: readonly string[], seed?: string): GenerationSettings {
	const sampling: Record<string, number> = {};
	const load: Record<string, number> = {};
	const unknown: Record<string, unknown> = {};
	const stop: string[] = [];
	const limits: {maxTokens?: number; logprobs?: number} = {};
	const pairs = assignments.map(splitAssignment);
	if (seed !== undefined) pairs.push(['seed', seed]);
	for (const [name, value] of pairs) {
		if (samplingNumbers.has(name)) sampling[name] = number(name, value);
		else if (name === 'num_ctx') load['contextLength'] = count(name, value);
		else if (name === 'num_parallel') load['slots'] = count(name, value);
		else if (name === 'logprobs') limits.logprobs = number(name, value);
		else if (name === 'num_predict') setMaxTokens(limits, number(name, value));
		else if (name === 'stop') stop.push(...stopTexts(value));
		else unknown[name] = typed(value);
	}
	return {
		sampling: {...sampling, ...(Object.keys(unknown).length > 0 && {unknown})},
		...limits,
		...(stop.length > 0 && {stop}),
		load,
	};
}

function splitAssignment(assignment: string): [string, string] {
	const at = assignment.indexOf('=');
	if (at < 1) throw new MofaError('invalid-request', {path: '--option', expected: `name=value, not "${assignment}"`});
	return [assignment.slice(0, at).trim(), assignment.slice(at + 1)];
}

function number(name: string, value: string): number {
	const parsed = value.trim() === '' ? Number.NaN : Number(value);
	if (!Number.isFinite(parsed))
		throw new MofaError('invalid-request', {path: name, expected: `a number, not "${value}"`});
	return parsed;
}

function count(name: string, value: string): number {
	const parsed = number(name, value);
	if (!Number.isInteger(parsed) || parsed < 1)
		throw new MofaError('invalid-request', {path: name, expected: `a whole number above 0, not "${value}"`});
	return parsed;
}

/** Ollama's -1 and -2 mean no limit but the context's, which is what absence means here. */
function setMaxTokens(limits: {maxTokens?: number}, tokens: number): void {
	if (tokens >= 0) limits.maxTokens = tokens;
	else delete limits.maxTokens;
}

/** `a,b`, or JSON for texts with commas and line ends: `["\n\n", "a, b"]`. */
function stopTexts(value: string): readonly string[] {
	if (/^\s*[["]/.test(value)) {
		const parsed = typed(value);
		const texts: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
		if (texts.every(text => typeof text === 'string')) return texts;
	}
	const parts = value.split(',').filter(part => part !== '');
	return parts.length === 0 && value !== '' ? [value] : parts;
}

/** Numbers, `true`, `false`, `null` and JSON are what they look like, commas make a list, all else is text. */
function typed(value: string): unknown {
	try {
		return JSON.parse(value);
	} catch {
		return value.includes(',') ? value.split(',').map(part => typed(part.trim())) : value;
	}
}
