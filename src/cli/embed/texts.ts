import {readFile, stat} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import {isPath} from '../model-name.ts';
import {styled} from '../style.ts';
import {writeLine, type Terminal} from '../terminal.ts';

export interface NamedText {
	/** The file it comes from, `-`, or the text itself where it was typed; with the number of its line where lines are texts. */
	readonly input: string;
	readonly text: string;
}

export interface TextsAsk {
	readonly words: readonly string[];
	/** `piped`: of what is piped in alone. */
	readonly lines: boolean | 'piped';
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
}

/** Bytes of a file, or of what is piped in. */
const largest = 64 * 2 ** 20;

/** Each word is a file where there is one by that name, standard input where it is `-`, and else a text. */
export async function readTexts({words, lines, terminal, signal}: TextsAsk): Promise<readonly NamedText[]> {
	const texts: NamedText[] = [];
	for (const word of words) {
		const content = word === '-' ? await terminal.stdin.readAll({limit: largest, signal}) : await fileText(word);
		if (content === null) {
			if (meansFile(word)) await tellNoFile(word, terminal);
			texts.push({input: word, text: word});
		} else if (lines === 'piped' ? word === '-' : lines) texts.push(...linesOf(word, content));
		else texts.push({input: word, text: content.trim()});
	}
	return texts;
}

/** One word that ends as files of text do, or begins as paths do. */
function meansFile(word: string): boolean {
	return (
		!/\s/.test(word) &&
		(isPath(word) || /\.(txt|md|rst|html?|json|ndjson|jsonl|csv|tsv|log|xml|ya?ml|tex)$/i.test(word))
	);
}

async function tellNoFile(word: string, {stderr}: Terminal): Promise<void> {
	const name = word.length > 100 ? `${word.slice(0, 99)}…` : word;
	await writeLine(
		stderr,
		`${styled(stderr, 'yellow', 'warning:')} ${name}: there is no such file, so this is the text itself`,
	);
}

function linesOf(name: string, content: string): readonly NamedText[] {
	return content
		.split(/\r?\n/)
		.map((text, index) => ({input: `${name}:${index + 1}`, text: text.trim()}))
		.filter(({text}) => text !== '');
}

/** Null where the word is no name of a file. */
async function fileText(word: string): Promise<string | null> {
	const facts = await stat(word).catch(() => null);
	if (facts === null) return null;
	if (facts.isDirectory())
		throw new MofaError('invalid-request', {path: word, expected: 'a file or a text, not a folder'});
	if (facts.size > largest) throw new MofaError('invalid-request', {path: word, expected: `at most ${largest} bytes`});
	try {
		return new TextDecoder('utf-8', {fatal: true}).decode(await readFile(word));
	} catch (error) {
		if (error instanceof TypeError) throw new MofaError('invalid-request', {path: word, expected: 'text in UTF-8'});
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: word, problem}, {cause: error});
	}
}
