// The pictures of vision.py at half their size, as mofa makes them small: node test/parity/whole.mjs, before vision.py.
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const folder = path.resolve(import.meta.dirname, '../fixtures/vision');
mkdirSync(folder, {recursive: true});
const side = 32;
const small = [
	[64, 64, 1],
	[64, 32, 2],
].map(([width, height, seed]) => {
	const data = new Uint8Array(width * height * 3);
	for (let y = 0; y < height; y += 1)
		for (let x = 0; x < width; x += 1)
			for (let c = 0; c < 3; c += 1)
				data[(y * width + x) * 3 + c] = (x * x * 3 + y * 5 * seed + x * y * 7 + c * 40 + seed * 11) % 256;
	return sharp(data, {raw: {width, height, channels: 3}})
		.resize(side, side, {fit: 'fill', kernel: 'lanczos3'})
		.raw()
		.toBuffer();
});
writeFileSync(path.join(folder, 'whole.bin'), Buffer.concat(await Promise.all(small)));
