import {readGemmaCalls} from './gemma-calls.ts';
import {readPythonCalls} from './python-calls.ts';

/** A call as a model wrote it; the id only where its format has one. */
export interface WrittenCall {
	readonly id?: string;
	readonly name: string;
	readonly arguments: Readonly<Record<string, unknown>>;
}

/** Reads what stands between the marks of a tool call. Undefined: it is not one, so it is text. */
export type ReadCalls = (body: string) => readonly WrittenCall[] | undefined;

/** `{"name": …, "arguments": {…}}`, an array of them, or one after the other; also `parameters` and OpenAI's nesting. */
export const readJsonCalls: ReadCalls = body => {
	const values = readJsonValues(body)?.flat();
	return values && all(values.map(asCall));
};

/** As `readJsonCalls`, but where nothing marks the text as a call, its arguments must be there. */
export const readBareJson: ReadCalls = body => {
	const values = readJsonValues(body)?.flat();
	const complete = values?.every(value => isRecord(value) && argumentsOf(value) !== undefined);
	return complete ? all((values ?? []).map(asCall)) : undefined;
};

/** Qwen and Hermes: JSON; Qwen3-Coder: `<function=…><parameter=…>`; GLM: `<arg_key>…<arg_value>…`. */
export const readTagged: ReadCalls = body => readJsonCalls(body) ?? readFunctionTags(body) ?? readArgumentTags(body);

/** `<function=name>{…}</function>` or with `<parameter=key>value</parameter>` inside. */
export const readFunctionTags: ReadCalls = body =>
	readEach(body, /<function=([^>\s]+)>([\s\S]*?)<\/function>/g, ([, name = '', inner = '']) => {
		if (inner.trim().startsWith('{')) return callFrom(name, inner);
		const pairs = [...inner.matchAll(/<parameter=([^>\s]+)>\n?([\s\S]*?)\n?<\/parameter>/g)];
		return {name, arguments: Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, looseValue(value)]))};
	});

const readArgumentTags: ReadCalls = body => {
	const match = /^\s*([\w.-]+)\s*((?:<arg_key>[\s\S]*?<\/arg_key>\s*<arg_value>[\s\S]*?<\/arg_value>\s*)*)$/.exec(body);
	if (!match) return undefined;
	const [, name = '', inner = ''] = match;
	const pairs = [...inner.matchAll(/<arg_key>([\s\S]*?)<\/arg_key>\s*<arg_value>([\s\S]*?)<\/arg_value>/g)];
	return [
		{name, arguments: Object.fromEntries(pairs.map(([, key = '', value = '']) => [key.trim(), looseValue(value)]))},
	];
};

