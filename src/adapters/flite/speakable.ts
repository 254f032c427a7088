/** What an English voice says for signs it has no letters for. */
const words: Readonly<Record<string, string>> = {
	'‘': "'",
	'’': "'",
	'“': '"',
	'”': '"',
	'«': '"',
	'»': '"',
	'–': '-',
	'—': ', ',
	'…': '...',
	'•': ' ',
	'×': ' times ',
	'÷': ' divided by ',
	'±': ' plus or minus ',
	'≈': ' about ',
	'≤': ' at most ',
	'≥': ' at least ',
	'→': ' to ',
	'°': ' degrees ',
	'€': ' euro ',
	'£': ' pound ',
	'¥': ' yen ',
	'©': ' copyright ',
	ß: 'ss',
	æ: 'ae',
	Æ: 'Ae',
	œ: 'oe',
	Œ: 'Oe',
	ø: 'o',
	Ø: 'O',
	ł: 'l',
	Ł: 'L',
	đ: 'd',
	þ: 'th',
	ð: 'th',
	ı: 'i',
	'⁄': '/',
};

export interface Speakable {
	/** ASCII. */
	readonly text: string;
	/** Signs that had to be left out, each once. */
	readonly leftOut: readonly string[];
}

/** Text as a voice that reads ASCII can say it: accents dropped, typographic signs spelled, the rest left out. Pure. */
export function speakable(text: string): Speakable {
	const leftOut = new Set<string>();
	const plain = text.replaceAll(/[^\x20-\x7E\t\r\n]/gu, sign => {
		const known = words[sign] ?? ascii(sign);
		if (known === '' && !/[\p{C}\p{M}\p{Z}]/u.test(sign)) leftOut.add(sign);
		return known;
	});
	return {text: plain, leftOut: [...leftOut]};
}

export function hasWords(text: string): boolean {
	return /[a-z0-9]/i.test(text);
}

/** `é` as `e`, a no-break space as a space; empty where no letter is behind the sign. */
function ascii(sign: string): string {
	if (/\p{Z}/u.test(sign)) return ' ';
	return sign.normalize('NFKD').replaceAll(/[^\x20-\x7E]/gu, part => words[part] ?? '');
}
