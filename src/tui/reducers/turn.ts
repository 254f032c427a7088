import {advanceStream, finishStream, startStream, type StreamLayout} from '../answer-stream.ts';
import type {ChatMessage, SeenPicture} from '../chat-settings.ts';
import {note, seconds} from '../notices.ts';
import type {ChatState, Reducers, Turn} from '../state.ts';
import {emptyLine, span, wrapLine, type Line} from '../styled-text.ts';
import {glyphs} from '../theme.ts';
import {print} from './screen.ts';

/** One message and its answer. */
export const turnReducers: Reducers<
	| 'message-queued'
	| 'queue-taken'
	| 'turn-started'
	| 'turn-progressed'
	| 'turn-loaded'
	| 'thinking-arrived'
	| 'text-arrived'
	| 'turn-ended'
> = {
	'message-queued': (state, {text}) => ({...state, queue: [...state.queue, text]}),
	'queue-taken': (state, {count}) => ({...state, queue: state.queue.slice(count)}),
	'turn-started': (state, {prompt, pictures = [], now}) => ({
		...print(state, [...echo(state, prompt), ...named(pictures)]),
		messages: [...state.messages, {role: 'user', content: contentOf(prompt, pictures)}],
		pictures: [...state.pictures, ...pictures],
		turn: {
			phase: 'waiting',
			since: now,
			prompt,
			fraction: null,
			thinking: '',
			text: '',
			thinkingSince: null,
			stream: startStream('plain'),
		},
	}),
	'turn-progressed': (state, {fraction}) => withTurn(state, turn => ({...turn, phase: 'loading', fraction})),
	'turn-loaded': state => withTurn(state, turn => ({...turn, phase: 'waiting', fraction: null})),
	'thinking-arrived'(state, {text, now}) {
		const begun = enter(state, 'thinking', now);
		const told = withTurn(begun, turn => ({...turn, thinking: turn.thinking + text}));
		return state.settings.hideThinking ? told : stream(told, text);
	},
	'text-arrived'(state, {text, now}) {
		const first = state.turn !== null && state.turn.text === '' && state.task === 'chat';
		// Models begin with the line breaks that their template left out.
		const fresh = first ? text.trimStart() : text;
		if (fresh === '') return state;
		const begun = enter(state, 'answering', now);
		return stream(
			withTurn(begun, turn => ({...turn, text: turn.text + fresh})),
			fresh,
		);
	},
	'turn-ended'(state, {cut, now}) {
		const {turn} = state;
		if (turn === null) return state;
		const closed = leave(state, now);
		return {
			...print(closed, cut && turn.text !== '' ? note('(stopped here; this much stays in the conversation)') : []),
			messages: concluded(closed.messages, turn, cut),
			turn: null,
		};
	},
};

/** Rows that an answer may keep live; a part of the screen, so that a smaller screen still holds them. */
export function streamLayout({size, settings}: ChatState): StreamLayout {
	return {
		width: settings.wordWrap ? size.columns : Infinity,
		liveRows: Math.max(2, Math.min(12, Math.floor(size.rows / 3))),
		glyphs,
	};
}

/** What was sent, as it looked while it was typed. */
function echo({size}: ChatState, prompt: string): readonly Line[] {
	const width = size.columns - glyphs.prompt.length;
	const rows = prompt.split('\n').flatMap(line => wrapLine([span(line, 'bold')], width));
	const first = span(glyphs.prompt, 'prompt');
	const later = span(glyphs.continuation, 'prompt');
	return [emptyLine, ...rows.map((row, index) => [index === 0 ? first : later].concat(row))];
}

/** The pictures before the words about them. */
function contentOf(prompt: string, pictures: readonly SeenPicture[]): ChatMessage['content'] {
	if (pictures.length === 0) return prompt;
	const parts = pictures.map(({image}) => ({type: 'image', image}) as const);
	return prompt === '' ? parts : [...parts, {type: 'text', text: prompt}];
}

function named(pictures: readonly SeenPicture[]): readonly Line[] {
	const names = pictures.map(({file}) => file.split(/[\\/]/).at(-1) ?? file);
	return names.length === 0 ? [] : note(`with ${names.join(', ')}`);
}

/** A cut answer counts as far as it came; where nothing came, the question never happened. */
function concluded(messages: readonly ChatMessage[], turn: Turn, cut: boolean): readonly ChatMessage[] {
	if (cut && turn.text === '') return messages.slice(0, -1);
	const thinking = turn.thinking === '' ? {} : {thinking: turn.thinking};
	return [...messages, {role: 'assistant', content: turn.text.trimEnd(), ...thinking}];
}

function withTurn(state: ChatState, change: (turn: Turn) => Turn): ChatState {
	return state.turn === null ? state : {...state, turn: change(state.turn)};
}

/** Moves on to thinking or answering; what was streamed before leaves first. */
function enter(state: ChatState, phase: 'thinking' | 'answering', now: number): ChatState {
	if (state.turn === null || state.turn.phase === phase) return state;
	const left = leave(state, now);
	const shown = phase === 'thinking' && !state.settings.hideThinking;
	const prepared = shown ? print(left, [[span('thinking', 'dim', 'italic')]]) : left;
	const markdown = state.task === 'chat' && state.settings.format === null;
	return withTurn(prepared, turn => ({
		...turn,
		phase,
		fraction: null,
		thinkingSince: phase === 'thinking' ? now : null,
		stream: phase === 'thinking' ? startStream('plain', ['dim']) : startStream(markdown ? 'markdown' : 'plain'),
	}));
}

function leave(state: ChatState, now: number): ChatState {
	const {turn} = state;
	if (turn === null) return state;
	const rows = finishStream(turn.stream, streamLayout(state));
	const emptied = withTurn(print(state, rows), open => ({...open, stream: startStream('plain')}));
	if (turn.phase !== 'thinking') return emptied;
	const hidden = state.settings.hideThinking ? note(`thought for ${seconds(now - (turn.thinkingSince ?? now))}`) : [];
	return print(emptied, [...hidden, emptyLine]);
}

function stream(state: ChatState, text: string): ChatState {
	if (state.turn === null) return state;
	const {stream, lines} = advanceStream(state.turn.stream, text, streamLayout(state));
	return print(
		withTurn(state, turn => ({...turn, stream})),
		lines,
	);
}
