import {stringifyBinary} from '../lib/binary-json.ts';
import {failureOf} from './envelope.ts';

export const ndjsonType = 'application/x-ndjson; charset=utf-8';

/** One JSON line per event; a failure becomes the last line, since the status has been sent by then. */
export async function* ndjson(
	events: AsyncIterable<unknown>,
	onInternal: (error: unknown) => void,
): AsyncGenerator<string> {
	try {
		for await (const event of events) yield `${stringifyBinary(event)}\n`;
	} catch (error) {
		const failure = failureOf(error);
		if (failure.code === 'internal') onInternal(error);
		yield `${JSON.stringify({type: 'failure', failure: failure.toWire()})}\n`;
	}
}
