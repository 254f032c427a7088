/** The known words nearest to a misspelt one, best first: at most a third of its letters apart, or containing it. */
export function similar(word: string, known: readonly string[], most = 3): readonly string[] {
	const wanted = word.toLowerCase();
	const tolerance = Math.max(1, Math.floor(wanted.length / 3));
	return known
		.map(candidate => ({candidate, distance: distanceTo(wanted, candidate.toLowerCase())}))
		.filter(({distance}) => distance <= tolerance)
		.toSorted((a, b) => a.distance - b.distance)
		.slice(0, most)
		.map(({candidate}) => candidate);
}

/** Containing the word is as near as one wrong letter, so that `qwen` finds `org/qwen3`. */
const distanceTo = (wanted: string, candidate: string): number =>
	wanted.length >= 3 && candidate.includes(wanted) ? 1 : editDistance(wanted, candidate);

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
export function editDistance(a: string, b: string): number {
	let before: number[] = [];
	let row = Array.from({length: b.length + 1}, (_, index) => index);
	for (let i = 1; i <= a.length; i += 1) {
		const next = [i];
		for (let j = 1; j <= b.length; j += 1) {
			const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
			next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		before = row;
		row = next;
	}
	return row[b.length] ?? 0;
}
