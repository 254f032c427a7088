import type {NamedText} from '../embed/texts.ts';
import {styled} from '../style.ts';
import {inOneLine, table} from '../table.ts';
import type {Output} from '../terminal.ts';
import {writeJson} from '../write-json.ts';
import type {RankFormat} from './options.ts';
import type {Ranked} from './rerank.ts';

export interface RankedTexts extends Ranked {
	readonly model: string;
	readonly query: string;
	readonly texts: readonly NamedText[];
}

/** The texts with their scores, the best first, in one of the formats. */
export async function writeRanks(format: RankFormat, ranked: RankedTexts, output: Output): Promise<void> {
	const {model, query, tokens, computeMs} = ranked;
	const items = ranked.results.map(({index, score}) => itemOf(ranked.texts, index, score));
	if (format === 'json') await writeJson(output, {model, query, tokens, computeMs, results: items});
	else if (format === 'ndjson') for (const item of items) await output.write(`${JSON.stringify(item)}\n`);
	else await output.write(rankTable(ranked, output));
}

interface RankedItem {
	/** Of the text as it was given, from 0. */
	readonly index: number;
	readonly score: number;
	/** The file it comes from, with the number of the line where lines are texts; or the text itself. */
	readonly input: string;
	/** Of a line. */
	readonly text?: string;
}

function itemOf(texts: readonly NamedText[], index: number, score: number): RankedItem {
	const {input = '', text = ''} = texts[index] ?? {};
	const item = {index, score, input};
	return input !== text && isLine(input) ? {...item, text} : item;
}

const isLine = (input: string): boolean => /:\d+$/.test(input);

/** Characters of a text that tell it from others. */
const beginning = 72;

function rankTable({results, texts}: RankedTexts, output: Output): string {
	const rows = results.map(({index, score}) => {
		const {input = '', text = ''} = texts[index] ?? {};
		return [score.toFixed(4), input === text ? String(index + 1) : input, beginningOf(text)];
	});
	return table(
		['SCORE', 'FROM', 'TEXT'],
		rows,
		(cell, column) => (column === 2 ? styled(output, 'dim', cell) : cell),
		output,
	);
}

function beginningOf(text: string): string {
	const line = inOneLine(text.slice(0, 4 * beginning)).trim();
	return line.length > beginning ? `${line.slice(0, beginning - 1).trimEnd()}…` : line;
}
