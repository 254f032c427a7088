import {endsInAbbreviation, splitSentences} from './split-sentences.ts';

interface Limits {
	/** Characters from which a clause may end: at a mark, before a little word, and what must be there for the rest. */
	readonly mark: number;
	readonly breath: number;
	readonly rise: number;
}

/**
 * Characters; of a script without spaces, each counts for three. What is first said is short, so that it is heard early, and
 * what follows grows: it is made while the first sounds, and a voice does better with more.
 */
const quickVoice: readonly Limits[] = [
	{mark: 10, breath: 10, rise: 24},
	{mark: 30, breath: 40, rise: Infinity},
	{mark: 60, breath: Infinity, rise: Infinity},
];
/** A voice that takes half as long as it speaks has the next ready in time where that is no more than twice as long. */
const slowVoice: readonly Limits[] = [
	{mark: 10, breath: 10, rise: 24},
	{mark: 16, breath: 16, rise: 32},
	{mark: 32, breath: 32, rise: Infinity},
	{mark: 60, breath: Infinity, rise: Infinity},
];
const longest = 200;

/** A mark, the quotes and brackets that close behind it, and for marks of the Latin kind the space that proves it an end. */
const ends = /(?:[.!?…]+["'”’»)\]]*(?=\s)|[。！？｡]+["'”’」』）】]*)|\r?\n\s*\n|\r?\n(?=\s*(?:[-*•]|\d{1,3}[.)])\s)/g;
const seams = /[,;:—–]["'”’)\]]*(?=\s)|[，、；：][」』）]*/g;
/** Before these a speaker may breathe. English: elsewhere a clause waits for its mark. */
const breaths =
	/\s(?=(?:and|or|but|because|which|that|who|when|while|if|so|then|for|with|without|from|into|to|in|on|at|by|as|how|what|where|through|over|between|after|before|until)\s)/gi;
/** And before these where nothing better comes: what begins here is said in one breath. */
const rises = /\s(?=(?:the|an?|each|every|all|your|its|their|this|these|those)\s)/gi;
/** What belongs to the word behind it: nobody breathes after these. */
const leans =
	/(?:^|\s)["'“‘(]*(?:the|an?|each|every|all|my|your|his|her|its|our|their|this|that|these|those|some|any|no|of|and|or|but|because|which|who|when|while|if|so|then|than|for|with|without|from|into|to|in|on|at|by|as|how|what|where|through|over|between|after|before|until|is|are|was|were|be|been|has|have|had|do|does|did|can|could|will|would|may|might|must|should|shall|not|only|very|more|most|both|such|well)$/i;
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu;

/**
 * Text that comes in pieces, as the clauses a voice can say while the rest is still to come. Nothing is lost and nothing said
 * twice: what it gives back, joined, is what was pushed but for the spaces at the ends.
 */
export class ClauseSplitter {
	#held = '';
	/** Clauses of this turn so far. */
	#said = 0;

	/** What can be said now, by a voice that is known to be slow or not. */
	push(text: string, slow = false): readonly string[] {
		this.#held += text;
		const clauses: string[] = [];
		const growth = slow ? slowVoice : quickVoice;
		for (let at = this.#nextEnd(growth); at > 0; at = this.#nextEnd(growth)) {
			const clause = said(this.#held.slice(0, at));
			clauses.push(...clause);
			this.#said += clause.length;
			this.#held = this.#held.slice(at);
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
		this.#said = 0;
	}

	/** Where the next clause ends; 0: not yet. */
	#nextEnd(growth: readonly Limits[]): number {
		const held = this.#held;
		const {mark, breath, rise} = growth[Math.min(this.#said, growth.length - 1)] ?? {mark: 0, breath: 0, rise: 0};
		const upTo = (end: number): string => held.slice(0, end);
		const sentence = firstMatch(held, ends, end => !isNoEnd(upTo(end)));
		const seam = firstMatch(held, seams, end => lengthOf(upTo(end)) >= mark);
		const pause = firstMatch(held, breaths, end => lengthOf(upTo(end)) >= breath && !leans.test(upTo(end).trim()));
		const found = [sentence, seam, pause].filter(at => at > 0);
		if (found.length > 0) return Math.min(...found);
		if (held.length >= rise) {
			const end = firstMatch(held, rises, at => lengthOf(upTo(at)) >= breath && !leans.test(upTo(at).trim()));
			if (end > 0) return end;
		}
		// A text without marks is cut where a voice may breathe, and what may still become a word stays.
		return held.length > longest * 2 ? held.lastIndexOf(' ', longest) + 1 || longest : 0;
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
	return clause.length <= longest ? [clause] : [...splitSentences(clause, longest)];
}
