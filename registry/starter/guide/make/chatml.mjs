/**
 * A conversation as the text the model sees, in parts that say how much each counts in training. The same layout as
 * template.jinja, which the GGUF carries; the guide's unit test holds the two against each other.
 */

/** Compact: how much a part counts in training, in hundredths. */
const counts = {none: 0, question: 10, answer: 100};

export function toParts({messages, tools}) {
	const parts = [];
	const put = (text, count) => parts.push({text, count});
	const system = messages[0].role === 'system' ? messages[0].content : undefined;
	if (tools?.length) put(`<|im_start|>system\n${system === undefined ? '' : `${system}\n\n`}${toolText(tools)}<|im_end|>\n`, counts.none);
	else if (system !== undefined) put(`<|im_start|>system\n${system}<|im_end|>\n`, counts.none);
	for (const message of messages) {
		if (message.role === 'user') {
			put('<|im_start|>user\n', counts.none);
			put(`${message.content}<|im_end|>`, counts.question);
			put('\n', counts.none);
		} else if (message.role === 'tool')
			put(`<|im_start|>user\n<tool_response>\n${message.content}\n</tool_response><|im_end|>\n`, counts.none);
		else if (message.role === 'assistant') {
			put('<|im_start|>assistant\n', counts.none);
			const calls = (message.tool_calls ?? []).map(
				call => `<tool_call>\n{"name": "${call.name}", "arguments": ${spaced(call.arguments)}}\n</tool_call>`,
			);
			put(`${[message.content, ...calls].filter(Boolean).join('\n')}<|im_end|>`, counts.answer);
			put('\n', counts.none);
		}
	}
	return parts;
}

function toolText(tools) {
	return ['# Tools\n<tools>', ...tools.map(spaced), '</tools>'].join('\n');
}

/** JSON as Jinja's `tojson` writes it: a space after each comma and colon. */
export function spaced(value) {
	if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
	if (typeof value === 'object' && value !== null)
		return `{${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`).join(', ')}}`;
	return JSON.stringify(value);
}
