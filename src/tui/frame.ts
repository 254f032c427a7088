import {liveLines} from './answer-stream.ts';
import {fitting, textWidth} from './graphemes.ts';
import {layoutDraft} from './input/draft-layout.ts';
import {isOpen} from './input/multi-line.ts';
import {seconds} from './notices.ts';
import {streamLayout} from './reducers/turn.ts';
import type {ChatState, Picker, Search} from './state.ts';
import {emptyLine, hardWrap, span, visible, type Line} from './styled-text.ts';
import {glyphs} from './theme.ts';

/** The rows below everything printed: the only ones that are ever drawn again. */
export interface Frame {
	readonly lines: readonly Line[];
	/** Cells from the left and rows from the top of the frame; undefined where nothing is typed. */
	readonly cursor: {readonly x: number; readonly y: number} | undefined;
}

const nothing: Frame = {lines: [], cursor: undefined};

/** What the screen shows at a moment. Pure; always lower than the screen, or it could not be erased. */
export function frameOf(state: ChatState, now: number): Frame {
	if (state.hidden) return nothing;
	const most = Math.max(2, state.size.rows - 1);
	const input = inputFrame(state);
	const below = hints(state);
	const above = [...status(state, now), ...queued(state)];
	const room = most - input.lines.length - below.length - above.length - 2;
	const answer = answerLines(state, Math.max(0, room));
	const blank = state.printed.length > 0 || answer.length > 0 ? [emptyLine] : [];
	const head = [...answer, ...blank, ...above, ...(above.length > 0 ? [emptyLine] : [])];
	return cropped(
		{
			lines: [...head, ...input.lines, ...below],
			cursor: input.cursor && {x: input.cursor.x, y: input.cursor.y + head.length},
		},
		most,
	);
}

function answerLines(state: ChatState, room: number): readonly Line[] {
	if (state.turn === null) return [];
	const layout = streamLayout(state);
	const rows = liveLines(state.turn.stream, layout).flatMap(line => hardWrap(line, state.size.columns));
	return rows.slice(-Math.min(room, layout.liveRows) || rows.length);
}

function status(state: ChatState, now: number): readonly Line[] {
	const text = statusText(state, now);
	if (text === undefined) return [];
	const spinner = glyphs.spinner[Math.floor(now / glyphs.spinnerMs) % glyphs.spinner.length] ?? '';
	return [[span(spinner, 'busy'), span(` ${fitting(visible(text), state.size.columns - 3)}`, 'dim')]];
}

function statusText({turn, loading, model, settings}: ChatState, now: number): string | undefined {
	if (turn === null) return loading === null ? undefined : loadingText(loading.model, loading.fraction);
	switch (turn.phase) {
		case 'loading':
			return loadingText(model, turn.fraction);
		case 'waiting':
			if (loading !== null) return loadingText(loading.model, loading.fraction);
			return `waiting for ${model}${elapsed(now - turn.since)}`;
		case 'thinking':
			return settings.hideThinking
				? `thinking…${elapsed(now - (turn.thinkingSince ?? now))}`
				: 'thinking · Ctrl-C stops';
		case 'answering':
			return 'Ctrl-C stops';
	}
}

function loadingText(model: string, fraction: number | null): string {
	return `loading ${model}${fraction === null || fraction <= 0 ? '' : ` ${Math.floor(fraction * 100)} %`}`;
}

function elapsed(ms: number): string {
	return ms < 1000 ? '' : ` ${seconds(Math.floor(ms / 1000) * 1000).replace(/\.0/, '')}`;
}

/** What was sent while the answer was still coming. */
function queued({queue, size}: ChatState): readonly Line[] {
	const shown = queue.slice(0, 2).map(text => [span(fitting(`next: ${visible(text)}`, size.columns - 1), 'dim')]);
	const more = fitting(`and ${queue.length - 2} more`, size.columns - 1);
	return queue.length > 2 ? [...shown, [span(more, 'dim')]] : shown;
}

function inputFrame(state: ChatState): Frame {
	if (state.picker !== null) return pickerFrame(state.picker, state);
	if (state.search !== null) return searchFrame(state.search, state);
	return promptFrame(state);
}

function promptFrame({draft, size, turn}: ChatState): Frame {
	const indent = glyphs.prompt.length;
	if (draft.text === '') {
		const placeholder = turn === null ? 'Send a message (/help for help)' : '';
		return {
			lines: [[span(glyphs.prompt, 'prompt'), span(fitting(placeholder, size.columns - indent - 1), 'dim')]],
			cursor: {x: indent, y: 0},
		};
	}
	const width = Math.max(2, size.columns - indent - 1);
	const {rows, cursor} = layoutDraft(draft, width, Math.max(1, Math.floor(size.rows / 3)));
	const prefix = {first: glyphs.prompt, line: glyphs.continuation, wrapped: ' '.repeat(indent)};
	const lines = rows.map(({text, begins}): Line => [span(prefix[begins], 'prompt'), span(text)]);
	const open = isOpen(draft.text) ? [[span(`${' '.repeat(indent)}""" ends the message`, 'dim')]] : [];
	return {lines: [...lines, ...open], cursor: {x: indent + cursor.x, y: cursor.y}};
}

function searchFrame({query, found}: Search, {history, size}: ChatState): Frame {
	const head = `search: ${visible(query)}`;
	const entry = history.entries[found];
	const rest = entry === undefined ? (query === '' ? '' : '  nothing like this') : `  ${visible(entry)}`;
	return {
		lines: [
			[
				span(fitting(head, size.columns - 1), 'prompt'),
				span(fitting(rest, Math.max(2, size.columns - textWidth(head) - 1)), 'dim'),
			],
		],
		cursor: {x: Math.min(textWidth(head), size.columns - 1), y: 0},
	};
}

function pickerFrame({title, items, index}: Picker, {size}: ChatState): Frame {
	const most = Math.max(1, Math.min(items.length, Math.floor(size.rows / 2)));
	const start = Math.max(0, Math.min(index - Math.floor(most / 2), items.length - most));
	const rows = items.slice(start, start + most).map((item, offset): Line => {
		const text = fitting(visible(item), size.columns - 4);
		return start + offset === index ? [span(glyphs.chosen + text, 'chosen')] : [span(`  ${text}`)];
	});
	const more = items.length > most ? `  ${index + 1} of ${items.length}` : '';
	return {
		lines: [[span(title, 'bold'), span(`  Enter chooses, Esc leaves it${more}`, 'dim')], ...rows],
		cursor: undefined,
	};
}

function hints({candidates, size}: ChatState): readonly Line[] {
	if (candidates.length === 0) return [];
	const rows = hardWrap([span(candidates.map(visible).join('   '), 'dim')], size.columns - 1);
	return rows.length <= 3 ? rows : [...rows.slice(0, 3), [span('…', 'dim')]];
}

function cropped({lines, cursor}: Frame, most: number): Frame {
	const cut = Math.max(0, lines.length - most);
	return {lines: lines.slice(cut), cursor: cursor && {x: cursor.x, y: Math.max(0, cursor.y - cut)}};
}
