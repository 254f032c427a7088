import {envelopeOf, failureOf} from '../envelope.ts';
import {sseData, sseDone} from '../sse.ts';
import {inClientWords} from './choices.ts';

/** Chunks as OpenAI streams them; a failure after the first byte becomes an error event, and then nothing more. */
export async function* sseChunks(
	chunks: AsyncIterable<unknown>,
	onInternal: (error: unknown) => void,
): AsyncGenerator<string> {
	try {
		for await (const chunk of chunks) yield sseData(chunk);
		yield sseDone;
	} catch (error) {
		if (failureOf(error).code === 'internal') onInternal(error);
		yield sseData(envelopeOf(inClientWords(error)));
	}
}
