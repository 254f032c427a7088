/**
 * mofa's own documentation in passages: what the finder has to find.
 *
 *     node passages.mjs        # out/passages.json: [{document, section, text}]
 *
 * A section is a heading of a page, or a paragraph that begins with words in bold; a passage is as much of one as fits into
 * some eighty words, under its headings. Each command of the reference is a section of its own.
 */
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {flatten, load} from './reference.mjs';

const root = path.resolve(import.meta.dirname, '../../../..');
const mostWords = 80;

export async function passages() {
	const below = ['src', 'registry'].flatMap(folder => readdirSync(path.join(root, folder), {recursive: true}).map(name => `${folder}/${name}`.replaceAll(path.sep, '/')));
	const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below.filter(name => /\/README\.md$/.test(name) && !/\/(make|finder|ranker)\//.test(name)).sort()];
	const {commands} = await load('cli/reference.ts');
	return [...pages.flatMap(page => readPage(page, readFileSync(path.join(root, page), 'utf8'))), ...flatten(commands).map(readCommand)];
}

/** `{document, section, text}` of a page in Markdown. Pure. */
export function readPage(document, markdown) {
	const out = [];
	const headings = [];
	let blocks = [];
	let lead = '';
	const close = () => {
		const section = [...headings.slice(1), lead].filter(Boolean).join(' > ');
		const above = [...headings, lead].filter(Boolean).join(' > ');
		for (const text of pack(blocks)) out.push({document, section, text: `${above}\n${text}`});
		blocks = [];
	};
	for (const block of blocksOf(markdown)) {
		const heading = /^(#+) (.+)$/.exec(block);
		const bold = /^\*\*([^*]+?)[.:]?\*\*/.exec(block)?.[1];
		if (heading) {
			close();
			headings.length = Math.min(headings.length, heading[1].length - 1);
			headings.push(heading[2]);
			lead = '';
		} else if (bold && document === 'CHANGELOG.md') {
			close();
			lead = bold;
			blocks.push(block);
		} else blocks.push(block);
	}
	close();
	return out;
}

/** Paragraphs, items of lists, rows of tables and code, each whole. */
function blocksOf(markdown) {
	const out = [];
	let code = false;
	let open = false;
	for (const line of markdown.split('\n')) {
		if (/^```/.test(line)) {
			code = !code;
			open = code ? (out.push(''), true) : false;
			continue;
		}
		if (code) out[out.length - 1] += `${line}\n`;
		else if (line.trim() === '') open = false;
		else if (/^#+ /.test(line)) open = (out.push(line), false);
		else if (/^(\||[-*] |\d+\. )/.test(line)) {
			if (/^[|\s:-]+$/.test(line)) continue;
			out.push(line.replace(/^\| *| *\|$/g, ''));
			open = true;
		} else if (open) out[out.length - 1] += ` ${line.trim()}`;
		else open = (out.push(line.trim()), true);
	}
	return out.map(block => block.trim()).filter(Boolean);
}

function pack(blocks) {
	const out = [];
	let words = Infinity;
	for (const block of blocks.flatMap(cut)) {
		const count = block.split(/\s+/).length;
		if (words + count > mostWords) {
			out.push(block);
			words = count;
		} else {
			out[out.length - 1] += `\n${block}`;
			words += count;
		}
	}
	return out;
}

/** A paragraph that is too long, by sentences. */
function cut(block) {
	if (block.split(/\s+/).length <= mostWords) return [block];
	return block.split(/(?<=[.:;]) (?=\S)/).reduce((parts, sentence) => {
		const last = parts.at(-1);
		if (last !== undefined && `${last} ${sentence}`.split(/\s+/).length <= mostWords) parts[parts.length - 1] = `${last} ${sentence}`;
		else parts.push(sentence);
		return parts;
	}, []);
}

function readCommand({name, names, summary, arguments: words, options, examples}) {
	const text = [
		`mofa ${name}${names.length > 1 ? ` (${names.slice(1).join(', ')})` : ''}: ${summary}`,
		...words.map(({usage, summary}) => `${usage} ${summary}`),
		...options.map(({flags, summary}) => `${flags} ${summary}`),
		...examples.map(({line, does}) => `${line} ${does}`),
	];
	return {document: 'src/cli/reference.ts', section: `mofa ${name}`, text: text.join('\n')};
}

if (process.argv[1] === import.meta.filename) {
	const made = await passages();
	mkdirSync(path.join(import.meta.dirname, 'out'), {recursive: true});
	writeFileSync(path.join(import.meta.dirname, 'out/passages.json'), JSON.stringify(made, null, 1));
	console.log(made.length, 'passages,', new Set(made.map(({document, section}) => `${document}#${section}`)).size, 'sections');
}
