/**
 * The passes of a Fourier transform in Stockham's form. Each reads as many numbers as its factor says, `parts` × `stride` apart,
 * makes as many of them, turns those by `root` and writes them `stride` apart. Complex numbers lie as real and imaginary
 * part behind one another; `root` has as many as the whole transform has numbers.
 */

export function halve(from: Float64Array, to: Float64Array, root: Float64Array, parts: number, stride: number): void {
	const apart = 2 * stride * parts;
	for (let part = 0; part < parts; part += 1) {
		const one = 2 * part * stride;
		const cosine = root[one] ?? 0;
		const sine = root[one + 1] ?? 0;
		for (let a = one, first = 2 * one; a < one + 2 * stride; a += 2, first += 2) {
			const b = a + apart;
			const aReal = from[a] ?? 0;
			const aImaginary = from[a + 1] ?? 0;
			const bReal = from[b] ?? 0;
			const bImaginary = from[b + 1] ?? 0;
			const real = aReal - bReal;
			const imaginary = aImaginary - bImaginary;
			const second = first + 2 * stride;
			to[first] = aReal + bReal;
			to[first + 1] = aImaginary + bImaginary;
			to[second] = real * cosine - imaginary * sine;
			to[second + 1] = real * sine + imaginary * cosine;
		}
	}
}

export function quarter(from: Float64Array, to: Float64Array, root: Float64Array, parts: number, stride: number): void {
	const apart = 2 * stride * parts;
	for (let part = 0; part < parts; part += 1) {
		const one = 2 * part * stride;
		const cosine = root[one] ?? 0;
		const sine = root[one + 1] ?? 0;
		const cosine2 = root[2 * one] ?? 0;
		const sine2 = root[2 * one + 1] ?? 0;
		const cosine3 = root[3 * one] ?? 0;
		const sine3 = root[3 * one + 1] ?? 0;
		for (let a = one, first = 4 * one; a < one + 2 * stride; a += 2, first += 2) {
			const b = a + apart;
			const c = b + apart;
			const d = c + apart;
			const sumReal = (from[a] ?? 0) + (from[c] ?? 0);
			const sumImaginary = (from[a + 1] ?? 0) + (from[c + 1] ?? 0);
			const differenceReal = (from[a] ?? 0) - (from[c] ?? 0);
			const differenceImaginary = (from[a + 1] ?? 0) - (from[c + 1] ?? 0);
			const otherReal = (from[b] ?? 0) + (from[d] ?? 0);
			const otherImaginary = (from[b + 1] ?? 0) + (from[d + 1] ?? 0);
			// Turned by a quarter: (x + iy) × -i.
			const turnedReal = (from[b + 1] ?? 0) - (from[d + 1] ?? 0);
			const turnedImaginary = (from[d] ?? 0) - (from[b] ?? 0);
			const secondReal = differenceReal + turnedReal;
			const secondImaginary = differenceImaginary + turnedImaginary;
			const thirdReal = sumReal - otherReal;
			const thirdImaginary = sumImaginary - otherImaginary;
			const fourthReal = differenceReal - turnedReal;
			const fourthImaginary = differenceImaginary - turnedImaginary;
			const second = first + 2 * stride;
			const third = second + 2 * stride;
			const fourth = third + 2 * stride;
			to[first] = sumReal + otherReal;
			to[first + 1] = sumImaginary + otherImaginary;
			to[second] = secondReal * cosine - secondImaginary * sine;
			to[second + 1] = secondReal * sine + secondImaginary * cosine;
			to[third] = thirdReal * cosine2 - thirdImaginary * sine2;
			to[third + 1] = thirdReal * sine2 + thirdImaginary * cosine2;
			to[fourth] = fourthReal * cosine3 - fourthImaginary * sine3;
			to[fourth + 1] = fourthReal * sine3 + fourthImaginary * cosine3;
		}
	}
}

/** Of a fifth of a circle, and of two fifths. */
const cosineOfFifth = Math.cos((2 * Math.PI) / 5);
const cosineOfTwo = Math.cos((4 * Math.PI) / 5);
const sineOfFifth = Math.sin((2 * Math.PI) / 5);
const sineOfTwo = Math.sin((4 * Math.PI) / 5);

