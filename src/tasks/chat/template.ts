import {MofaError} from '../../contract/error.ts';
import type {ChatRequest} from '../chat.ts';
import {compileJinja, JinjaFailure, type JinjaProgram} from './bounded-jinja.ts';
import {
	describeEverything,
	foldSystem,
	joinTurns,
	shortenIds,
	stringifyArguments,
	toTemplateMessages,
	toTemplateTools,
	typeContent,
	type Retelling,
	type TemplateMessage,
	type TemplateTool,
} from './template-messages.ts';
import {strftime} from './strftime.ts';

export interface ChatTemplate {
	/** The template names a thinking mode, a thinking tag or reasoning. */
	readonly thinks: boolean;
	/** The template does something with `tools`. */
	readonly tools: boolean;
	/**
	 * The prompt for the assistant's next turn. Throws `invalid-request` naming `messages` where the template refuses
	 * the conversation in every way it can be told, or the part that is not text.
	 */
	render(request: Pick<ChatRequest, 'messages' | 'tools' | 'toolChoice' | 'think'>): string;
	/** Whether a rendered prompt begins with the BOS token, so that tokenizing must not add a second. */
	startsWithBos(prompt: string): boolean;
}

export interface TemplateTokens {
	readonly bos: string;
	readonly eos: string;
}

/**
 * A chat template as it lies in a model file (Jinja). Throws `model-invalid` where it cannot be read; `model` is the
 * name that error carries.
 */
export function compileTemplate(source: string, tokens: TemplateTokens, model = 'chat template'): ChatTemplate {
	const {program, habits, functions} = compile(source, tokens, model);
	return {
		thinks: /enable_thinking|thinking|reasoning|<think>|\[THINK\]|<\|channel\|?>/.test(source),
		tools: functions || /\btools\b/.test(source),
		render: request => render(program, tokens, habits, request),
		startsWithBos: prompt => tokens.bos !== '' && prompt.startsWith(tokens.bos),
	};
}

function compile(
	source: string,
	tokens: TemplateTokens,
	model: string,
): {readonly program: JinjaProgram; readonly habits: readonly Retelling[]; readonly functions: boolean} {
	try {
		const program = compileJinja(source);
		const functions = /\bfunctions\b/.test(source) && writesFunctions(program, tokens);
		return {program, habits: learnHabits(program, tokens), functions};
	} catch (error) {
		if (!(error instanceof JinjaFailure)) throw error;
		const problem =
			error.kind === 'too-costly'
				? `its chat template does not end: ${error.message}`
				: `its chat template cannot be read: ${error.message}`;
		throw new MofaError('model-invalid', {model, problem}, {cause: error});
	}
}

function render(
	program: JinjaProgram,
	tokens: TemplateTokens,
	habits: readonly Retelling[],
	request: Pick<ChatRequest, 'messages' | 'tools' | 'toolChoice' | 'think'>,
): string {
	const messages = toTemplateMessages(request.messages);
	const variables = variablesOf(tokens, request);
	let refusal: JinjaFailure | undefined;
	const ways: readonly WayToTell[] = [
		...waysToTell,
		{retellings: [], extra: functionsOf(variables)},
		...('tools' in variables
			? waysToTell.map(({retellings}) => ({retellings, extra: {}, change: describedTools}))
			: []),
	];
	for (const {retellings, extra, change} of ways) {
		const told = [...retellings, ...habits].reduce<readonly TemplateMessage[]>((so, retell) => retell(so), messages);
		try {
			return program.run({...extra, ...variables, ...change?.(variables), messages: told});
		} catch (error) {
			if (!(error instanceof JinjaFailure)) throw error;
			// What the template itself says is clearer than what failed inside it.
			if (refusal?.kind !== 'raised' || error.kind === 'raised') refusal = error;
			if (error.kind === 'too-costly') break;
		}
	}
	throw new MofaError(
		'invalid-request',
		{
			path: 'messages',
			expected: `a conversation that the model's chat template takes; it says: ${refusal?.message.slice(0, 300)}`,
		},
		{cause: refusal},
	);
}

