import {note} from '../notices.ts';
import type {Store} from '../store.ts';
import {appendHistory, readHistory} from './history-file.ts';

/** What was typed, in memory and, where there is a file, beyond the end of the chat. Trouble with the file is told once. */
export interface KeptHistory {
	load(): Promise<void>;
	remember(entry: string): void;
	/** Everything remembered so far is on the disk, or will never be. */
	saved(): Promise<void>;
}

export function keepHistory(store: Store, file: string | null): KeptHistory {
	let usable = file;
	const giveUp = (error: unknown, what: string): void => {
		if (usable === null) return;
		usable = null;
		const problem = error instanceof Error ? error.message : String(error);
		store.dispatch({type: 'lines-printed', lines: note(`${what}: ${problem}`)});
	};
	// One after the other, so that the file has the order of the messages.
	let writing = Promise.resolve();
	const append = async (entry: string): Promise<void> => {
		if (usable === null) return;
		try {
			await appendHistory(usable, entry);
		} catch (error) {
			giveUp(error, 'what you type is not being saved');
		}
	};
	return {
		async load() {
			if (usable === null) return;
			try {
				store.dispatch({type: 'history-loaded', entries: await readHistory(usable)});
			} catch (error) {
				giveUp(error, 'earlier messages cannot be read');
			}
		},
		remember(entry) {
			if (!store.state().settings.history) return;
			store.dispatch({type: 'history-added', entry});
			writing = writing.then(() => append(entry));
		},
		saved: () => writing,
	};
}
