import {choice, empty, optional, repeat, rule, sequence, set, text, type Expr, type RuleBook} from './gbnf.ts';
import {digit, parts} from './json-grammar.ts';
import {refuse} from './refusal.ts';

export interface NumberLimits {
	readonly minimum?: number;
	readonly maximum?: number;
	readonly exclusiveMinimum?: number;
	readonly exclusiveMaximum?: number;
	/** Each of them divides the number. */
	readonly multiplesOf: readonly number[];
}

/**
 * Numbers within limits as an automaton over their digits. All arithmetic is on integers: a number with `places`
 * decimals is taken times 10^places. Fifteen digits at most, because up to there a decimal and its double are one to
 * one, so that what the text promises holds for the value that is parsed from it.
 */
export function numberExpr(book: RuleBook, limits: NumberLimits, integer: boolean, path: string): Expr {
	const bounded = Object.keys(limits).length > 1;
	if (!bounded && limits.multiplesOf.length === 0) return integer ? parts.integer : parts.number;
	const multiples = limits.multiplesOf.map(multiple => decimalOf(multiple));
	const places = integer ? 0 : decimalPlaces(limits, multiples);
	const step = commonMultiple(multiples, places, `${path}/multipleOf`);
	const span = spanOf(limits, places, step, path);
	return spanExpr(book, span, places, step, path);
}

const maxDigits = 15;
/** Decimals, where no multiple asks for more. */
const maxPlaces = 10;
const largest = 10n ** BigInt(maxDigits) - 1n;

/** Multiples that are written out one by one. */
const maxListed = 256n;
/** Remainders that the automaton may have to remember. */
const maxRemainders = 100n;

interface Decimal {
	readonly digits: bigint;
	/** Value is digits × 10^-places. */
	readonly places: number;
}

interface Span {
	readonly low: bigint;
	readonly high: bigint;
}

/** The shortest decimal that parses to this double. */
function decimalOf(value: number): Decimal {
	const [mantissa = '0', exponent = '0'] = value.toString().split('e');
	const [whole = '0', fraction = ''] = mantissa.split('.');
	const places = fraction.length - Number(exponent);
	const digits = BigInt(whole + fraction);
	return places >= 0 ? {digits, places} : {digits: digits * 10n ** BigInt(-places), places: 0};
}

function decimalPlaces(limits: NumberLimits, multiples: readonly Decimal[]): number {
	if (multiples.length > 0) return Math.max(...multiples.map(multiple => multiple.places));
	const bounds = [limits.minimum, limits.maximum, limits.exclusiveMinimum, limits.exclusiveMaximum];
	const near = bounds.filter(bound => bound !== undefined && Math.abs(bound) <= Number(largest));
	const wholeDigits = near.map(bound => Math.trunc(Math.abs(bound ?? 0)).toFixed(0).length);
	return Math.max(0, Math.min(maxPlaces, maxDigits - Math.max(1, ...wholeDigits)));
}

/** The least common multiple, times 10^places; for integers a decimal multiple such as 0.5 counts with its whole ones. */
function commonMultiple(multiples: readonly Decimal[], places: number, path: string): bigint {
	const finest = Math.max(places, ...multiples.map(multiple => multiple.places));
	if (finest > maxDigits) return refuse(path, `at most ${maxDigits} decimals`);
	const unit = 10n ** BigInt(finest - places);
	const all = multiples.map(multiple => multiple.digits * 10n ** BigInt(finest - multiple.places));
	const common = [...all, unit].reduce((a, b) => (a / gcd(a, b)) * b, 1n);
	return common / unit;
}

function gcd(a: bigint, b: bigint): bigint {
	return b === 0n ? a : gcd(b, a % b);
}

