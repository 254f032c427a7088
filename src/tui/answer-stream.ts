import type {Token} from 'marked';
import {harmlessText} from './harmless-text.ts';
import {blockLines, parseBlocks, type MarkdownLayout} from './markdown/blocks.ts';
import {emptyLine, joinBlocks, plainText, span, wrapLine, type Line} from './styled-text.ts';
import type {Style} from './theme.ts';

/**
 * An answer on its way. What is finished leaves as rows that are never touched again; what may still change its look
 * (an open paragraph, a list, a table) stays pending and is shown live. Pure.
 */
export interface AnswerStream {
	readonly kind: 'markdown' | 'plain';
	/** Looks of plain text. */
	readonly styles: readonly Style[];
	/** Source that has not left yet, or only in part. */
	readonly pending: string;
	/** Visible characters of the pending block that have left, counted so that a new width does not repeat them. */
	readonly left: number;
	/** The head of the pending block has left: no blank row and no label before what follows. */
	readonly resumed: boolean;
	/** Some rows have left, so the next block is set apart from them. */
	readonly begun: boolean;
}

export interface StreamLayout extends MarkdownLayout {
	/** Rows that may stay live; more than these leave even when unfinished. */
	readonly liveRows: number;
}

export interface Advance {
	readonly stream: AnswerStream;
	/** Rows that are final. */
	readonly lines: readonly Line[];
}

/** Work per step grows with the pending text, so a block without an end is cut here. */
const longestPending = 8000;

export function startStream(kind: AnswerStream['kind'], styles: readonly Style[] = []): AnswerStream {
	return {kind, styles, pending: '', left: 0, resumed: false, begun: false};
}

export function advanceStream(stream: AnswerStream, delta: string, layout: StreamLayout): Advance {
	const fresh = {...stream, pending: stream.pending + harmlessText(delta)};
	const finished = fresh.kind === 'plain' ? releaseTextLines(fresh, layout) : releaseBlocks(fresh, layout);
	return chain(finished, next => releaseOverflow(next, layout));
}

/** The rows still on their way, as they look now. */
export function liveLines(stream: AnswerStream, layout: MarkdownLayout): readonly Line[] {
	const shown = stream.kind === 'plain' ? stream.pending : settled(stream.pending);
	return apart(stream, unseen(stream, pendingLines(stream, shown, layout)));
}

/** Everything that is left, at the end or when the answer was cut. */
export function finishStream(stream: AnswerStream, layout: MarkdownLayout): readonly Line[] {
	return apart(stream, unseen(stream, pendingLines(stream, stream.pending.trimEnd(), layout)));
}

/** Plain text is finished with every line break. */
function releaseTextLines(stream: AnswerStream, layout: StreamLayout): Advance {
	const end = stream.pending.lastIndexOf('\n');
	if (end === -1) return {stream, lines: []};
	const head = stream.pending.slice(0, end);
	const lines = apart(stream, unseen(stream, pendingLines(stream, head, layout)));
	return {stream: after(stream, stream.pending.slice(end + 1), lines), lines};
}

/** A block is finished when another one has begun after it. */
function releaseBlocks(stream: AnswerStream, layout: StreamLayout): Advance {
	const tokens = parseBlocks(settled(stream.pending));
	const last = tokens.findLastIndex(token => token.type !== 'space');
	const lines: Line[] = [];
	let next = stream;
	for (const token of tokens.slice(0, Math.max(0, last))) {
		const rest = next.pending.slice(token.raw.length);
		const rows = token.type === 'space' ? [] : apart(next, unseen(next, tokenLines(next, token, layout)));
		lines.push(...rows);
		next = token.type === 'space' ? {...next, pending: rest} : after(next, rest, rows);
	}
	const open = tokens[last];
	return open?.type === 'code'
		? chain({stream: next, lines}, state => releaseCode(state, open, layout))
		: {stream: next, lines};
}

