import {stripVTControlCharacters} from 'node:util';
import {expect, test} from 'vitest';
import {halfBlocks} from '../../../../src/cli/picture/half-blocks.ts';
import {withPalette} from '../../../../src/cli/picture/palette.ts';
import {pictureText} from '../../../../src/cli/picture/picture-text.ts';
import {sixelPicture} from '../../../../src/cli/picture/sixel.ts';
import {graphicsOf, type Graphics} from '../../../../src/cli/picture/terminal-graphics.ts';
import type {Pixels} from '../../../../src/media/picture/pixels.ts';
import {decodePng, encodePng} from '../../../../src/media/picture/png.ts';
import {readSixel} from './read-sixel.ts';

const screen = {columns: 80, rows: 24};
function painted(width: number, height: number, color: (x: number, y: number) => readonly number[]): Pixels {
	const data = Array.from({length: width * height}, (_, at) => color(at % width, Math.floor(at / width))).flat();
	return {data: Uint8Array.from(data), width, height, channels: color(0, 0).length === 4 ? 4 : 3};
}
const photo = painted(100, 60, (x, y) => [x * 2, y * 4, (x * y) % 256]);
const flag = painted(9, 7, (x, y) => (x < 3 ? [255, 0, 0] : y < 4 ? [255, 255, 255] : [0, 0, 255]));