/** What `divide` does for five, written out: the windows of speech models are 25 ms, so 400 samples. */
export function fifth(from: Float64Array, to: Float64Array, root: Float64Array, parts: number, stride: number): void {
	const apart = 2 * stride * parts;
	for (let part = 0; part < parts; part += 1) {
		const one = 2 * part * stride;
		const cosine = root[one] ?? 0;
		const sine = root[one + 1] ?? 0;
		const cosine2 = root[2 * one] ?? 0;
		const sine2 = root[2 * one + 1] ?? 0;
		const cosine3 = root[3 * one] ?? 0;
		const sine3 = root[3 * one + 1] ?? 0;
		const cosine4 = root[4 * one] ?? 0;
		const sine4 = root[4 * one + 1] ?? 0;
		for (let a = one, first = 5 * one; a < one + 2 * stride; a += 2, first += 2) {
			const b = a + apart;
			const c = b + apart;
			const d = c + apart;
			const e = d + apart;
			const startReal = from[a] ?? 0;
			const startImaginary = from[a + 1] ?? 0;
			const outerReal = (from[b] ?? 0) + (from[e] ?? 0);
			const outerImaginary = (from[b + 1] ?? 0) + (from[e + 1] ?? 0);
			const innerReal = (from[c] ?? 0) + (from[d] ?? 0);
			const innerImaginary = (from[c + 1] ?? 0) + (from[d + 1] ?? 0);
			const apartReal = (from[b] ?? 0) - (from[e] ?? 0);
			const apartImaginary = (from[b + 1] ?? 0) - (from[e + 1] ?? 0);
			const nearReal = (from[c] ?? 0) - (from[d] ?? 0);
			const nearImaginary = (from[c + 1] ?? 0) - (from[d + 1] ?? 0);
			const evenReal = startReal + cosineOfFifth * outerReal + cosineOfTwo * innerReal;
			const evenImaginary = startImaginary + cosineOfFifth * outerImaginary + cosineOfTwo * innerImaginary;
			const even2Real = startReal + cosineOfTwo * outerReal + cosineOfFifth * innerReal;
			const even2Imaginary = startImaginary + cosineOfTwo * outerImaginary + cosineOfFifth * innerImaginary;
			const oddReal = sineOfFifth * apartReal + sineOfTwo * nearReal;
			const oddImaginary = sineOfFifth * apartImaginary + sineOfTwo * nearImaginary;
			const odd2Real = sineOfTwo * apartReal - sineOfFifth * nearReal;
			const odd2Imaginary = sineOfTwo * apartImaginary - sineOfFifth * nearImaginary;
			const secondReal = evenReal + oddImaginary;
			const secondImaginary = evenImaginary - oddReal;
			const thirdReal = even2Real + odd2Imaginary;
			const thirdImaginary = even2Imaginary - odd2Real;
			const fourthReal = even2Real - odd2Imaginary;
			const fourthImaginary = even2Imaginary + odd2Real;
			const fifthReal = evenReal - oddImaginary;
			const fifthImaginary = evenImaginary + oddReal;
			const second = first + 2 * stride;
			const third = second + 2 * stride;
			const fourth = third + 2 * stride;
			const last = fourth + 2 * stride;
			to[first] = startReal + outerReal + innerReal;
			to[first + 1] = startImaginary + outerImaginary + innerImaginary;
			to[second] = secondReal * cosine - secondImaginary * sine;
			to[second + 1] = secondReal * sine + secondImaginary * cosine;
			to[third] = thirdReal * cosine2 - thirdImaginary * sine2;
			to[third + 1] = thirdReal * sine2 + thirdImaginary * cosine2;
			to[fourth] = fourthReal * cosine3 - fourthImaginary * sine3;
			to[fourth + 1] = fourthReal * sine3 + fourthImaginary * cosine3;
			to[last] = fifthReal * cosine4 - fifthImaginary * sine4;
			to[last + 1] = fifthReal * sine4 + fifthImaginary * cosine4;
		}
	}
}

/** Both of an eighth of a circle. */
const diagonal = Math.SQRT1_2;

