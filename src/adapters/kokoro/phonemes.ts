/** What eSpeak says otherwise than the texts the voices learnt from, by language; in order. */
const everywhere: ReadonlyArray<readonly [RegExp, string]> = [
	[/kəkˈoːɹoʊ/g, 'kˈoʊkəɹoʊ'],
	[/kəkˈɔːɹəʊ/g, 'kˈəʊkəɹəʊ'],
	[/ʲ/g, 'j'],
	[/r/g, 'ɹ'],
	[/x/g, 'k'],
	[/ɬ/g, 'l'],
	[/(?<=[a-zɹː])(?=hˈʌndɹɪd)/g, ' '],
	[/ z(?=[;:,.!?¡¿—…"«»“” ]|$)/g, 'z'],
];
const american: ReadonlyArray<readonly [RegExp, string]> = [[/(?<=nˈaɪn)ti(?!ː)/g, 'di']];

/** Phonemes as Kokoro's English voices know them; those of other languages stay as they are. Pure. */
export function kokoroPhonemes(phonemes: string, language: string): string {
	if (!language.startsWith('en')) return phonemes;
	const rules = language === 'en-US' ? [...everywhere, ...american] : everywhere;
	return rules.reduce((text, [from, to]) => text.replaceAll(from, to), phonemes);
}
