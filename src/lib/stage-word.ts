/** `name[:rest][?key=value&key=value]`, taken apart and nothing more. */
export interface StageWord {
	readonly stage: string;
	/** Between the colon and the question mark; null where there is no colon. */
	readonly rest: string | null;
	readonly settings: ReadonlyArray<readonly [key: string, value: string]>;
}

/** A key without a value says `true`. Escapes such as `%26` are understood; a lone `%` stands for itself. */
export function parseStageWord(word: string): StageWord {
	const question = word.indexOf('?');
	const head = question < 0 ? word : word.slice(0, question);
	const colon = head.search(/[:@]/);
	const query = question < 0 ? '' : word.slice(question + 1);
	return {
		stage: (colon < 0 ? head : head.slice(0, colon)).trim(),
		// `tts@slt` has a variant and no model.
		rest: colon < 0 ? null : head[colon] === '@' ? head.slice(colon) : head.slice(colon + 1),
		settings: query.split('&').filter(Boolean).map(pair),
	};
}

function pair(text: string): readonly [string, string] {
	const equals = text.indexOf('=');
	return equals < 0 ? [unescaped(text), 'true'] : [unescaped(text.slice(0, equals)), unescaped(text.slice(equals + 1))];
}

function unescaped(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
