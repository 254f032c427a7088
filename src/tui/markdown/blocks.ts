import {lexer, type Token, type Tokens} from 'marked';
import {textWidth} from '../graphemes.ts';
import {emptyLine, joinBlocks, span, splitLines, wrapLine, type Line, type Span} from '../styled-text.ts';
import type {Theme} from '../theme.ts';
import {inlineSpans} from './inline.ts';
import {tableLines} from './table.ts';

export interface MarkdownLayout {
	/** Cells; `Infinity` leaves the wrapping to the terminal. */
	readonly width: number;
	readonly glyphs: Theme['glyphs'];
}

/** A whole Markdown text as rows. Pure: it knows neither colours nor a terminal. */
export function markdownLines(source: string, layout: MarkdownLayout): readonly Line[] {
	return joinBlocks(parseBlocks(source).map(token => blockLines(token, layout)));
}

function separated(tokens: readonly Token[], layout: MarkdownLayout): readonly Line[] {
	return joinBlocks(tokens.map(token => linesOf(token, layout)));
}

/** Never throws: what nests deeper than the parser can follow is one block of text as it is. */
export function parseBlocks(source: string): readonly Token[] {
	try {
		return lexer(source);
	} catch {
		return [{type: 'text', raw: source, text: source}];
	}
}

/** The rows of one of marked's block tokens; none for blank space and link definitions. Never throws. */
export function blockLines(token: Token, layout: MarkdownLayout): readonly Line[] {
	try {
		return linesOf(token, layout);
	} catch {
		return wrapped([span(token.raw)], layout);
	}
}

function linesOf(token: Token, layout: MarkdownLayout): readonly Line[] {
	switch (token.type) {
		case 'heading':
			return wrapped(inlineSpans(token.tokens ?? [], ['heading']), layout);
		case 'code':
			return codeLines(token as Tokens.Code);
		case 'list':
			return listLines(token as Tokens.List, layout, 0);
		case 'blockquote':
			return quoteLines(token as Tokens.Blockquote, layout);
		case 'table':
			return tableLines(token as Tokens.Table, layout);
		case 'hr':
			return [[span(layout.glyphs.rule.repeat(Math.min(layout.width, 40)), 'dim')]];
		case 'space':
		case 'def':
			return [];
		case 'html':
			return wrapped([span(token.raw.trimEnd())], layout);
		default:
			return wrapped('tokens' in token && token.tokens ? inlineSpans(token.tokens) : [span(token.raw)], layout);
	}
}

/** Never wrapped, indented or framed, so that what is copied from the screen is the code. */
function codeLines(token: Tokens.Code): readonly Line[] {
	const label = token.lang?.trim() ?? '';
	const code = token.text === '' ? [] : token.text.split('\n').map(line => [span(line, 'code')]);
	return label === '' ? code : [[span(label, 'dim')], ...code];
}

function listLines(list: Tokens.List, layout: MarkdownLayout, depth: number): readonly Line[] {
	const bullet = layout.glyphs.bullets[depth % layout.glyphs.bullets.length] ?? '•';
	const start = typeof list.start === 'number' ? list.start : 1;
	const last = `${start + list.items.length - 1}. `;
	return list.items.flatMap((item, index) => {
		const number = `${start + index}. `.padStart(last.length);
		return itemLines(item, list.ordered ? number : `${bullet} `, layout, depth);
	});
}

function itemLines(item: Tokens.ListItem, marker: string, layout: MarkdownLayout, depth: number): readonly Line[] {
	const box = item.task ? `${item.checked === true ? '[x]' : '[ ]'} ` : '';
	const first = span(marker + box, 'marker');
	const rest = span(' '.repeat(textWidth(marker + box)));
	const inner = {...layout, width: layout.width - textWidth(first.text)};
	const blocks = item.tokens.filter(token => token.type !== 'checkbox' && token.type !== 'space');
	const rows: Line[] = [];
	for (const token of blocks) {
		if (token.type === 'paragraph' && rows.length > 0) rows.push(emptyLine);
		rows.push(...(token.type === 'list' ? listLines(token as Tokens.List, inner, depth + 1) : linesOf(token, inner)));
	}
	return prefixed(rows.length === 0 ? [emptyLine] : rows, first, rest);
}

function quoteLines(token: Tokens.Blockquote, layout: MarkdownLayout): readonly Line[] {
	const bar = span(layout.glyphs.quote, 'dim');
	const inner = {...layout, width: layout.width - textWidth(bar.text)};
	return prefixed(separated(token.tokens, inner), bar, bar);
}

function prefixed(rows: readonly Line[], first: Span, rest: Span): readonly Line[] {
	return rows.map((row, index) => [index === 0 ? first : rest, ...row]);
}

function wrapped(spans: Line, layout: MarkdownLayout): readonly Line[] {
	return splitLines(spans).flatMap(line => wrapLine(line, layout.width));
}