/** Code looks the same however it goes on, so each of its lines leaves when it is complete. */
function releaseCode(stream: AnswerStream, token: Token, layout: StreamLayout): Advance {
	const opener = fenceOpener(stream.pending);
	if (opener === '') return {stream, lines: []};
	const body = stream.pending.slice(opener.length);
	const end = body.lastIndexOf('\n');
	const fence = opener.trim().match(/^(`+|~+)/)?.[0] ?? '```';
	const complete = end === -1 ? '' : body.slice(0, end);
	if (end === -1 || closesFence(complete, fence) || closesFence(body, fence)) return {stream, lines: []};
	const rows = tokenLines(stream, {...token, text: complete} as Token, layout);
	const shown = complete === '' && rows.length === 0 ? [emptyLine] : rows;
	const lines = apart(stream, shown);
	return {stream: {...stream, pending: opener + body.slice(end + 1), resumed: true, begun: true}, lines};
}

function fenceOpener(source: string): string {
	return /^ {0,3}(`{3,}|~{3,})[^\n]*\n/.exec(source)?.[0] ?? '';
}

function closesFence(body: string, fence: string): boolean {
	return body.split('\n').some(line => line.trim().startsWith(fence) && /^[`~]+$/.test(line.trim()));
}

/** More than fits on the screen cannot stay live. */
function releaseOverflow(stream: AnswerStream, layout: StreamLayout): Advance {
	if (stream.pending.length > longestPending) return releaseAll(stream, layout);
	const rows = unseen(stream, pendingLines(stream, stream.pending, layout));
	if (rows.length <= layout.liveRows) return {stream, lines: []};
	const leaving = rows.slice(0, rows.length - layout.liveRows);
	const lines = apart(stream, leaving);
	return {stream: {...stream, left: stream.left + visibleCount(leaving), resumed: true, begun: true}, lines};
}

function releaseAll(stream: AnswerStream, layout: StreamLayout): Advance {
	const cut = Math.max(stream.pending.lastIndexOf('\n'), stream.pending.lastIndexOf(' ')) + 1 || stream.pending.length;
	const lines = apart(stream, unseen(stream, pendingLines(stream, stream.pending.slice(0, cut), layout)));
	const opener = stream.kind === 'markdown' ? fenceOpener(stream.pending) : '';
	return {stream: {...after(stream, opener + stream.pending.slice(cut), lines), resumed: true}, lines};
}

function chain(first: Advance, step: (stream: AnswerStream) => Advance): Advance {
	const second = step(first.stream);
	return {stream: second.stream, lines: [...first.lines, ...second.lines]};
}

function after(stream: AnswerStream, pending: string, lines: readonly Line[]): AnswerStream {
	return {...stream, pending, left: 0, resumed: false, begun: stream.begun || lines.length > 0};
}

/** A blank row between blocks of Markdown; plain text has its own. */
function apart(stream: AnswerStream, lines: readonly Line[]): readonly Line[] {
	const separate = stream.kind === 'markdown' && stream.begun && !stream.resumed && lines.length > 0;
	return separate ? [emptyLine, ...lines] : lines;
}

function pendingLines(stream: AnswerStream, source: string, layout: MarkdownLayout): readonly Line[] {
	if (stream.kind === 'markdown')
		return joinBlocks(parseBlocks(source).map(token => tokenLines(stream, token, layout)));
	return source === ''
		? []
		: source.split('\n').flatMap(line => wrapLine([span(line, ...stream.styles)], layout.width));
}

function tokenLines(stream: AnswerStream, token: Token, layout: MarkdownLayout): readonly Line[] {
	const labelled = token.type === 'code' && stream.resumed ? {...token, lang: ''} : token;
	return blockLines(labelled, layout);
}

/** A lone `-`, `#` or ` ``` ` at the end may turn the line before it into a heading, or be nothing; wait for more. */
function settled(pending: string): string {
	return pending.replace(/(^|\n)[ \t]*(?:[-=*+#>|`~_]+|\d{1,9}[.)]?)[ \t]*$/, '');
}

function unseen(stream: AnswerStream, lines: readonly Line[]): readonly Line[] {
	let toSkip = stream.left;
	if (toSkip === 0) return lines;
	let index = 0;
	while (index < lines.length && toSkip > 0) {
		const count = visibleCount([lines[index] ?? []]);
		if (count > toSkip) return [skipCharacters(lines[index] ?? [], toSkip), ...lines.slice(index + 1)];
		toSkip -= count;
		index += 1;
	}
	return lines.slice(index);
}

function skipCharacters(line: Line, count: number): Line {
	let toSkip = count;
	return line.flatMap(part => {
		let from = 0;
		while (toSkip > 0 && from < part.text.length) {
			if (part.text[from] !== ' ') toSkip -= 1;
			from += 1;
		}
		return from < part.text.length ? [{...part, text: part.text.slice(from)}] : [];
	});
}

function visibleCount(lines: readonly Line[]): number {
	return lines.reduce((sum, line) => sum + plainText(line).replaceAll(' ', '').length, 0);
}