/** Bounds as inclusive integers, rounded inwards; where there is none, as far as fifteen digits go. */
function spanOf(limits: NumberLimits, places: number, step: bigint, path: string): Span {
	const scale = 10n ** BigInt(places);
	// A remainder is remembered for every digit, so fewer digits keep the grammar small.
	const far = (step > 1n ? 10n ** 9n : largest + 1n) * scale - 1n;
	const lows = [
		...(limits.minimum === undefined ? [] : [scaled(limits.minimum, places, 'up')]),
		...(limits.exclusiveMinimum === undefined ? [] : [scaled(limits.exclusiveMinimum, places, 'down') + 1n]),
	];
	const highs = [
		...(limits.maximum === undefined ? [] : [scaled(limits.maximum, places, 'down')]),
		...(limits.exclusiveMaximum === undefined ? [] : [scaled(limits.exclusiveMaximum, places, 'up') - 1n]),
	];
	const limit = places === 0 ? BigInt(Number.MAX_SAFE_INTEGER) : (largest + 1n) * scale - 1n;
	const lowest = max(lows);
	const highest = min(highs);
	const low = lowest ?? (highest !== undefined && highest < -far ? -limit : -far);
	const high = highest ?? (lowest !== undefined && lowest > far ? limit : far);
	return within({low, high}, limit, path);
}

function within({low, high}: Span, limit: bigint, path: string): Span {
	const span = {low: low < -limit ? -limit : low, high: high > limit ? limit : high};
	if (span.low > span.high) refuse(path, 'limits that leave a number of at most fifteen digits');
	return span;
}

function scaled(value: number, places: number, rounding: 'up' | 'down'): bigint {
	const {digits, places: own} = decimalOf(value);
	if (own <= places) return digits * 10n ** BigInt(places - own);
	const divisor = 10n ** BigInt(own - places);
	const quotient = digits / divisor;
	const remainder = digits % divisor;
	if (rounding === 'up') return remainder > 0n ? quotient + 1n : quotient;
	return remainder < 0n ? quotient - 1n : quotient;
}

const max = (values: readonly bigint[]): bigint | undefined => values.toSorted((a, b) => (a < b ? 1 : -1))[0];
const min = (values: readonly bigint[]): bigint | undefined => values.toSorted((a, b) => (a < b ? -1 : 1))[0];

function spanExpr(book: RuleBook, span: Span, places: number, step: bigint, path: string): Expr {
	const first = span.low >= 0n ? (span.low + step - 1n) / step : -(-span.low / step);
	const last = span.high >= 0n ? span.high / step : -((-span.high + step - 1n) / step);
	if (first > last) refuse(`${path}/multipleOf`, 'a multiple within the limits');
	if (step > 1n && last - first < maxListed) {
		const count = Number(last - first) + 1;
		return choice(
			...Array.from({length: count}, (_, index) => text(decimalText((first + BigInt(index)) * step, places))),
		);
	}
	if (step > maxRemainders) {
		refuse(`${path}/multipleOf`, `at most ${maxRemainders}, or limits with at most ${maxListed} multiples between`);
	}
	const one = (low: bigint, high: bigint): Expr =>
		low > high ? choice() : magnitudes({book, places, step}, {low: low < 1n ? 1n : low, high});
	return choice(
		...(span.low <= 0n && span.high >= 0n ? [text('0')] : []),
		one(span.low, span.high),
		sequence(text('-'), one(-span.high, -span.low)),
	);
}