/** `[{…}, {…}]`, or the newer `name[CALL_ID]id[ARGS]{…}`, again after every further `[TOOL_CALLS]`. */
export const readMistralCalls: ReadCalls = body => {
	if (/^\s*[[{]/.test(body)) return readJsonCalls(body);
	const calls = body.split('[TOOL_CALLS]').map(part => {
		const match = /^\s*([\w.-]+)\s*(?:\[CALL_ID\]([\w-]+))?\s*(?:\[ARGS\])?\s*(\{[\s\S]*\})\s*$/.exec(part);
		return match?.[1] === undefined ? undefined : callFrom(match[1], match[3] ?? '', match[2]);
	});
	return all(calls);
};

/** gpt-oss: `functions.name <|constrain|>json<|message|>{…}`, in the orders its authors describe. */
export const readHarmonyCalls: ReadCalls = body => {
	const match = /^(?:functions\.)?([\w.-]+)[^{]*?<\|message\|>([\s\S]*)$/.exec(body);
	return match?.[1] === undefined ? undefined : all([callFrom(match[1], match[2] ?? '')]);
};

/** `functions.name:0<|tool_call_argument_begin|>{…}` between its own marks. */
export const readKimiCalls: ReadCalls = body =>
	readEach(
		body,
		/<\|tool_call_begin\|>\s*((?:functions\.)?([^\s:<]+)(?::\d+)?)\s*<\|tool_call_argument_begin\|>([\s\S]*?)<\|tool_call_end\|>/g,
		([, id, name = '', json = '']) => callFrom(name, json, id),
	);

/** R1 and V3 wrap the JSON in a code block after `function`; V3.1 has the name and the JSON alone. */
export const readDeepSeekCalls: ReadCalls = body =>
	readEach(
		body,
		/<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>)?([^\n<]+?)(?:\n```json\n|<｜tool▁sep｜>)([\s\S]*?)(?:\n```)?<｜tool▁call▁end｜>/g,
		([, name = '', json = '']) => callFrom(name.trim(), json),
	);

export const readGemma: ReadCalls = body => readGemmaCalls(body);

/** JSON, or Python's way of calling with named arguments. */
export const readPython: ReadCalls = body => readJsonCalls(body) ?? readPythonCalls(body);

/** All matches of a pattern with nothing but white space between them. */
function readEach(
	body: string,
	pattern: RegExp,
	read: (match: RegExpExecArray) => WrittenCall | undefined,
): readonly WrittenCall[] | undefined {
	if (body.replaceAll(pattern, '').trim() !== '') return undefined;
	return all([...body.matchAll(pattern)].map(read));
}

/** Several JSON values, with white space, commas or semicolons between them. */
function readJsonValues(text: string): unknown[] | undefined {
	const values: unknown[] = [];
	let rest = text.trim();
	while (rest !== '') {
		const length = jsonLength(rest);
		const value = parseJson(rest.slice(0, length));
		if (value === undefined) return undefined;
		values.push(value);
		rest = rest.slice(length).replace(/^[\s,;]+/, '');
	}
	return values;
}

/** Where the object or array ends that the text begins with. */
function jsonLength(text: string): number {
	let depth = 0;
	let quoted = false;
	for (let at = 0; at < text.length; at += 1) {
		const char = text[at];
		if (quoted && char === '\\') at += 1;
		else if (char === '"') quoted = !quoted;
		else if (!quoted && (char === '{' || char === '[')) depth += 1;
		else if (!quoted && (char === '}' || char === ']')) {
			depth -= 1;
			if (depth === 0) return at + 1;
		}
	}
	return text.length;
}

function asCall(value: unknown): WrittenCall | undefined {
	if (!isRecord(value)) return undefined;
	const nested = value['function'];
	const source = isRecord(nested) ? nested : value;
	const name = source['name'] ?? source['tool_name'] ?? (typeof nested === 'string' ? nested : undefined);
	const given = argumentsOf(value);
	const args = given === undefined ? {} : asArguments(given);
	if (typeof name !== 'string' || name === '' || args === undefined) return undefined;
	const id = value['id'] ?? value['tool_call_id'];
	return {name, arguments: args, ...(typeof id === 'string' && id !== '' && {id})};
}

function argumentsOf(value: Readonly<Record<string, unknown>>): unknown {
	const nested = value['function'];
	const source = isRecord(nested) ? nested : value;
	return source['arguments'] ?? source['parameters'] ?? source['args'];
}

/** Some models write the arguments as JSON in a string. */
function asArguments(value: unknown): Readonly<Record<string, unknown>> | undefined {
	const parsed = typeof value === 'string' ? parseJson(value) : value;
	return isRecord(parsed) ? parsed : undefined;
}

function callFrom(name: string, json: string, id?: string): WrittenCall | undefined {
	const args = asArguments(json.trim() === '' ? '{}' : json);
	return args && {name, arguments: args, ...(id !== undefined && {id})};
}

/** These formats do not tell text from other values: what reads as JSON is taken as it. */
function looseValue(text: string): unknown {
	const value = parseJson(text);
	return value === undefined ? text : value;
}

function all<T>(values: ReadonlyArray<T | undefined>): readonly T[] | undefined {
	const present = values.filter(value => value !== undefined);
	return present.length > 0 && present.length === values.length ? present : undefined;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
