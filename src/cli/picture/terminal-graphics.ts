/** How pictures come onto a screen: by one of three protocols, or as coloured halves of cells. `null`: not at all. */
export type Graphics = 'kitty' | 'iterm2' | 'sixel' | 'blocks-16m' | 'blocks-256' | null;

type Environment = Readonly<Record<string, string | undefined>>;

export interface Screen {
	readonly isTerminal: boolean;
	readonly color: boolean;
	/** Shows more than ASCII. */
	readonly unicode: boolean;
}

/**
 * What this terminal shows, as far as it says so by itself: asking it would wait for an answer that many never give.
 * 1. No terminal, or one that only writes: nothing.
 * 2. Something stands between it and us that passes on text alone: halves of cells.
 * 3. A protocol of pictures, where the terminal names itself.
 * 4. Halves of cells, in as many colours as it has; none where none are wanted, or no such signs are known.
 * Pure.
 */
export function graphicsOf({isTerminal, color, unicode}: Screen, env: Environment): Graphics {
	const term = env['TERM'] ?? '';
	// 1.
	if (!isTerminal || term === 'dumb') return null;
	// 2.
	const within = Boolean(env['TMUX']) || Boolean(env['STY']) || Boolean(env['ZELLIJ']) || /^(tmux|screen)/.test(term);
	// 3.
	const protocol = within ? null : protocolOf(term, env);
	if (protocol !== null) return protocol;
	// 4.
	return color && unicode ? blocksOf(term, env) : null;
}

const iterm2: ReadonlySet<string> = new Set(['iTerm.app', 'WezTerm', 'mintty', 'rio']);

function protocolOf(term: string, env: Environment): 'kitty' | 'iterm2' | 'sixel' | null {
	const program = env['TERM_PROGRAM'] ?? '';
	if (env['KITTY_WINDOW_ID'] || term === 'xterm-kitty' || term === 'xterm-ghostty' || program === 'ghostty')
		return 'kitty';
	// Of its versions, those since April 2022.
	if (Number(env['KONSOLE_VERSION'] ?? 0) >= 220_400) return 'kitty';
	if (iterm2.has(program) || env['LC_TERMINAL'] === 'iTerm2') return 'iterm2';
	return /^(foot|mlterm|contour|yaft)|sixel/.test(term) ? 'sixel' : null;
}

function blocksOf(term: string, env: Environment): Graphics {
	const named = /^(truecolor|24bit)$/i.test(env['COLORTERM'] ?? '') || /-direct/.test(term);
	// Windows Terminal says no more of itself than that it is there.
	if (named || env['FORCE_COLOR'] === '3' || env['WT_SESSION']) return 'blocks-16m';
	return /^(linux|vt\d+|ansi|cons25|)$/.test(term) ? null : 'blocks-256';
}
