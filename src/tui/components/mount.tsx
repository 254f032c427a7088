import {render} from 'ink';
import type {Frame} from '../frame.ts';
import {reanchor} from '../reflow.ts';
import {emptyLine} from '../styled-text.ts';
import type {Store} from '../store.ts';
import type {Theme} from '../theme.ts';
import {ChatView} from './chat-view.tsx';

export interface View {
	/** The terminal is so many columns wide now: puts right what folding did to the frame. The next state draws it anew. */
	resized(columns: number): void;
	/** Takes the frame away and leaves the cursor below what is printed. */
	unmount(): void;
}

export interface MountOptions {
	readonly store: Store;
	readonly theme: Theme;
	readonly now: () => number;
	readonly skip: number;
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	/** The view cannot go on: a mistake of ours, or the terminal is gone. */
	readonly onBroken: (error: unknown) => void;
}

/** The one place that starts ink. */
export function mountView({store, theme, now, skip, stdin, stdout, onBroken}: MountOptions): View {
	let latest: Frame = {lines: [], cursor: undefined};
	let drawn = latest;
	const tree = (
		<ChatView
			store={store}
			theme={theme}
			now={now}
			skip={skip}
			onFrame={frame => {
				latest = frame;
			}}
		/>
	);
	const instance = render(tree, {
		stdin,
		stdout: boundlessScreen(stdout),
		exitOnCtrlC: false,
		patchConsole: false,
		maxFps: 30,
		onRender: () => {
			drawn = latest;
		},
	});
	instance.waitUntilExit().catch(onBroken);
	return {
		resized(columns) {
			stdout.write(reanchor(drawn, columns));
			drawn = {lines: drawn.lines.map(() => emptyLine), cursor: drawn.cursor};
		},
		unmount() {
			store.dispatch({type: 'screen-hidden', hidden: true});
			// React would draw the empty frame a moment later; this draws it now.
			instance.rerender(tree);
			instance.unmount();
			instance.cleanup();
			// Ink ends an empty frame with a line of its own.
			stdout.write('\u001B[1A\r\u001B[J');
		},
	};
}

/**
 * Ink clears the whole terminal, and what it scrolled away, once a frame is as high as the screen: ours never is.
 * And it draws the old frame again when the size changes, knowing nothing of folded rows: `resized` does that work.
 */
function boundlessScreen(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
	return new Proxy(stdout, {
		get(target, property) {
			if (property === 'rows') return Number.MAX_SAFE_INTEGER;
			if (property === 'on')
				return (event: string, listener: () => void) => (event === 'resize' ? target : target.on(event, listener));
			const value: unknown = Reflect.get(target, property, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}