type Variables = Readonly<Record<string, unknown>>;

interface WayToTell {
	readonly retellings: readonly Retelling[];
	/** Beside the variables, and instead of some of them. */
	readonly extra?: Variables;
	readonly change?: (variables: Variables) => Variables;
}

/** As the client told it, then with less and less that some template is known to refuse. */
const waysToTell: readonly WayToTell[] = [
	{retellings: []},
	// A few filter `tools` where there are none.
	{retellings: [], extra: {tools: []}},
	{retellings: [shortenIds]},
	{retellings: [joinTurns]},
	{retellings: [foldSystem]},
	{retellings: [foldSystem, joinTurns]},
	{retellings: [foldSystem, joinTurns, shortenIds]},
];

function variablesOf(
	tokens: TemplateTokens,
	request: Pick<ChatRequest, 'tools' | 'toolChoice' | 'think'>,
): Readonly<Record<string, unknown>> {
	const tools = request.toolChoice === 'none' ? [] : (request.tools ?? []);
	const {think} = request;
	return {
		bos_token: tokens.bos,
		eos_token: tokens.eos,
		add_generation_prompt: true,
		// Left out rather than empty: templates ask whether `tools` is there.
		...(tools.length > 0 && {tools: toTemplateTools(tools)}),
		...(think !== undefined && {enable_thinking: think !== false, thinking: think !== false}),
		...(typeof think === 'string' && {reasoning_effort: think}),
	};
}

function describedTools({tools}: Variables): Variables {
	return Array.isArray(tools) ? {tools: describeEverything(tools as readonly TemplateTool[])} : {};
}

/** Some templates read the tools as one text in `functions`, and ask for the time beside it. */
function functionsOf({tools}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	const functions = Array.isArray(tools) ? (tools as readonly TemplateTool[]).map(tool => tool.function) : [];
	return {functions: JSON.stringify(functions, null, 4), datetime: strftime(new Date(), '%Y-%m-%d %H:%M:%S')};
}

function writesFunctions(program: JinjaProgram, tokens: TemplateTokens): boolean {
	const variables = {...variablesOf(tokens, {}), functions: 'mofa-functions', datetime: ''};
	try {
		return program.run({...variables, messages: [{role: 'user', content: 'Hello'}]}).includes('mofa-functions');
	} catch (error) {
		if (error instanceof JinjaFailure && error.kind === 'too-costly') throw error;
		return false;
	}
}

/**
 * Found by rendering two small conversations: how this template reads content and the arguments of calls. Throws where
 * even these are too costly.
 */
function learnHabits(program: JinjaProgram, tokens: TemplateTokens): Retelling[] {
	const shows = (messages: readonly TemplateMessage[], ...needles: readonly string[]): boolean => {
		try {
			const text = program.run({...variablesOf(tokens, {}), messages});
			return needles.every(needle => text.includes(needle));
		} catch (error) {
			if (error instanceof JinjaFailure && error.kind === 'too-costly') throw error;
			return false;
		}
	};
	const habits: Retelling[] = [];
	const question: TemplateMessage[] = [{role: 'user', content: 'mofa-question'}];
	if (!shows(question, 'mofa-question') && shows(typeContent(question), 'mofa-question')) habits.push(typeContent);
	const call: TemplateMessage[] = [
		...question,
		{
			role: 'assistant',
			content: '',
			tool_calls: [
				{type: 'function', id: 'call00000', function: {name: 'mofa-tool', arguments: {key: 'mofa-argument'}}},
			],
		},
		{role: 'tool', content: 'mofa-result', tool_call_id: 'call00000', name: 'mofa-tool'},
	];
	const told = habits.reduce<readonly TemplateMessage[]>((so, retell) => retell(so), call);
	const needles = ['mofa-tool', 'mofa-argument'];
	if (!shows(told, ...needles) && shows(stringifyArguments(told), ...needles)) habits.push(stringifyArguments);
	return habits;
}
