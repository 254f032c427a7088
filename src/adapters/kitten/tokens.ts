/** The signs the family reads, by their places in this list; where a sign stands twice, the last counts. */
const pad = '$';
const punctuation = ';:,.!?¡¿—…"«»"" ';
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const phonetic =
	"ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘'̩'ᵻ";
const numbers = new Map([...pad, ...punctuation, ...letters, ...phonetic].map((sign, index) => [sign, index]));
/** What stands behind each sentence. */
const ellipsis = numbers.get('…') ?? 0;

/** Phonemes with spaces between words and punctuation, as numbers, with the marks the models were trained with. Pure. */
export function kittenTokens(phonemes: string): readonly number[] {
	const spaced = phonemes.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu)?.join(' ') ?? '';
	return [0, ...[...spaced].flatMap(sign => numbers.get(sign) ?? []), ellipsis, 0];
}
