import type {BetaSettings} from './settings.ts';

const {fround} = Math;

/**
 * How much of a picture is left at each of the trained noise levels, as the square of its share: 1 is all of it. In single
 * precision where the reference has it, so that even the smallest shares agree. Pure.
 */
export function signalShares(betas: BetaSettings, levels: number): Float64Array {
	const shares = productsOf(betasOf(betas, levels));
	return betas.zeroSnr ? withoutLastSignal(shares) : shares;
}

/** Noise per signal. */
export const sigmaOf = (share: number): number => fround(Math.sqrt(fround(fround(1 - share) / share)));

/** For schedulers that divide by the noise: a level that is nothing but noise is brought just short of it. */
export function finiteSigmas(betas: BetaSettings, levels: number): Float64Array {
	const shares = signalShares(betas, levels);
	if (betas.zeroSnr) shares[levels - 1] = 2 ** -24;
	return shares.map(sigmaOf);
}

function betasOf({start, end, curve, trained}: BetaSettings, levels: number): Float64Array {
	if (trained !== null)
		return Float64Array.from({length: levels}, (_, at) => fround(trained[at] ?? trained.at(-1) ?? 0));
	if (curve === 'linear') return evenly(start, end, levels);
	if (curve === 'scaled_linear')
		return evenly(Math.sqrt(start), Math.sqrt(end), levels).map(value => fround(value * value));
	const bar = (at: number): number => Math.cos((((at / levels + 0.008) / 1.008) * Math.PI) / 2) ** 2;
	return Float64Array.from({length: levels}, (_, at) => fround(Math.min(1 - bar(at + 1) / bar(at), 0.999)));
}

/** From both ends towards the middle, as the reference counts. */
function evenly(start: number, end: number, count: number): Float64Array {
	if (count === 1) return Float64Array.of(fround(start));
	const step = fround((fround(end) - fround(start)) / (count - 1));
	return Float64Array.from({length: count}, (_, at) =>
		at < count / 2 ? fround(fround(start) + step * at) : fround(fround(end) - step * (count - 1 - at)),
	);
}

function productsOf(betas: Float64Array): Float64Array {
	let product = 1;
	return betas.map(beta => {
		product *= fround(1 - beta);
		return fround(product);
	});
}

function withoutLastSignal(shares: Float64Array): Float64Array {
	const roots = shares.map(share => fround(Math.sqrt(share)));
	const first = roots[0] ?? 1;
	const last = roots.at(-1) ?? 0;
	const scale = fround(first / fround(first - last));
	const squares = roots.map(root => fround(fround(fround(root - last) * scale) ** 2));
	const betas = squares.map((square, at) => fround(1 - (at === 0 ? square : fround(square / (squares[at - 1] ?? 1)))));
	return productsOf(betas);
}
