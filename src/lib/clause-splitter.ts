import {endsInAbbreviation, splitSentences} from './split-sentences.ts';

/** Characters; of a script without spaces, each counts for three. */
const limits = {
	/** What is first said may end at a comma, so that the first sound comes early; later a voice does better with more. */
	firstClause: 12,
	clause: 60,
	/** What is first said is cut before a little word, once this much came without a mark. */
	patience: 32,
	longest: 200,
} as const;

/** A mark, the quotes and brackets that close behind it, and for marks of the Latin kind the space that proves it an end. */
const ends = /(?:[.!?…]+["'”’»)\]]*(?=\s)|[。！？｡]+["'”’」』）】]*)|\r?\n\s*\n|\r?\n(?=\s*(?:[-*•]|\d{1,3}[.)])\s)/g;
const seams = /[,;:—–]["'”’)\]]*(?=\s)|[，、；：][」』）]*/g;
/** Before these a speaker may breathe. English: elsewhere a clause waits for its mark. */
const breaths =
	/\s(?=(?:and|or|but|because|which|that|who|when|while|if|so|then|for|with|without|from|into|of|to|in|on|by|as|how|what|where)\s)/gi;
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu;

/**
 * Text that comes in pieces, as the clauses a voice can say while the rest is still to come. Nothing is lost and nothing said
 * twice: what it gives back, joined, is what was pushed but for the spaces at the ends.
 */
export class ClauseSplitter {
	#held = '';
	#first = true;

	/** What can be said now. */
	push(text: string): readonly string[] {
		this.#held += text;
		const clauses: string[] = [];
		for (let at = this.#nextEnd(); at > 0; at = this.#nextEnd()) {
			clauses.push(...said(this.#held.slice(0, at)));
			this.#held = this.#held.slice(at);
			if (clauses.length > 0) this.#first = false;
		}
		return clauses;
	}

	/** The turn is over: the rest of it. The next turn begins anew. */
	rest(): readonly string[] {
		const clauses = said(this.#held);
		this.forget();
		return clauses;
	}

	forget(): void {
		this.#held = '';
		this.#first = true;
	}

	/** Where the first clause ends; 0: not yet. */
	#nextEnd(): number {
		const sentence = firstMatch(this.#held, ends, end => !isNoEnd(this.#held.slice(0, end)));
		const least = this.#first ? limits.firstClause : limits.clause;
		const seam = firstMatch(this.#held, seams, end => lengthOf(this.#held.slice(0, end)) >= least);
		const found = [sentence, seam].filter(at => at > 0);
		if (found.length > 0) return Math.min(...found);
		if (this.#first && this.#held.length >= limits.patience) {
			const breath = firstMatch(this.#held, breaths, end => lengthOf(this.#held.slice(0, end)) >= least);
			if (breath > 0) return breath;
		}
		// A text without marks is cut where a voice may breathe, and what may still become a word stays.
		return this.#held.length > limits.longest * 2
			? this.#held.lastIndexOf(' ', limits.longest) + 1 || limits.longest
			: 0;
	}
}

/** `Dr.` and an initial end no sentence, nor does the number of a point in a list. */
const isNoEnd = (text: string): boolean => endsInAbbreviation(text) || /(?:^|\n)\s*\d{1,3}\.$/.test(text);

function firstMatch(text: string, pattern: RegExp, holds: (end: number) => boolean): number {
	for (const match of text.matchAll(pattern)) {
		const end = match.index + match[0].length;
		if (holds(end)) return end;
	}
	return 0;
}

const lengthOf = (text: string): number => text.trim().length + 2 * (text.match(wide)?.length ?? 0);

/** Marks alone are nothing to say. */
function said(text: string): readonly string[] {
	if (!/[\p{L}\p{N}]/u.test(text)) return [];
	const clause = text.trim().replaceAll(/\s+/g, ' ');
	return clause.length <= limits.longest ? [clause] : [...splitSentences(clause, limits.longest)];
}
