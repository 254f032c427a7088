import type http from 'node:http';

/** Characters of one event; a picture never comes back, so none is long. */
const longest = 4 * 2 ** 20;

/** The data of a stream of server-sent events, parsed, until `[DONE]`. Throws for what is no JSON. */
export async function* serverEvents(answer: http.IncomingMessage): AsyncGenerator<unknown> {
	let rest = '';
	for await (const chunk of answer.setEncoding('utf8')) {
		const lines = (rest + String(chunk)).split('\n');
		rest = lines.pop() ?? '';
		if (rest.length > longest) throw new Error('an event that does not end');
		for (const line of lines) {
			if (!line.startsWith('data:')) continue;
			const data = line.slice('data:'.length).trim();
			if (data === '[DONE]') return;
			yield JSON.parse(data) as unknown;
		}
	}
	throw new Error('the answer was cut');
}
