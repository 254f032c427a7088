/** Cuts a text at the given places; places beyond its end are left out. */
export function split(text: string, cuts: readonly number[]): string[] {
	const places = [...new Set([0, ...cuts.filter(cut => cut < text.length), text.length])].sort((a, b) => a - b);
	return places.slice(1).map((place, index) => text.slice(places[index], place));
}
