import {MofaError} from '../../contract/error.ts';
import {inTypedWords, type TypedNames} from '../typed-words.ts';
import type {NamedText} from './texts.ts';

/** The fields of a request, as they are typed. */
export const typed: TypedNames = {
	inputs: 'the texts',
	dimensions: '--dimensions',
	purpose: '--purpose',
};

/** A failure of a field names the option that it came from, and that of a text its file. */
export async function* namingTexts<T>(events: AsyncIterable<T>, texts: readonly NamedText[]): AsyncGenerator<T> {
	try {
		yield* events;
	} catch (error) {
		throw inTypedWords(
			error,
			MofaError.is(error, 'invalid-request') ? {...typed, ...fileOf(error.data.path, texts)} : typed,
		);
	}
}

function fileOf(path: string, texts: readonly NamedText[]): TypedNames {
	const index = /^inputs\.(\d+)/.exec(path)?.[1];
	const file = index === undefined ? undefined : texts[Number(index)]?.input;
	return file === undefined ? {} : {[path]: file.slice(0, 100)};
}
