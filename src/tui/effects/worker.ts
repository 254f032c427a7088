import type {Effect, Step} from '../commands/command.ts';
import {messageText} from '../input/multi-line.ts';
import {isSlashCommand, runSlashCommand} from '../slash-commands.ts';
import type {Store} from '../store.ts';
import {emptyLine, span} from '../styled-text.ts';
import {glyphs} from '../theme.ts';

export interface WorkerTools {
	readonly store: Store;
	readonly answer: (text: string, signal: AbortSignal) => Promise<void>;
	readonly perform: (effect: Effect) => Promise<void>;
}

/** Works off what is sent, one line after the other; what is sent meanwhile waits in the state. */
export interface Worker {
	send(line: string): void;
	busy(): boolean;
	/** Cuts the answer that is on its way; false when there is none. */
	stop(): boolean;
}

export function createWorker({store, answer, perform}: WorkerTools, lifetime: AbortSignal): Worker {
	let turn: AbortController | undefined;
	let busy = false;

	const work = async (): Promise<void> => {
		if (busy) return;
		busy = true;
		for (let [next] = store.state().queue; next !== undefined && !lifetime.aborted; [next] = store.state().queue) {
			store.dispatch({type: 'queue-taken', count: 1});
			if (isSlashCommand(next)) await carryOut(next);
			else await converse(messageText(next));
		}
		busy = false;
	};
	const converse = async (text: string): Promise<void> => {
		turn = new AbortController();
		await answer(text, AbortSignal.any([turn.signal, lifetime]));
		turn = undefined;
	};
	const carryOut = async (line: string): Promise<void> => {
		const echo = [span(glyphs.prompt, 'prompt'), span(line.trim(), 'dim')];
		store.dispatch({type: 'lines-printed', lines: [emptyLine, echo]});
		for (const step of runSlashCommand(line, store.state())) {
			if (isEffect(step)) await perform(step);
			else store.dispatch(step);
		}
	};
	return {
		busy: () => busy,
		send(line) {
			store.dispatch({type: 'message-queued', text: line});
			void work();
		},
		stop() {
			turn?.abort();
			return turn !== undefined;
		},
	};
}

const effects: {readonly [Type in Effect['type']]: true} = {
	leave: true,
	'choose-model': true,
	'change-model': true,
	'reload-model': true,
	'show-model': true,
	'save-session': true,
	'load-session': true,
	'read-schema': true,
	'list-models': true,
};

function isEffect(step: Step): step is Effect {
	return Object.hasOwn(effects, step.type);
}