/** Two quarters at once: a number is read and written once and not twice, which is most of the work. */
export function eighth(from: Float64Array, to: Float64Array, root: Float64Array, parts: number, stride: number): void {
	const apart = 2 * stride * parts;
	for (let part = 0; part < parts; part += 1) {
		const one = 2 * part * stride;
		for (let at = one, first = 8 * one; at < one + 2 * stride; at += 2, first += 2) {
			const b = at + apart;
			const c = b + apart;
			const d = c + apart;
			const e = d + apart;
			const f = e + apart;
			const g = f + apart;
			const h = g + apart;
			const aReal = (from[at] ?? 0) + (from[e] ?? 0);
			const aImaginary = (from[at + 1] ?? 0) + (from[e + 1] ?? 0);
			const bReal = (from[b] ?? 0) + (from[f] ?? 0);
			const bImaginary = (from[b + 1] ?? 0) + (from[f + 1] ?? 0);
			const cReal = (from[c] ?? 0) + (from[g] ?? 0);
			const cImaginary = (from[c + 1] ?? 0) + (from[g + 1] ?? 0);
			const dReal = (from[d] ?? 0) + (from[h] ?? 0);
			const dImaginary = (from[d + 1] ?? 0) + (from[h + 1] ?? 0);
			const eReal = (from[at] ?? 0) - (from[e] ?? 0);
			const eImaginary = (from[at + 1] ?? 0) - (from[e + 1] ?? 0);
			const fReal = (from[b] ?? 0) - (from[f] ?? 0);
			const fImaginary = (from[b + 1] ?? 0) - (from[f + 1] ?? 0);
			const gReal = (from[c] ?? 0) - (from[g] ?? 0);
			const gImaginary = (from[c + 1] ?? 0) - (from[g + 1] ?? 0);
			const hReal = (from[d] ?? 0) - (from[h] ?? 0);
			const hImaginary = (from[d + 1] ?? 0) - (from[h + 1] ?? 0);
			// Turned by an eighth, and by three of them.
			const fTurnedReal = diagonal * (fReal + fImaginary);
			const fTurnedImaginary = diagonal * (fImaginary - fReal);
			const hTurnedReal = diagonal * (hImaginary - hReal);
			const hTurnedImaginary = -diagonal * (hReal + hImaginary);
			const evenReal = aReal + cReal;
			const evenImaginary = aImaginary + cImaginary;
			const even2Real = bReal + dReal;
			const even2Imaginary = bImaginary + dImaginary;
			const acReal = aReal - cReal;
			const acImaginary = aImaginary - cImaginary;
			const bdReal = bImaginary - dImaginary;
			const bdImaginary = dReal - bReal;
			const oddReal = eReal + gImaginary;
			const oddImaginary = eImaginary - gReal;
			const odd2Real = fTurnedReal + hTurnedReal;
			const odd2Imaginary = fTurnedImaginary + hTurnedImaginary;
			const egReal = eReal - gImaginary;
			const egImaginary = eImaginary + gReal;
			const fhReal = fTurnedImaginary - hTurnedImaginary;
			const fhImaginary = hTurnedReal - fTurnedReal;
			to[first] = evenReal + even2Real;
			to[first + 1] = evenImaginary + even2Imaginary;
			const step = 2 * stride;
			turned(to, first + step, oddReal + odd2Real, oddImaginary + odd2Imaginary, root, one);
			turned(to, first + 2 * step, acReal + bdReal, acImaginary + bdImaginary, root, 2 * one);
			turned(to, first + 3 * step, egReal + fhReal, egImaginary + fhImaginary, root, 3 * one);
			turned(to, first + 4 * step, evenReal - even2Real, evenImaginary - even2Imaginary, root, 4 * one);
			turned(to, first + 5 * step, oddReal - odd2Real, oddImaginary - odd2Imaginary, root, 5 * one);
			turned(to, first + 6 * step, acReal - bdReal, acImaginary - bdImaginary, root, 6 * one);
			turned(to, first + 7 * step, egReal - fhReal, egImaginary - fhImaginary, root, 7 * one);
		}
	}
}

/** Any odd factor, by the definition of the transform; terms that mirror each other are taken together. */
export function divide(
	from: Float64Array,
	to: Float64Array,
	root: Float64Array,
	parts: number,
	stride: number,
	factor: number,
): void {
	const pairs = (factor - 1) / 2;
	const apart = 2 * stride * parts;
	const terms = new Float64Array(4 * (pairs + 1));
	for (let part = 0; part < parts; part += 1) {
		for (let column = 0; column < stride; column += 1) {
			const start = 2 * (column + stride * part);
			const into = 2 * (column + stride * factor * part);
			const startReal = from[start] ?? 0;
			const startImaginary = from[start + 1] ?? 0;
			let allReal = startReal;
			let allImaginary = startImaginary;
			for (let pair = 1; pair <= pairs; pair += 1) {
				const near = start + pair * apart;
				const far = start + (factor - pair) * apart;
				const sumReal = (from[near] ?? 0) + (from[far] ?? 0);
				const sumImaginary = (from[near + 1] ?? 0) + (from[far + 1] ?? 0);
				terms[4 * pair] = sumReal;
				terms[4 * pair + 1] = sumImaginary;
				terms[4 * pair + 2] = (from[near] ?? 0) - (from[far] ?? 0);
				terms[4 * pair + 3] = (from[near + 1] ?? 0) - (from[far + 1] ?? 0);
				allReal += sumReal;
				allImaginary += sumImaginary;
			}
			to[into] = allReal;
			to[into + 1] = allImaginary;
			for (let output = 1; output <= pairs; output += 1) {
				let evenReal = startReal;
				let evenImaginary = startImaginary;
				let oddReal = 0;
				let oddImaginary = 0;
				let place = 0;
				for (let pair = 1; pair <= pairs; pair += 1) {
					place += output;
					if (place >= factor) place -= factor;
					const cosine = root[2 * place * stride * parts] ?? 0;
					const sine = root[2 * place * stride * parts + 1] ?? 0;
					evenReal += cosine * (terms[4 * pair] ?? 0);
					evenImaginary += cosine * (terms[4 * pair + 1] ?? 0);
					oddReal -= sine * (terms[4 * pair + 3] ?? 0);
					oddImaginary += sine * (terms[4 * pair + 2] ?? 0);
				}
				const mirror = factor - output;
				const by = 2 * part * stride;
				turned(to, into + 2 * output * stride, evenReal + oddReal, evenImaginary + oddImaginary, root, output * by);
				turned(to, into + 2 * mirror * stride, evenReal - oddReal, evenImaginary - oddImaginary, root, mirror * by);
			}
		}
	}
}

function turned(to: Float64Array, at: number, real: number, imaginary: number, root: Float64Array, by: number): void {
	const cosine = root[by] ?? 0;
	const sine = root[by + 1] ?? 0;
	to[at] = real * cosine - imaginary * sine;
	to[at + 1] = real * sine + imaginary * cosine;
}
