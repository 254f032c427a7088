import {
	readDeepSeekCalls,
	readFunctionTags,
	readGemma,
	readHarmonyCalls,
	readJsonCalls,
	readKimiCalls,
	readMistralCalls,
	readPython,
	readTagged,
	type ReadCalls,
} from './tool-call-readers.ts';

/**
 * How model families mark what is not the answer itself. Data: another family is another line. Many of the marks are
 * special tokens, so an engine must turn special tokens into text before it parses.
 */

export interface ThinkingFormat {
	readonly kind: 'thinking';
	readonly mark: string;
	readonly close: string;
	/** Counts only where nothing of the answer stands before it: an answer may talk about the mark itself. */
	readonly leads: boolean;
}

export interface ToolFormat {
	readonly kind: 'tool';
	readonly mark: string;
	/** Any of them ends the call; so does the end of the answer. */
	readonly closes: readonly string[];
	readonly read: ReadCalls;
	readonly leads: boolean;
}

/** A mark that says nothing a person wants to read. */
export interface Silence {
	readonly kind: 'silence';
	readonly mark: string;
	readonly leads: boolean;
}

const thinking = (mark: string, close: string, leads = true): ThinkingFormat => ({
	kind: 'thinking',
	mark,
	close,
	leads,
});
const tool = (mark: string, closes: readonly string[], read: ReadCalls, leads = false): ToolFormat => ({
	kind: 'tool',
	mark,
	closes,
	read,
	leads,
});

export const thinkingFormats: readonly ThinkingFormat[] = [
	thinking('<think>', '</think>'), // Qwen, DeepSeek, GLM, MiniMax, Nemotron, SmolLM
	thinking('[THINK]', '[/THINK]'), // Mistral
	thinking('<seed:think>', '</seed:think>'), // Seed-OSS
	thinking('◁think▷', '◁/think▷'), // Kimi
	thinking('<|START_THINKING|>', '<|END_THINKING|>'), // Command
	thinking('<|inner_prefix|>', '<|inner_suffix|>'), // Apertus
	thinking('<|channel>thought\n', '<channel|>'), // Gemma 4
	thinking('<|channel|>analysis<|message|>', '<|end|>', false), // gpt-oss
];

export const toolFormats: readonly ToolFormat[] = [
	tool('<tool_call>', ['</tool_call>'], readTagged), // Qwen, Hermes, GLM, Granite 4
	tool('<function=', ['</function>'], body => readFunctionTags(`<function=${body}</function>`)), // Llama 3, Qwen3-Coder
	tool('<|python_tag|>', ['<|eom_id|>', '<|eot_id|>'], readPython), // Llama 3
	tool('<|tool_call_start|>', ['<|tool_call_end|>'], readPython), // LFM2
	tool('<|python_start|>', ['<|python_end|>'], readPython), // Llama 4
	tool('[TOOL_CALLS]', [], readMistralCalls), // Mistral
	tool('<|tool_call|>', ['<|/tool_call|>'], readJsonCalls), // Granite 3, Phi 4
	tool('<tool_calls>', ['</tool_calls>'], readJsonCalls), // MiniMax M1
	tool('<start_function_call>', ['<end_function_call>'], readGemma), // FunctionGemma
	tool('<|tool_call>', ['<tool_call|>'], readGemma), // Gemma 4
	tool('<|tool_calls_section_begin|>', ['<|tool_calls_section_end|>'], readKimiCalls), // Kimi K2
	tool('<｜tool▁calls▁begin｜>', ['<｜tool▁calls▁end｜>'], readDeepSeekCalls), // DeepSeek
	tool('<|START_ACTION|>', ['<|END_ACTION|>'], readJsonCalls), // Command
	tool('functools[', [], body => readJsonCalls(`[${body}`), true), // firefunction
	tool('<|channel|>commentary to=', ['<|call|>'], readHarmonyCalls), // gpt-oss, as are the next three
	tool('<|channel|>analysis to=', ['<|call|>'], readHarmonyCalls),
	tool('<|start|>assistant to=', ['<|call|>'], readHarmonyCalls),
	tool('to=functions.', ['<|call|>'], readHarmonyCalls, true),
];

export const silences: readonly Silence[] = [
	'<|start|>assistant',
	'<|channel|>final<|message|>',
	'<|channel|>final <|constrain|>json<|message|>',
	'<|channel|>commentary<|message|>',
	'<|end|>',
	'<|return|>',
	'<|START_RESPONSE|>',
	'<|END_RESPONSE|>',
].map(mark => ({kind: 'silence', mark, leads: false}));

/** How a call begins that a model (Llama 3) writes as its whole answer with no mark around it, white space left out. */
export const bareCallOpenings: readonly string[] = ['{"name":"', '[{"name":"', '{"type":"function"', '{"function":'];

/** Tokens inside of calls that the readers need as text, beside the marks themselves. */
const innerTokens =
	'<|channel|> <|message|> <|start|> <|constrain|> [ARGS] [CALL_ID] <escape> <|"|> <|channel> ' +
	'<arg_key> </arg_key> <arg_value> </arg_value> <|tool_call_begin|> <|tool_call_argument_begin|> <|tool_call_end|> ' +
	'<｜tool▁call▁begin｜> <｜tool▁sep｜> <｜tool▁call▁end｜>';

/** Special tokens that an engine must turn into text for the parser; each vocabulary has but a few of them. */
export const structuralTokens: readonly string[] = [
	...new Set([
		...innerTokens.split(' '),
		...thinkingFormats.flatMap(format => [format.mark, format.close]),
		...toolFormats.flatMap(format => [format.mark].concat(format.closes)),
		...silences.map(silence => silence.mark),
	]),
];