test.each<[Readonly<Record<string, string>>, Graphics]>([
	[{TERM: 'xterm-kitty', KITTY_WINDOW_ID: '1'}, 'kitty'],
	[{TERM: 'xterm-ghostty'}, 'kitty'],
	[{TERM: 'xterm-256color', KONSOLE_VERSION: '230401'}, 'kitty'],
	[{TERM: 'xterm-256color', KONSOLE_VERSION: '210401', COLORTERM: 'truecolor'}, 'blocks-16m'],
	[{TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app', COLORTERM: 'truecolor'}, 'iterm2'],
	[{TERM: 'xterm-256color', TERM_PROGRAM: 'WezTerm'}, 'iterm2'],
	[{TERM: 'foot'}, 'sixel'],
	[{TERM: 'mlterm'}, 'sixel'],
	[{TERM: 'xterm-256color'}, 'blocks-256'],
	[{TERM: 'xterm-256color', COLORTERM: '24bit'}, 'blocks-16m'],
	[{TERM: 'xterm-256color', FORCE_COLOR: '3'}, 'blocks-16m'],
	[{TERM: 'tmux-256color', TMUX: '/tmp/t,1,0', KITTY_WINDOW_ID: '1', COLORTERM: 'truecolor'}, 'blocks-16m'],
	[{TERM: 'screen', STY: '1.x', TERM_PROGRAM: 'iTerm.app'}, 'blocks-256'],
	[{WT_SESSION: 'a-b-c'}, 'blocks-16m'],
	[{TERM: 'linux'}, null],
	[{TERM: 'dumb', KITTY_WINDOW_ID: '1'}, null],
	[{}, null],
])('%j shows pictures by %s', (env, graphics) => {
	expect(graphicsOf({isTerminal: true, color: true, unicode: true}, env)).toBe(graphics);
	expect(graphicsOf({isTerminal: false, color: true, unicode: true}, env)).toBeNull();
});

test('without colours there are no halves of cells, and a protocol of pictures still is one', () => {
	expect(
		graphicsOf({isTerminal: true, color: false, unicode: true}, {TERM: 'xterm', COLORTERM: 'truecolor'}),
	).toBeNull();
	expect(graphicsOf({isTerminal: true, color: false, unicode: true}, {TERM: 'xterm-kitty'})).toBe('kitty');
	expect(graphicsOf({isTerminal: true, color: true, unicode: false}, {TERM: 'xterm-256color'})).toBeNull();
});

test('kitty gets the PNG itself in parts of 4096 signs, and is asked to be silent', () => {
	const noise = painted(90, 90, (x, y) => [(x * 7919 + y * 104_729) % 251, (x * y * 31) % 253, (x ^ y) % 256]);
	const png = encodePng(noise);
	const text = pictureText(png, 'kitty', screen);
	expect(text.endsWith('\u{1B}\\\n')).toBe(true);
	const parts = text
		.slice(0, -1)
		.split('\u{1B}\\')
		.slice(0, -1)
		.map(part => {
			expect(part.startsWith('\u{1B}_G')).toBe(true);
			const [settings = '', content = ''] = part.slice(3).split(';');
			return {settings: Object.fromEntries(settings.split(',').map(pair => pair.split('='))), content};
		});
	expect(parts.length).toBeGreaterThan(2);
	const settings = parts.map(part => part.settings as Record<string, string>);
	expect(settings[0]).toEqual({a: 'T', f: '100', q: '2', c: '32', r: '16', m: '1'});
	expect(settings.slice(1).every(({q, a}) => q === '2' && a === undefined)).toBe(true);
	expect(settings.map(({m}) => m)).toEqual([...parts.slice(1).map(() => '1'), '0']);
	for (const {content} of parts.slice(0, -1)) expect(content).toHaveLength(4096);
	expect(Buffer.from(parts.map(({content}) => content).join(''), 'base64').equals(png)).toBe(true);
});

test('iTerm2 gets the PNG itself, with its length', () => {
	const png = encodePng(photo);
	const text = pictureText(png, 'iterm2', screen);
	const [start, end] = ['\u{1B}]1337;File=', '\u{7}\n'];
	expect(text.startsWith(start) && text.endsWith(end)).toBe(true);
	const [settings = '', content = ''] = text.slice(start.length, -end.length).split(':');
	expect(settings.split(';')).toEqual(expect.arrayContaining(['inline=1', `size=${png.length}`, 'width=32']));
	expect(Buffer.from(content, 'base64').equals(png)).toBe(true);
});

test('sixels are the picture, pixel for pixel, where it has few colours', () => {
	const read = readSixel(sixelPicture(flag));
	expect(read).toMatchObject({width: 9, height: 7});
	const wanted = Array.from({length: 63}, (_, at) =>
		[...flag.data.subarray(at * 3, at * 3 + 3)].map(value => value / 2.55),
	);
	expect(read.pixels).toEqual(wanted);
});

test('what is not seen is not painted', () => {
	const ring = painted(8, 8, (x, y) => [10, 200, 30, x > 2 && x < 6 && y > 2 && y < 6 ? 0 : 255]);
	const {pixels} = readSixel(sixelPicture(ring));
	expect(pixels.filter(pixel => pixel === null)).toHaveLength(9);
	expect(pixels[3 * 8 + 3]).toBeNull();
	expect(pixels[0]).toEqual([4, 78, 12]);
});

test('a picture of thousands of colours is close to itself in 255', () => {
	const {palette, indexes} = withPalette(photo, 255);
	expect(palette.length).toBeGreaterThan(200);
	expect(palette.length).toBeLessThanOrEqual(255);
	let squares = 0;
	for (const [pixel, index] of indexes.entries())
		for (const [channel, value] of (palette[index] ?? [0, 0, 0]).entries())
			squares += ((photo.data[pixel * 3 + channel] ?? 0) - value) ** 2;
	expect(Math.sqrt(squares / photo.data.length)).toBeLessThan(16);
	const {pixels} = readSixel(pictureText(encodePng(photo), 'sixel', screen));
	expect(pixels.every(pixel => pixel !== null)).toBe(true);
});

test('sixels of a small picture are as wide as they would be shown by kitty', () => {
	const {width, height} = readSixel(pictureText(encodePng(flag), 'sixel', screen));
	expect({width, height}).toEqual({width: 256, height: 199});
});

test('halves of cells have the upper pixel in front and the lower one behind', () => {
	const pixels = painted(
		2,
		3,
		(_, y) =>
			[
				[255, 0, 0],
				[0, 255, 0],
				[0, 0, 255],
			][y] ?? [],
	);
	expect(halfBlocks(pixels, {columns: 2, rows: 2}, '16m')).toEqual([
		'\u{1B}[38;2;255;0;0;48;2;0;255;0m▀▀\u{1B}[0m',
		'\u{1B}[0;38;2;0;0;255m▀▀\u{1B}[0m',
	]);
	expect(halfBlocks(pixels, {columns: 2, rows: 2}, '256')[0]).toBe('\u{1B}[38;5;196;48;5;46m▀▀\u{1B}[0m');
	const greys = painted(1, 2, (_, y) => [y === 0 ? 128 : 60, y === 0 ? 128 : 60, y === 0 ? 128 : 60]);
	expect(halfBlocks(greys, {columns: 1, rows: 1}, '256')[0]).toBe('\u{1B}[38;5;244;48;5;237m▀\u{1B}[0m');
});

test('halves of cells leave out what is not seen', () => {
	const pixels = painted(3, 2, (x, y) => [9, 9, 9, x === 0 || (x === 1 && y === 0) ? 0 : 255]);
	expect(halfBlocks(pixels, {columns: 3, rows: 1}, '16m')).toEqual([
		'\u{1B}[0m \u{1B}[0;38;2;9;9;9m▄\u{1B}[38;2;9;9;9;48;2;9;9;9m▀\u{1B}[0m',
	]);
});

test.each([
	[64, 64, 42, 21],
	[30, 20, 30, 10],
	[2000, 100, 79, 2],
	[5, 3000, 1, 21],
] as const)(
	'%i × %i pixels take %i columns and %i rows, never more than the screen',
	(width, height, columns, rows) => {
		const text = pictureText(encodePng(painted(width, height, x => [x % 256, 0, 0])), 'blocks-16m', screen);
		const lines = text.trimEnd().split('\n');
		expect(lines).toHaveLength(rows);
		for (const line of lines) expect(stripVTControlCharacters(line)).toHaveLength(columns);
	},
);

test('a screen that is tiny is no reason to fail', () => {
	for (const graphics of ['kitty', 'iterm2', 'sixel', 'blocks-16m', 'blocks-256'] as const)
		expect(pictureText(encodePng(photo), graphics, {columns: 2, rows: 1})).not.toBe('');
	expect(pictureText(encodePng(photo), null, screen)).toBe('');
});

test('a PNG that was shown is not changed by it', () => {
	const png = encodePng(photo, {prompt: 'x'});
	pictureText(png, 'sixel', screen);
	expect(decodePng(png)).toEqual({pixels: photo, text: {prompt: 'x'}});
});
