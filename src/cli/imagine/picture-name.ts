/** Letters of a name; longer ones are cut between words. */
const longest = 48;
/** What Windows keeps for devices, whatever ends the name. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** What a picture of these words is called, without an ending: `A red circle!` is `a-red-circle`. */
export function pictureName(prompt: string): string {
	const words = prompt
		.slice(0, 1000)
		.normalize('NFKD')
		.replaceAll(/\p{M}/gu, '')
		.normalize('NFC')
		.toLowerCase()
		.split(/[^\p{L}\p{N}]+/u)
		.filter(word => word !== '');
	let name = '';
	for (const word of words) {
		const longer = name === '' ? [...word].slice(0, longest).join('') : `${name}-${word}`;
		if (longer.length > longest) break;
		name = longer;
	}
	return name === '' || reserved.test(name) ? `picture${name === '' ? '' : `-${name}`}` : name;
}

/** Of several pictures the one at `index`, which counts from 0: `cat.png`, or `cat-1.png` and `cat-2.png`. */
export function numberedFile(file: string, index: number, count: number): string {
	if (count === 1) return file;
	const ending = /\.(png|jpe?g|webp)$/i.exec(file)?.[0] ?? '';
	return `${file.slice(0, file.length - ending.length)}-${index + 1}${ending}`;
}
