import type {Output, Terminal} from '../terminal.ts';
import {showsUnicode} from '../unicode.ts';
import {graphicsOf, type Graphics} from './terminal-graphics.ts';

/** How pictures come onto this one of a command's outputs. */
export function graphicsFor({isTerminal, color}: Output, {env}: Terminal): Graphics {
	return graphicsOf({isTerminal, color, unicode: showsUnicode(env, process.platform)}, env);
}
