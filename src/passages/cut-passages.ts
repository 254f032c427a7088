import type {Passage} from './passage.ts';

/** Words of a passage: enough to answer something, few enough that a small model reads all of them. */
const longest = 120;
const shortest = 20;

/**
 * Cuts a text where its author did: at headings of Markdown, then between paragraphs, and in the middle of one only where it
 * is longer than a passage may be. Pure.
 */
export function cutPassages(text: string): readonly Passage[] {
	const passages: Passage[] = [];
	let headings: readonly Heading[] = [];
	let block: Line[] = [];
	let fenced = false;
	const close = (): void => {
		const titles = headings.map(({title}) => title);
		passages.push(...pieces(block).map(piece => passageOf(piece, titles)));
		block = [];
	};
	for (const [index, line] of text.split(/\r?\n/).entries()) {
		if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
		const heading = fenced ? null : headingOf(line);
		if (heading === null) block.push({number: index + 1, text: line});
		else {
			close();
			headings = [...headings.filter(({level}) => level < heading.level), heading];
		}
	}
	close();
	return passages;
}

interface Heading {
	readonly level: number;
	readonly title: string;
}

interface Line {
	readonly number: number;
	readonly text: string;
}

function headingOf(line: string): Heading | null {
	const [, marks, title] = /^(#{1,6})\s+(.+?)\s*#*$/.exec(line.slice(0, 500)) ?? [];
	return marks === undefined || title === undefined
		? null
		: {level: marks.length, title: title.replaceAll(/[`*_]/g, '')};
}

/** Paragraphs, as many of them together as a passage holds. */
function pieces(block: readonly Line[]): ReadonlyArray<readonly Line[]> {
	const found: Array<readonly Line[]> = [];
	let piece: readonly Line[] = [];
	for (const paragraph of paragraphsOf(block)) {
		const words = wordsOf(piece);
		if (words >= shortest && words + wordsOf(paragraph) > longest) {
			found.push(piece);
			piece = [];
		}
		piece = piece.concat(paragraph);
	}
	return wordsOf(piece) === 0 ? found : [...found, piece];
}

function paragraphsOf(block: readonly Line[]): ReadonlyArray<readonly Line[]> {
	const found: Line[][] = [[]];
	for (const line of block) {
		const last = found.at(-1) ?? [];
		const full = wordsOf(last) >= longest;
		if (line.text.trim() === '' || full) found.push(line.text.trim() === '' ? [] : [line]);
		else last.push(line);
	}
	return found.filter(lines => lines.length > 0).flatMap(splitLong);
}

/** A line without an end, as programs write them. */
function splitLong(lines: readonly Line[]): ReadonlyArray<readonly Line[]> {
	const [only] = lines;
	if (only === undefined || lines.length > 1 || wordsOf(lines) <= longest * 2) return [lines];
	const words = only.text.split(/\s+/);
	return Array.from({length: Math.ceil(words.length / longest)}, (_, index) => [
		{number: only.number, text: words.slice(index * longest, (index + 1) * longest).join(' ')},
	]);
}

const wordsOf = (lines: readonly Line[]): number =>
	lines.reduce((sum, {text}) => sum + (text.match(/\S+/g)?.length ?? 0), 0);

function passageOf(lines: readonly Line[], headings: readonly string[]): Passage {
	const text = lines
		.map(line => line.text)
		.join('\n')
		.trim();
	return {firstLine: lines[0]?.number ?? 1, lastLine: lines.at(-1)?.number ?? 1, headings, text};
}
