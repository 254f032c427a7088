import {reduce} from './reduce.ts';
import type {Action, ChatState} from './state.ts';

/** Holds the one state. The view subscribes; the controller dispatches. */
export interface Store {
	state(): ChatState;
	dispatch(action: Action): void;
	subscribe(listener: () => void): () => void;
}

export function createStore(initial: ChatState): Store {
	let state = initial;
	const listeners = new Set<() => void>();
	return {
		state: () => state,
		dispatch(action) {
			const next = reduce(state, action);
			if (next === state) return;
			state = next;
			for (const listener of listeners) listener();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
