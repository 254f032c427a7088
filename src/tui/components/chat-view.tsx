import {Static, Text, useCursor} from 'ink';
import {useEffect, useInsertionEffect, useReducer, useSyncExternalStore, type ReactElement} from 'react';
import {frameOf, type Frame} from '../frame.ts';
import type {Store} from '../store.ts';
import {paint, type Line} from '../styled-text.ts';
import type {Theme} from '../theme.ts';

export interface ChatViewProperties {
	readonly store: Store;
	readonly theme: Theme;
	readonly now: () => number;
	/** Rows that an earlier view has printed already. */
	readonly skip?: number;
	/** Hears of every frame before it is drawn. */
	readonly onFrame?: (frame: Frame) => void;
}

/** What is done goes above and is never drawn again; only the frame below it changes. */
export function ChatView({store, theme, now, skip = 0, onFrame}: ChatViewProperties): ReactElement {
	const state = useSyncExternalStore(store.subscribe, store.state);
	useTicks(state.turn !== null || state.loading !== null, theme.glyphs.spinnerMs);
	const {setCursorPosition} = useCursor();
	const frame = frameOf(state, now());
	setCursorPosition(frame.cursor);
	// Before ink draws what was just committed.
	useInsertionEffect(() => onFrame?.(frame));
	return (
		<>
			<Static items={state.printed.slice(skip)}>
				{(line, index) => <Rows key={skip + index} lines={[line]} theme={theme} />}
			</Static>
			{frame.lines.length > 0 && <Rows lines={frame.lines} theme={theme} />}
		</>
	);
}

/** Rows as wide as they are: nothing here may wrap what was laid out before. */
function Rows({lines, theme}: {readonly lines: readonly Line[]; readonly theme: Theme}): ReactElement {
	// A text without anything in it would have no height.
	return <Text wrap="end">{lines.map(line => paint(line, theme)).join('\n') || ' '}</Text>;
}

/** Draws again at intervals while something is on its way. */
function useTicks(active: boolean, ms: number): void {
	const [, tick] = useReducer((count: number) => count + 1, 0);
	useEffect(() => {
		if (!active) return undefined;
		const timer = setInterval(tick, ms);
		return () => clearInterval(timer);
	}, [active, ms]);
}
