import {render} from 'ink';
import type {Frame} from '../frame.ts';
import type {Store} from '../store.ts';
import type {Theme} from '../theme.ts';
import {ChatView} from './chat-view.tsx';

export interface View {
	/** The frame that is on the screen now. */
	frame(): Frame;
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
}

/** The one place that starts ink. */
export function mountView({store, theme, now, skip, stdin, stdout}: MountOptions): View {
	let latest: Frame = {lines: [], cursor: undefined};
	let drawn = latest;
	const instance = render(
		<ChatView
			store={store}
			theme={theme}
			now={now}
			skip={skip}
			onFrame={frame => {
				latest = frame;
			}}
		/>,
		{
			stdin,
			stdout: boundlessScreen(stdout),
			exitOnCtrlC: false,
			patchConsole: false,
			maxFps: 30,
			onRender: () => {
				drawn = latest;
			},
		},
	);
	return {
		frame: () => drawn,
		unmount() {
			store.dispatch({type: 'screen-hidden', hidden: true});
			instance.unmount();
			instance.cleanup();
			// Ink ends an empty frame with a line of its own.
			stdout.write('\u001B[1A\r\u001B[J');
		},
	};
}

/** Ink clears the whole terminal, and what it scrolled away, once a frame is as high as the screen. Ours never is. */
function boundlessScreen(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
	return new Proxy(stdout, {
		get(target, property) {
			if (property === 'rows') return Number.MAX_SAFE_INTEGER;
			const value: unknown = Reflect.get(target, property, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}
