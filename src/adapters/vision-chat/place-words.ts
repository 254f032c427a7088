import type {Wording} from './wording.ts';

const place = /<loc_(\d+)>/;
/** Florence tells places in thousandths of the picture. */
const steps = 1000;

/** Places told as tokens, `cat<loc_1><loc_2><loc_3><loc_4>`, become pixels and lines: `cat [2, 1, 5, 3]`. */
export function placeWords({width, height}: {readonly width: number; readonly height: number}): Wording {
	let held = '';
	let places: number[] = [];
	let wrote = false;
	const flush = (): string => {
		if (places.length === 0) return '';
		const pixels = places.map((value, index) =>
			Math.round(((value + 0.5) / steps) * (index % 2 === 0 ? width : height)),
		);
		places = [];
		return `${wrote ? ' ' : ''}[${pixels.join(', ')}]\n`;
	};
	const say = (text: string): string => {
		if (text === '') return '';
		const before = flush();
		wrote = true;
		return before + text;
	};
	return {
		push(text) {
			held += text;
			let out = '';
			for (let found = place.exec(held); found !== null; found = place.exec(held)) {
				out += say(held.slice(0, found.index));
				// A label may have several places, of four numbers each.
				if (places.length === 8) out += flush();
				places.push(Number(found[1]));
				held = held.slice(found.index + found[0].length);
			}
			// What could still become a place is waited for.
			const open = /<[a-z_\d]{0,12}$/.exec(held)?.index ?? held.length;
			out += say(held.slice(0, open));
			held = held.slice(open);
			return out;
		},
		end() {
			const rest = say(held) + flush();
			held = '';
			return rest.trimEnd();
		},
	};
}
