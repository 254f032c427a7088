import * as z from 'zod';
import type {Warning} from '../../contract/task.ts';
import type {ChatRequest, Effort, Tool} from '../../tasks/chat.ts';
import type {Format} from '../../tasks/generation.ts';
import {invalid} from '../envelope.ts';
import {listOf} from '../list-of.ts';
import type {JsonObject} from '../read-json.ts';
import {parseMessages} from './chat-messages.ts';
import {droppedFields} from './dropped-fields.ts';
import {
	generationFields,
	parseFields,
	parseGeneration,
	refuseUnsupported,
	unknownFields,
	type GenerationAsk,
} from './generation-fields.ts';

export interface ChatAsk extends GenerationAsk {
	readonly request: ChatRequest;
}

const json = z.record(z.string(), z.unknown());
const effort = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const responseFormat = z.discriminatedUnion('type', [
	z.object({type: z.literal('text')}),
	z.object({type: z.literal('json_object')}),
	z.object({
		type: z.literal('json_schema'),
		// Every schema is held to strictly.
		json_schema: z.object({name: z.string().nullish(), schema: json.nullish(), strict: z.unknown().optional()}),
	}),
]);
const tool = z.object({
	type: z.literal('function', "'function'"),
	function: z.object({
		name: z.string().min(1),
		description: z.string().nullish(),
		parameters: json.nullish(),
		strict: z.boolean().nullish(),
	}),
});
const named = z.object({type: z.literal('function'), function: z.object({name: z.string()})});

const fields = z.looseObject({
	messages: z.unknown(),
	max_tokens: z.int().min(0).nullish(),
	max_completion_tokens: z.int().min(0).nullish(),
	logprobs: z.boolean().nullish(),
	top_logprobs: z.int().min(0).max(20).nullish(),
	response_format: responseFormat.nullish(),
	reasoning_effort: z.enum(effort, `one of ${effort.join(', ')}`).nullish(),
	tools: listOf(tool, 'a list of tools').nullish(),
	tool_choice: z
		.union([z.enum(['auto', 'none', 'required']), named], "'auto', 'none', 'required', or a function by name")
		.nullish(),
	parallel_tool_calls: z.literal(true, 'true: how many tools a turn calls is up to the model').nullish(),
	modalities: listOf(z.literal('text', "'text'")).nullish(),
});

/** They tell a hosted service whom to bill, where to run and what to keep; here there is nothing to tell. */
const harmless: ReadonlySet<string> = new Set([
	'user',
	'metadata',
	'store',
	'service_tier',
	'safety_identifier',
	'prompt_cache_key',
	'prompt_cache_retention',
	'prediction',
]);

const unsupported = {
	logit_bias: 'nothing: biases for single tokens are not supported',
	functions: 'tools instead: functions is the form before them',
	function_call: 'tool_choice instead: function_call is the form before it',
	audio: 'nothing: chat answers in text',
	web_search_options: 'nothing: mofa searches no web',
};

/** Of one request. */
const mostWarnings = 64;

/** An OpenAI chat completion as our chat task has it. Throws `invalid-request` with the path as the client wrote it. */
export function parseChat(body: JsonObject): ChatAsk {
	refuseUnsupported(body, unsupported);
	const ask = parseGeneration(body);
	const parsed = parseFields(fields, body);
	const {messages, warnings} = parseMessages(parsed.messages);
	const request: ChatRequest = {
		messages,
		tools: parsed.tools?.map(toolOf),
		toolChoice: toolChoiceOf(parsed.tool_choice ?? undefined, parsed.tools?.map(toolOf) ?? []),
		think: thinkOf(parsed.reasoning_effort ?? undefined),
		sampling: ask.sampling,
		maxTokens: parsed.max_completion_tokens ?? parsed.max_tokens ?? ask.maxTokens,
		stop: ask.stop,
		format: formatOf(parsed.response_format ?? undefined),
		logprobs: logprobsOf(parsed.logprobs ?? false, parsed.top_logprobs ?? undefined),
	};
	const known = [generationFields, new Set(Object.keys(fields.shape)), harmless];
	return {
		...ask,
		request,
		warnings: [
			...unknownFields(body, ...known),
			...ask.warnings,
			...droppedFields(body, parsed),
			...warnings,
			...strictTools(parsed.tools ?? []),
		].slice(0, mostWarnings),
	};
}

function toolOf({function: described}: z.infer<typeof tool>): Tool {
	return {
		name: described.name,
		description: described.description ?? undefined,
		parameters: described.parameters ?? undefined,
	};
}

function toolChoiceOf(
	choice: 'auto' | 'none' | 'required' | z.infer<typeof named> | undefined,
	tools: readonly Tool[],
): ChatRequest['toolChoice'] {
	if (choice === undefined || typeof choice === 'string') return choice;
	const {name} = choice.function;
	if (!tools.some(known => known.name === name))
		throw invalid('tool_choice.function.name', 'the name of one of the tools');
	return {name};
}

/** Clamped to the three efforts that models know. */
function thinkOf(asked: (typeof effort)[number] | undefined): boolean | Effort | undefined {
	if (asked === undefined) return undefined;
	if (asked === 'none') return false;
	if (asked === 'minimal') return 'low';
	return asked === 'xhigh' || asked === 'max' ? 'high' : asked;
}

function formatOf(format: z.infer<typeof responseFormat> | undefined): Format | undefined {
	if (format === undefined || format.type === 'text') return undefined;
	if (format.type === 'json_object') return {type: 'json'};
	const {schema} = format.json_schema;
	return schema === undefined || schema === null ? {type: 'json'} : {type: 'json-schema', schema};
}

function logprobsOf(wanted: boolean, top: number | undefined): number | undefined {
	if (!wanted && top !== undefined && top > 0) throw invalid('top_logprobs', 'logprobs to be true as well');
	return wanted ? (top ?? 0) : undefined;
}

function strictTools(tools: ReadonlyArray<z.infer<typeof tool>>): readonly Warning[] {
	return tools.flatMap(({function: described}, index) =>
		described.strict === true
			? [
					{
						setting: `tools[${index}].function.strict`,
						message: `the arguments of ${described.name.slice(0, 128)} are not held to its schema`,
					},
				]
			: [],
	);
}
