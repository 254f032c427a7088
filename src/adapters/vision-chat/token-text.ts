/** Tokens without a whole character at the end that are waited for; a model may write bytes that never become one. */
const patience = 16;

/** Turns tokens into text as they come, whole characters only. */
export class TokenText {
	readonly #decode: (tokens: readonly number[]) => string;
	#tokens: number[] = [];
	/** Tokens whose text is out; the last of them stay, because what follows may depend on them. */
	#shown = 0;

	constructor(decode: (tokens: readonly number[]) => string) {
		this.#decode = decode;
	}

	push(token: number): string {
		this.#tokens.push(token);
		const waits = this.#tokens.length - this.#shown < patience;
		const text = this.#fresh();
		if (waits && (text === '' || text.endsWith('\uFFFD'))) return '';
		this.#tokens = this.#tokens.slice(this.#shown);
		this.#shown = this.#tokens.length;
		return text;
	}

	/** What was held back. */
	end(): string {
		const text = this.#fresh();
		this.#shown = this.#tokens.length;
		return text;
	}

	#fresh(): string {
		const before = this.#decode(this.#tokens.slice(0, this.#shown));
		return this.#decode(this.#tokens).slice(before.length);
	}
}
