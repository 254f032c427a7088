export interface ReadSixel {
	readonly width: number;
	readonly height: number;
	/** Red, green and blue in percent; null where nothing was painted. */
	readonly pixels: ReadonlyArray<readonly [number, number, number] | null>;
}

/** Reads sixels as the VT340's manual describes them, one sign after the other. */
export function readSixel(text: string): ReadSixel {
	const [start, end] = ['\u{1B}P0;1;0q', '\u{1B}\\\n'];
	const raster = /^"1;1;(\d+);(\d+)/.exec(text.slice(start.length));
	if (!text.startsWith(start) || !text.endsWith(end) || raster === null) throw new Error('no sixels');
	const [width, height] = [Number(raster[1]), Number(raster[2])];
	const pixels: Array<readonly [number, number, number] | null> = Array.from({length: width * height}, () => null);
	const registers = new Map<number, readonly [number, number, number]>();
	let [column, top, register] = [0, 0, 0];
	const signs = text.slice(start.length + raster[0].length, -end.length);
	const pattern = /#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])/gy;
	for (let match = pattern.exec(signs); match !== null; match = pattern.exec(signs)) {
		const [, chosen, red, green, blue, count, repeated, single, motion] = match;
		if (chosen !== undefined) {
			register = Number(chosen);
			if (red !== undefined) registers.set(register, [Number(red), Number(green), Number(blue)]);
		} else if (motion !== undefined) {
			column = 0;
			if (motion === '-') top += 6;
		} else {
			const bits = (repeated ?? single ?? '').charCodeAt(0) - 63;
			const color = registers.get(register);
			if (color === undefined) throw new Error(`the register ${register} has no colour`);
			for (let times = Number(count ?? 1); times > 0; times--, column++) {
				if (column >= width) throw new Error('a row is too long');
				for (let bit = 0; bit < 6; bit++) if ((bits >> bit) & 1) pixels[(top + bit) * width + column] = color;
			}
		}
		if (pattern.lastIndex === signs.length) return {width, height, pixels};
	}
	throw new Error(`no sixel at ${pattern.lastIndex}`);
}
