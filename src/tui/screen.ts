import type {MountOptions, View} from './components/mount.tsx';
import type {ChatState} from './state.ts';
import type {Terminal} from './terminal.ts';

/** The chat on a terminal: drawn, given away for a while, drawn again below what happened there. */
export interface Screen {
	show(): void;
	/** Takes the frame away for good; what is printed stays. */
	hide(): void;
	/** Draws again from an empty screen. */
	clear(): void;
	/** Gives the terminal to something else until that is done. */
	lend<T>(borrow: () => Promise<T>): Promise<T>;
}

export interface ScreenTools extends Omit<MountOptions, 'skip'> {
	readonly mount: (options: MountOptions) => View;
	readonly terminal: Terminal;
}

const home = '\u001B[H\u001B[2J';

export function createScreen(tools: ScreenTools): Screen {
	const {store, stdout, terminal} = tools;
	let view: View | undefined;
	let printed = 0;

	const resized = (): void => {
		const size = screenSize(stdout);
		if (size.columns < store.state().size.columns) view?.resized(size.columns);
		store.dispatch({type: 'screen-resized', ...size});
	};
	const draw = (): void => {
		store.dispatch({type: 'screen-resized', ...screenSize(stdout)});
		store.dispatch({type: 'screen-hidden', hidden: false});
		view = tools.mount({...tools, skip: printed});
	};
	const erase = (): void => {
		view?.unmount();
		view = undefined;
		printed = store.state().printed.length;
	};
	const screen: Screen = {
		show() {
			terminal.acquire();
			stdout.on('resize', resized);
			draw();
		},
		hide() {
			stdout.off('resize', resized);
			erase();
			terminal.release();
		},
		clear() {
			erase();
			stdout.write(home);
			draw();
		},
		async lend(borrow) {
			screen.hide();
			try {
				return await borrow();
			} finally {
				screen.show();
			}
		},
	};
	return screen;
}

/** In cells; never so small that nothing could be laid out. */
export function screenSize({columns, rows}: NodeJS.WriteStream): ChatState['size'] {
	return {columns: Math.max(8, columns || 80), rows: Math.max(4, rows || 24)};
}
