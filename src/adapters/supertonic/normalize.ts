/** What the authors' own programs leave out: emoticons, pictographs, dingbats, flags, and some marks. */
const pictures =
	/[\u{1f600}-\u{1f64f}\u{1f300}-\u{1f5ff}\u{1f680}-\u{1f6ff}\u{1f700}-\u{1faff}\u2600-\u27bf\u{1f1e6}-\u{1f1ff}]+/gu;
const unspoken = /[♥☆♡©\\]/g;
/** Accents that the first model was not trained to read. */
const accents = /[\u0302-\u0308\u030a-\u030c\u0327-\u032f]/g;

const replacements: ReadonlyArray<readonly [RegExp, string]> = [
	[/[–‑—]/g, '-'],
	[/[“”]/g, '"'],
	[/[‘’`´]/g, "'"],
	[/[_[\]|/#→←]/g, ' '],
];
const spokenSigns: ReadonlyArray<readonly [string, string]> = [
	['@', ' at '],
	['e.g.,', 'for example, '],
	['i.e.,', 'that is, '],
];

/** What a sentence may end with; without an end the last word is swallowed. */
const end = /[.!?;:,'")\]}…。」』】〉》›»]$/;

/** Text as the models were trained to read it, letters and their accents apart. Pure. */
export function normalize(text: string, {accented}: {readonly accented: boolean}): string {
	const spoken = cleaned(text, {accented})
		.replaceAll(/ ([,.!?;:'])/g, '$1')
		.replaceAll(/(["'])\1+/g, '$1')
		.replaceAll(/\s+/g, ' ')
		.trim();
	return end.test(spoken) ? spoken : `${spoken}.`;
}

/** Without what stands between the words: of one character, what is left of it. Pure. */
export function cleaned(text: string, {accented}: {readonly accented: boolean}): string {
	let left = text.normalize('NFKD').replaceAll(pictures, '');
	for (const [sign, instead] of replacements) left = left.replaceAll(sign, instead);
	left = (accented ? left : left.replaceAll(accents, '')).replaceAll(unspoken, '');
	for (const [sign, instead] of spokenSigns) left = left.replaceAll(sign, instead);
	return left;
}
