import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {describe, expect, test} from 'vitest';
import {findPictures, isPictureName, readPicture, takePictures} from '../../../src/client/pictures.ts';
import {encodePng} from '../../../src/media/picture/png.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const png = encodePng({data: new Uint8Array(12).fill(200), width: 2, height: 2, channels: 3});

describe('pictures that a text names', () => {
	test.each([
		['bare', 'what is in /tmp/a.png ?', ['/tmp/a.png']],
		['in quotes', `look: '/tmp/my photo.jpg' and "b c.webp"`, ['/tmp/my photo.jpg', 'b c.webp']],
		[
			'as a terminal escapes what is dropped on it',
			String.raw`/tmp/my\ photo\ \(1\).jpg what is it`,
			['/tmp/my photo (1).jpg'],
		],
		['as an address of a file', 'file:///tmp/my%20photo.jpg', ['/tmp/my photo.jpg']],
		['none', 'what is a .png file? And e.g. this.', []],
	])('are found %s', (_, text, files) => {
		expect(findPictures(text).map(({file}) => file)).toEqual(files);
	});

	test('are taken out of it where they are there, and stay words where they are not', async () => {
		const folder = temporaryFolder();
		const file = path.join(folder, 'a photo.png');
		writeFileSync(file, png);
		const taken = await takePictures(`What is in '${file}' and in /nowhere/b.png?`);
		expect(taken.text).toBe('What is in and in /nowhere/b.png?');
		expect(taken.pictures).toEqual([{file, image: {bytes: Uint8Array.from(png), mediaType: 'image/png'}}]);
		expect((await takePictures(`${pathToFileURL(file).href} what is it?`)).text).toBe('what is it?');
	});
});

test('the bytes decide what a picture is, not its name', async () => {
	const folder = temporaryFolder();
	const file = path.join(folder, 'photo.jpg');
	writeFileSync(file, png);
	expect((await readPicture(file)).mediaType).toBe('image/png');
	writeFileSync(file, 'no picture at all');
	await expect(readPicture(file)).rejects.toMatchObject({code: 'invalid-request', data: {path: file}});
	writeFileSync(file, '');
	await expect(readPicture(file)).rejects.toMatchObject({data: {expected: 'a picture, but it is empty'}});
	await expect(readPicture(path.join(folder, 'none.png'))).rejects.toMatchObject({code: 'file-error'});
});

test('names of pictures are known by how they end', () => {
	expect(['a.png', 'B.JPEG', 'c.webp'].every(isPictureName)).toBe(true);
	expect(['a.gguf', 'png', 'a.png.txt'].some(isPictureName)).toBe(false);
});
