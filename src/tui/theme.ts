/** Every look the chat knows by name, and the glyphs it draws with. Nothing else in `tui/` names a colour. */
export type Style =
	| 'bold'
	| 'italic'
	| 'underline'
	| 'strike'
	| 'dim'
	| 'heading'
	| 'code'
	| 'link'
	| 'marker'
	| 'prompt'
	| 'chosen'
	| 'failure'
	| 'warning'
	| 'busy';

/** Numbers of the SGR escape sequences that switch an attribute on and off. */
export type Attribute = readonly [on: number, off: number];

export interface Theme {
	readonly styles: Readonly<Record<Style, readonly Attribute[]>>;
	readonly glyphs: {
		readonly prompt: string;
		readonly continuation: string;
		readonly bullets: readonly string[];
		readonly quote: string;
		readonly rule: string;
		readonly column: string;
		readonly crossing: string;
		readonly chosen: string;
		readonly spinner: readonly string[];
		readonly spinnerMs: number;
	};
}

const bold: Attribute = [1, 22];
const dim: Attribute = [2, 22];
const italic: Attribute = [3, 23];
const underline: Attribute = [4, 24];
const inverse: Attribute = [7, 27];
const strike: Attribute = [9, 29];
const color = (number: number): Attribute => [number, 39];

/** The same with and without colour. */
export const glyphs: Theme['glyphs'] = {
	prompt: '>>> ',
	continuation: '... ',
	bullets: ['•', '◦', '▪'],
	quote: '│ ',
	rule: '─',
	column: ' │ ',
	crossing: '─┼─',
	chosen: '❯ ',
	spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
	spinnerMs: 100,
};

export const colorTheme: Theme = {
	styles: {
		bold: [bold],
		italic: [italic],
		underline: [underline],
		strike: [strike],
		dim: [dim],
		heading: [bold, color(36)],
		code: [color(33)],
		link: [underline, color(34)],
		marker: [color(36)],
		prompt: [bold, color(32)],
		chosen: [bold, color(36)],
		failure: [color(31)],
		warning: [color(33)],
		busy: [color(36)],
	},
	glyphs,
};

/** For `NO_COLOR`: weight and slant still tell a heading from a paragraph. */
export const plainTheme: Theme = {
	styles: {
		bold: [bold],
		italic: [italic],
		underline: [underline],
		strike: [strike],
		dim: [dim],
		heading: [bold, underline],
		code: [],
		link: [underline],
		marker: [],
		prompt: [bold],
		chosen: [inverse],
		failure: [bold],
		warning: [bold],
		busy: [],
	},
	glyphs,
};
