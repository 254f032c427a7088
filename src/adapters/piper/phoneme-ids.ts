import type {PiperConfig} from './config.ts';

export interface PhonemeIds {
	readonly ids: readonly number[];
	/** Phonemes the voice was not trained on, each once. */
	readonly unknown: readonly string[];
}

/** What stands before, between and after the phonemes of a sentence. */
const marks = {start: '^', pad: '_', end: '$'} as const;

/** `^`, then each phoneme with a pad behind it, then `$`, as the numbers the voice was trained with. Pure. */
export function phonemeIds(phonemes: string, config: Pick<PiperConfig, 'phoneme_id_map' | 'phoneme_map'>): PhonemeIds {
	const {phoneme_id_map: numbers, phoneme_map: replaced} = config;
	const pad = numbers[marks.pad] ?? [0];
	const unknown = new Set<string>();
	const ids = [...(numbers[marks.start] ?? []), ...pad];
	// Accents stand apart from their letters in the table.
	for (const phoneme of [...phonemes.normalize('NFD')].flatMap(sign => replaced[sign] ?? [sign])) {
		const known = Object.hasOwn(numbers, phoneme) ? numbers[phoneme] : undefined;
		if (known === undefined) unknown.add(phoneme);
		else ids.push(...known, ...pad);
	}
	return {ids: [...ids, ...(numbers[marks.end] ?? [])], unknown: [...unknown]};
}
