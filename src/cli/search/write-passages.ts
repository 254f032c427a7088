import path from 'node:path';
import type {FolderAnswer} from '../../passages/search-folder.ts';
import type {FoundPassage} from '../../passages/passage.ts';
import {styled} from '../style.ts';
import {inOneLine} from '../table.ts';
import type {Output} from '../terminal.ts';

/** Characters of a passage that are shown of it. */
const shown = 400;

/** Where it stands, under which headings, and how it begins; `file:line` as editors take it. */
export function passagesText({passages}: FolderAnswer, folder: string, output: Output): string {
	return passages.map(passage => passageText(passage, folder, output)).join('\n');
}

function passageText({file, firstLine, headings, text, score}: FoundPassage, folder: string, output: Output): string {
	const place = styled(output, 'bold', `${inOneLine(path.join(folder, file))}:${firstLine}`);
	const title = headings.length === 0 ? '' : `  ${headings.map(inOneLine).join(' › ')}`;
	const said = inOneLine(text);
	const cut = said.length > shown ? `${said.slice(0, shown).replace(/\s+\S*$/, '')} …` : said;
	return `${place}${title}  ${styled(output, 'dim', score.toFixed(2))}\n${wrapped(cut, output.columns)}`;
}

/** Off a terminal nobody asked for another width. */
function wrapped(text: string, columns: number): string {
	const width = Math.max(20, Math.min(columns, 100) - 2);
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		if (line !== '' && line.length + word.length + 1 > width) {
			lines.push(line);
			line = word;
		} else line = line === '' ? word : `${line} ${word}`;
	}
	return `${[...lines, line].map(one => `  ${one}\n`).join('')}`;
}
