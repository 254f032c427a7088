import type {LlamaModel, Token} from 'node-llama-cpp';

/** More bytes than a character ever has: what is still broken after as many tokens is the model's own nonsense. */
const longestCharacter = 4;
/** Tokens before the text that decide whether it starts with a space. */
const lookBack = 3;

/** Turns tokens into text as they come, and never gives out a part of a character. */
export class TokenText {
	readonly #model: LlamaModel;
	/** Special tokens whose text belongs to the answer; the text of all others is left out. */
	readonly #kept: ReadonlySet<Token>;
	#before: readonly Token[];
	#pending: Token[] = [];

	constructor(model: LlamaModel, prompt: readonly Token[], kept: ReadonlySet<Token>) {
		this.#model = model;
		this.#before = prompt.slice(-lookBack);
		this.#kept = kept;
	}

	/** Text that is whole now; empty while a character still lacks bytes. */
	push(token: Token): string {
		if (this.#kept.has(token)) {
			const text = this.end() + this.#model.detokenize([token], true);
			this.#before = [token];
			return text;
		}
		this.#pending.push(token);
		const text = this.#model.detokenize(this.#pending, false, this.#before);
		if (text.endsWith('\uFFFD') && this.#pending.length < longestCharacter) return '';
		this.#settle();
		return text;
	}

	/** What is left at the end, whole or not. */
	end(): string {
		if (this.#pending.length === 0) return '';
		const text = this.#model.detokenize(this.#pending, false, this.#before);
		this.#settle();
		return text;
	}

	/** One token as it would read here, for a list of alternatives. */
	peek(token: Token): string {
		return this.#model.isSpecialToken(token)
			? this.#model.detokenize([token], true)
			: this.#model.detokenize([token], false, [...this.#before, ...this.#pending]);
	}

	#settle(): void {
		this.#before = [...this.#before, ...this.#pending].slice(-lookBack);
		this.#pending = [];
	}
}

/** The ids of those texts that are one special token in this vocabulary. */
export function specialTokens(model: LlamaModel, texts: readonly string[]): ReadonlySet<Token> {
	const found = texts.map(text => model.tokenize(text, true)).filter(tokens => tokens.length === 1);
	return new Set(found.flat().filter(token => model.isSpecialToken(token)));
}
