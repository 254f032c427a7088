/** A text on its way. */
export interface Wording {
	push(text: string): string;
	end(): string;
}

/** After `Assistant:` comes a space, which is the template's and not the answer's. */
export function plainWords({text}: {readonly text: string}): Wording {
	let first = text.endsWith(':');
	return {
		push(piece) {
			if (!first || piece === '') return piece;
			first = false;
			return piece.startsWith(' ') ? piece.slice(1) : piece;
		},
		end: () => '',
	};
}