function decimalText(value: bigint, places: number): string {
	const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
	const whole = digits.slice(0, digits.length - places);
	const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
	return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

interface Shape {
	readonly book: RuleBook;
	readonly places: number;
	readonly step: bigint;
}

/** Numbers from `low` ≥ 1 to `high`, by how many digits stand before the point. */
function magnitudes(shape: Shape, {low, high}: Span): Expr {
	const branches: Expr[] = [];
	const most = wholeDigits(high, shape.places);
	for (let whole = wholeDigits(low, shape.places); whole <= most; whole += 1) {
		const smallest = whole === 1 ? 1n : 10n ** BigInt(whole - 1 + shape.places);
		const greatest = 10n ** BigInt(whole + shape.places) - 1n;
		const digits = (value: bigint): string => value.toString().padStart(whole + shape.places, '0');
		const from = digits(low > smallest ? low : smallest);
		const to = digits(high < greatest ? high : greatest);
		const walk = {...shape, whole, from, to};
		if (whole > 1 && low <= smallest && high >= greatest) {
			// No limit touches numbers of this length, and often not those of the next lengths either.
			const last = shape.step === 1n && high < 10n ** BigInt(most + shape.places) - 1n ? most - 1 : most;
			branches.push(shape.step === 1n ? anyDigits(whole, last, shape.places) : allDigits(walk));
			if (shape.step === 1n) whole = last;
		} else if (from <= to) branches.push(digitsFrom(walk, 0, true, true, 0n));
	}
	return choice(...branches);
}

const anyDigits = (least: number, most: number, places: number): Expr =>
	sequence(set([0x31, 0x39]), repeat(digit, least - 1, most - 1), fraction(places));

const fraction = (places: number): Expr =>
	places === 0 ? empty : optional(sequence(text('.'), repeat(digit, 1, places)));

const allDigits = (walk: Walk): Expr =>
	branch(walk, 0, 0n, false, value => (value === 0 ? undefined : {atLow: false, atHigh: false}));

const wholeDigits = (value: bigint, places: number): number => Math.max(1, value.toString().length - places);

interface Walk extends Shape {
	readonly whole: number;
	/** Digits of the least and the greatest number, both of the same length. */
	readonly from: string;
	readonly to: string;
}

/** What may follow at a place. `atLow`: all digits so far are those of `from`, so the next may not be less; so `atHigh`. */
function digitsFrom(walk: Walk, place: number, atLow: boolean, atHigh: boolean, remainder: bigint): Expr {
	if (!atLow && !atHigh) return freeDigits(walk, place, remainder);
	const least = atLow ? Number(walk.from[place] ?? 0) : 0;
	const most = atHigh ? Number(walk.to[place] ?? 0) : 9;
	return branch(walk, place, remainder, canEnd(walk, place, atLow, remainder), (value: number) =>
		value < least || value > most ? undefined : {atLow: atLow && value === least, atHigh: atHigh && value === most},
	);
}

function canEnd(walk: Walk, place: number, atLow: boolean, remainder: bigint): boolean {
	if (place < walk.whole) return false;
	const left = walk.from.length - place;
	const aboveLow = !atLow || /^0*$/.test(walk.from.slice(place));
	return aboveLow && (remainder * 10n ** BigInt(left)) % walk.step === 0n;
}

/** One way on for each run of digits that leads to the same place. */
function branch(
	walk: Walk,
	place: number,
	remainder: bigint,
	ends: boolean,
	allow: (value: number) => {readonly atLow: boolean; readonly atHigh: boolean} | undefined,
): Expr {
	if (place === walk.from.length) return ends ? empty : choice();
	const ways = new Map<string, {readonly values: number[]; readonly next: () => Expr}>();
	for (let value = 0; value <= 9; value += 1) {
		const at = allow(value);
		if (at === undefined) continue;
		const next = (remainder * 10n + BigInt(value)) % walk.step;
		const key = `${at.atLow} ${at.atHigh} ${next}`;
		const way = ways.get(key) ?? {values: [], next: () => digitsFrom(walk, place + 1, at.atLow, at.atHigh, next)};
		way.values.push(value);
		ways.set(key, way);
	}
	const point = place === walk.whole ? [text('.')] : [];
	const branches = [...ways.values()].map(({values, next}) =>
		sequence(...point, set(...values.map(value => [0x30 + value, 0x30 + value] as const)), next()),
	);
	return choice(...(ends ? [empty] : []), ...branches);
}

/** Any digits from here on; with a step only those that leave no remainder. */
function freeDigits(walk: Walk, place: number, remainder: bigint): Expr {
	const {book, whole, places, step} = walk;
	if (step === 1n) {
		if (place > whole) return repeat(digit, 0, whole + places - place);
		return sequence(repeat(digit, whole - place, whole - place), fraction(places));
	}
	const name = `digits-${whole - place}-${places}-${step}-${remainder}`;
	if (book.rules.has(name)) return rule(name);
	return book.define(
		name,
		branch(walk, place, remainder, canEnd(walk, place, false, remainder), () => ({atLow: false, atHigh: false})),
	);
}
