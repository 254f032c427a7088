import {StringDecoder} from 'node:string_decoder';
import {createKeyDecoder, type InputEvent} from './input/key-decoder.ts';

/** The keyboard side of a terminal. The chat reads keys itself: ink knows no bracketed paste. */
export interface Terminal {
	/** Raw keys come from now on. */
	acquire(): void;
	/** As the shell had it, for an editor, a suspension or the end. */
	release(): void;
}

export interface TerminalStreams {
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
}

/** How long the rest of an escape sequence may take before it was the Escape key. */
const escapeMs = 50;
const pasteOn = '\u001B[?2004h';
const pasteOff = '\u001B[?2004l';
const showCursor = '\u001B[?25h';

export function createTerminal(
	{stdin, stdout}: TerminalStreams,
	handlers: {readonly input: (event: InputEvent) => void; readonly hangUp: () => void},
): Terminal {
	const keys = createKeyDecoder();
	const text = new StringDecoder('utf8');
	let timer: NodeJS.Timeout | undefined;
	let acquired = false;
	let earlier = false;

	const deliver = (events: readonly InputEvent[]): void => {
		for (const event of events) handlers.input(event);
	};
	const onData = (chunk: Buffer | string): void => {
		clearTimeout(timer);
		const typed = typeof chunk === 'string' ? chunk : text.write(chunk);
		deliver(keys.push(earlier ? asSent(typed) : typed));
		if (keys.pending()) timer = setTimeout(() => deliver(keys.flush()), escapeMs);
	};
	const release = (): void => {
		if (!acquired) return;
		acquired = false;
		clearTimeout(timer);
		stdin.off('data', onData);
		stdin.off('end', handlers.hangUp);
		stdin.setRawMode(false);
		stdin.pause();
		process.off('exit', release);
		stdout.write(pasteOff + showCursor);
	};
	return {
		release,
		acquire() {
			if (acquired) return;
			acquired = true;
			stdin.setRawMode(true);
			stdin.on('data', onData);
			stdin.on('end', handlers.hangUp);
			stdin.resume();
			earlier = true;
			afterTurns(turnsToRead, () => (earlier = false));
			// However the program ends, the shell gets its terminal back.
			process.once('exit', release);
			stdout.write(pasteOn);
		},
	};
}

/** Until then what was waiting has been read: the stream begins in one turn of the event loop, and reads in the next. */
const turnsToRead = 3;

/** What was typed while the terminal still gave whole lines ends with a line feed where Enter was pressed. */
const asSent = (text: string): string => (/^[^\n]+\n$/.test(text) ? `${text.slice(0, -1)}\r` : text);

function afterTurns(turns: number, act: () => void): void {
	if (turns === 0) act();
	else setImmediate(afterTurns, turns - 1, act);
}
