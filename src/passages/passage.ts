/** A piece of a text that can be read by itself. */
export interface Passage {
	/** Lines of its file, the first is 1; both are of it. */
	readonly firstLine: number;
	readonly lastLine: number;
	/** The headings it stands under, the outermost first. */
	readonly headings: readonly string[];
	readonly text: string;
}

/** A passage and where it is from. */
export interface FoundPassage extends Passage {
	/** Relative to the folder, with `/`. */
	readonly file: string;
	/** Between 0 and 1, the higher the better; of the ranker where one read it, else of its meaning and its words among the others. */
	readonly score: number;
}

/** What a model reads of it: the headings say what a passage is about that never names it. */
export function readable({headings, text}: Passage): string {
	return [...headings, text].join('\n');
}
