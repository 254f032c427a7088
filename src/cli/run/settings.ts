import type {LoadSettings} from '../../contract/adapter.ts';
import {
	modelOption,
	optionExpectation,
	parseOptionValue,
	seedOption,
	type ModelOption,
} from '../../client/model-options.ts';
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

/** Names as Ollama and llama.cpp spell them. Throws `invalid-request` naming the option. */
export function generationSettings(assignments: readonly string[], seed?: string): GenerationSettings {
	const sampling: Record<string, number> = {};
	const load: Record<string, number> = {};
	const unknown: Record<string, unknown> = {};
	const stop: string[] = [];
	const limits: {maxTokens?: number; logprobs?: number} = {};
	for (const [name, text] of assignments.map(splitAssignment)) {
		const option = modelOption(name);
		if (option === undefined) unknown[name] = typed(text);
		else if (option.place === 'stop') stop.push(...stopTexts(text));
		else {
			const value = numberOf(name, option, text);
			if (option.place === 'sampling') sampling[option.key] = value;
			else if (option.place === 'load') load[option.key] = value;
			else if (option.place === 'logprobs') limits.logprobs = value;
			else setMaxTokens(limits, value);
		}
	}
	if (seed !== undefined) sampling['seed'] = seedOf(seed);
	return {
		sampling: {...sampling, ...(Object.keys(unknown).length > 0 && {unknown})},
		...limits,
		...(stop.length > 0 && {stop}),
		load,
	};
}

function seedOf(text: string): number {
	return numberOf('--seed', seedOption, text);
}

function splitAssignment(assignment: string): [string, string] {
	const at = assignment.indexOf('=');
	if (at < 1) throw new MofaError('invalid-request', {path: '--option', expected: `name=value, not "${assignment}"`});
	return [assignment.slice(0, at).trim(), assignment.slice(at + 1)];
}

function numberOf(name: string, option: ModelOption, text: string): number {
	const value = parseOptionValue(option, text);
	if (typeof value === 'number') return value;
	throw new MofaError('invalid-request', {path: name, expected: `${optionExpectation(option)}, not "${text}"`});
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
