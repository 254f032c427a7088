import {MofaError} from '../../contract/error.ts';
import type {NamedText} from './texts.ts';

/** The fields of a request, as they are typed. */
const names: Readonly<Record<string, string>> = {
	inputs: 'the texts',
	dimensions: '--dimensions',
	purpose: '--purpose',
};

export function optionName(field: string): string {
	return names[field] ?? field;
}

/** A failure of a field names the option that it came from, and that of a text its file. */
export async function* inTypedWords<T>(events: AsyncIterable<T>, texts: readonly NamedText[]): AsyncGenerator<T> {
	try {
		yield* events;
	} catch (error) {
		if (!MofaError.is(error, 'invalid-request')) throw error;
		const {path, expected} = error.data;
		const index = /^inputs\.(\d+)/.exec(path)?.[1];
		const typed = index === undefined ? optionName(path) : (texts[Number(index)]?.input ?? path);
		throw new MofaError('invalid-request', {path: typed.slice(0, 100), expected}, {cause: error});
	}
}
