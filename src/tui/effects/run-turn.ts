import type {Client, RunEvent} from '../../client/client.ts';
import {namingPicture, pictureName} from '../../client/picture-names.ts';
import {takePictures, type SeenText} from '../../client/pictures.ts';
import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import {generationOf, type ChatMessage} from '../chat-settings.ts';
import {failureLines, note, statisticsLine, warningLines, type Usage} from '../notices.ts';
import type {ChatState} from '../state.ts';
import type {Store} from '../store.ts';
import {emptyLine, span} from '../styled-text.ts';
import {glyphs} from '../theme.ts';
import {untilAborted} from './until-aborted.ts';

export interface TurnTools {
	readonly client: Client;
	readonly store: Store;
	readonly now: () => number;
}

/** Text that arrives within this many milliseconds is drawn in one step. */
const stepMs = 30;

/** Sends a message and shows what comes back. Never throws: a failure is a line, and the chat goes on. */
export async function runTurn({client, store, now}: TurnTools, prompt: string, signal: AbortSignal): Promise<void> {
	const {dispatch} = store;
	const seen = store.state().sees ? await look(prompt, store) : {text: prompt, pictures: []};
	if (seen === null) return;
	const started = now();
	const text = gatherText(store, now);
	const held: Warning[] = [];
	const outcome: {usage?: Usage; reason?: string; failure?: unknown; firstMs: number | null; loadMs: number} = {
		firstMs: null,
		loadMs: 0,
	};
	dispatch({type: 'turn-started', prompt: seen.text, pictures: seen.pictures, now: started});
	const {pictures} = store.state();
	const messages = sentMessages(store.state());
	try {
		for await (const event of untilAborted(events(client, store.state(), signal), signal)) {
			if (event.type === 'load-progress') dispatch({type: 'turn-progressed', fraction: event.fraction});
			else if (event.type === 'load-end') {
				outcome.loadMs = event.waitedMs;
				dispatch({type: 'turn-loaded'});
			} else if (event.type === 'warning')
				held.push({...event.warning, setting: pictureName(event.warning.setting, messages, pictures)});
			else if (event.type === 'text-delta' || event.type === 'thinking-delta') {
				outcome.firstMs ??= now() - started;
				if (held.length > 0 && !begun(store.state())) warnOnce(store, held.splice(0));
				text.add(event.type === 'text-delta' ? 'text-arrived' : 'thinking-arrived', event.text);
			} else if (event.type !== 'tool-call') Object.assign(outcome, {usage: event.usage, reason: event.reason});
		}
	} catch (error) {
		outcome.failure = namingPicture(error, messages, pictures);
	}
	text.flush();
	const silent = !begun(store.state());
	const cut = outcome.usage === undefined;
	dispatch({type: 'turn-ended', cut, now: now()});
	warnOnce(store, held);
	if (cut) dispatch({type: 'lines-printed', lines: whyCut(outcome.failure, signal, silent)});
	else if (outcome.reason === 'length')
		dispatch({type: 'lines-printed', lines: note('(the answer reached its length limit)')});
	else if (silent) dispatch({type: 'lines-printed', lines: note('(the model had nothing to say)')});
	if (outcome.usage !== undefined && store.state().settings.verbose) {
		const times = {totalMs: now() - started, loadMs: outcome.loadMs, firstMs: outcome.firstMs};
		dispatch({type: 'lines-printed', lines: [[], [statisticsLine(outcome.usage, times)]]});
	}
}

/** The pictures that the message names; null where one cannot be read, which is said. */
async function look(prompt: string, store: Store): Promise<SeenText | null> {
	try {
		return await takePictures(prompt);
	} catch (error) {
		const [line = ''] = prompt.split('\n');
		const echo = [span(glyphs.prompt, 'prompt'), span(line, 'dim')];
		store.dispatch({type: 'lines-printed', lines: [emptyLine, echo, ...failureLines(error)]});
		return null;
	}
}

/** Each warning is given once in a chat. */
export function warnOnce(store: Store, warnings: readonly Warning[]): void {
	for (const {setting, message} of warnings) {
		const warning = `${setting}: ${message}`;
		if (store.state().warned.includes(warning)) continue;
		store.dispatch({type: 'warning-given', warning});
		store.dispatch({type: 'lines-printed', lines: warningLines(warning)});
	}
}

function sentMessages({messages, settings}: ChatState): readonly ChatMessage[] {
	return settings.system === null ? messages : [{role: 'system', content: settings.system}, ...messages];
}

function events(
	client: Client,
	state: ChatState,
	signal: AbortSignal,
): AsyncIterable<RunEvent<'chat'> | RunEvent<'completion'>> {
	const {model, task, messages, settings} = state;
	const common = {
		model,
		signal,
		...(settings.keepAlive !== null && {keepAlive: settings.keepAlive}),
		...(Object.keys(settings.load).length > 0 && {settings: settings.load}),
	};
	const generation = generationOf(settings);
	if (task === 'completion') {
		const content = messages.at(-1)?.content;
		return client.run({...common, task, request: {...generation, prompt: typeof content === 'string' ? content : ''}});
	}
	const think = settings.think === null ? {} : {think: settings.think};
	return client.run({...common, task, request: {...generation, ...think, messages: sentMessages(state)}});
}

function begun({turn}: ChatState): boolean {
	return turn !== null && (turn.text !== '' || turn.thinking !== '');
}

function whyCut(failure: unknown, signal: AbortSignal, silent: boolean): ReturnType<typeof note> {
	if (signal.aborted || MofaError.is(failure, 'cancelled')) return silent ? note('(stopped)') : [];
	return failureLines(failure ?? new MofaError('internal', {problem: 'the answer ended without its closing event'}));
}

/** Models write faster than a screen needs to be drawn. */
function gatherText(
	{dispatch}: Store,
	now: () => number,
): {add(type: 'text-arrived' | 'thinking-arrived', text: string): void; flush(): void} {
	let gathered: {type: 'text-arrived' | 'thinking-arrived'; text: string} | undefined;
	let timer: NodeJS.Timeout | undefined;
	const flush = (): void => {
		clearTimeout(timer);
		timer = undefined;
		if (gathered !== undefined) dispatch({...gathered, now: now()});
		gathered = undefined;
	};
	return {
		flush,
		add(type, text) {
			if (gathered !== undefined && gathered.type !== type) flush();
			gathered = {type, text: (gathered?.text ?? '') + text};
			timer ??= setTimeout(flush, stepMs);
		},
	};
}
