import {schemaToGrammar} from '../../lib/json-schema/to-grammar.ts';
import {MofaError} from '../../contract/error.ts';
import type {RunContext} from '../../contract/task.ts';
import type {ChatRequest, Tool} from '../../tasks/chat.ts';

/**
 * A grammar that allows nothing but a call of the tool that must be called. Undefined where none must be, and,
 * with a warning, where the model writes its calls in a form that this program cannot force.
 */
export function forcedCall(template: string, request: ChatRequest, context: RunContext): string | undefined {
	const choice = request.toolChoice;
	if (choice === undefined || choice === 'auto' || choice === 'none') return undefined;
	const tools = (request.tools ?? []).filter(({name}) => choice === 'required' || name === choice.name);
	if (tools.length === 0)
		throw new MofaError('invalid-request', {path: 'toolChoice', expected: 'a tool named in tools'});
	if (!writesJsonCalls(template)) {
		context.warn({setting: 'toolChoice', message: 'this model cannot be made to call a tool; it is only offered'});
		return undefined;
	}
	return callGrammar(tools);
}

/** `<tool_call>{"name": …, "arguments": …}</tool_call>`, and not the variant with nested tags. */
function writesJsonCalls(template: string): boolean {
	return template.includes('<tool_call>') && template.includes('"name"') && !template.includes('<function=');
}

function callGrammar(tools: readonly Tool[]): string {
	const calls = tools.map(({name, parameters}) => ({
		type: 'object',
		properties: {name: {const: name}, arguments: parameters ?? {type: 'object'}},
		required: ['name', 'arguments'],
		additionalProperties: false,
	}));
	const grammar = schemaToGrammar(calls.length === 1 ? (calls[0] ?? {}) : {anyOf: calls});
	return `${grammar.replace(/^root ::=/m, 'forced-call ::=')}\nroot ::= "<tool_call>\\n" forced-call "\\n</tool_call>"\n`;
}
