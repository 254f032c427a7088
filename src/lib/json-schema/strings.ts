import {choice, repeat, sequence, text, type Expr} from './gbnf.ts';
import {stringFormats} from './formats.ts';
import {parts} from './json-grammar.ts';
import {anyText, limitLength, regexExpr} from './pattern.ts';
import {refuse} from './refusal.ts';
import {parseRegex, RegexError, type Alternative} from './regex.ts';

export interface StringLimits {
	/** In code points. */
	readonly minLength?: number;
	readonly maxLength?: number;
	readonly patterns: readonly string[];
	readonly formats: readonly string[];
}

/** More characters than this are no limit that a generation could meet. */
const longest = 1_000_000;

/** A JSON string within limits. */
export function stringExpr(limits: StringLimits, path: string): Expr {
	return sequence(text('"'), contentExpr(limits, path), text('"'));
}

function contentExpr(limits: StringLimits, path: string): Expr {
	const {patterns, formats, minLength = 0, maxLength = Infinity} = limits;
	if (minLength > longest) refuse(`${path}/minLength`, `at most ${longest}`);
	if (minLength > maxLength) return choice();
	const rules = [
		...patterns.map(source => ({source, path: `${path}/pattern`})),
		...formats.map(format => ({source: formatSource(format, path), path: `${path}/format`})),
	];
	const [first, second] = rules;
	if (first === undefined) return repeat(parts.character, minLength, maxLength > longest ? Infinity : maxLength);
	if (second !== undefined) return refuse(second.path, 'one pattern or format for a string');
	return choice(
		...alternatives(first.source, first.path).map(alternative =>
			alternativeExpr(alternative, minLength, maxLength, first.path),
		),
	);
}

function formatSource(format: string, path: string): string {
	const source = Object.hasOwn(stringFormats, format) ? stringFormats[format] : undefined;
	return source ?? refuse(`${path}/format`, `one of ${Object.keys(stringFormats).join(', ')}`);
}

function alternatives(source: string, path: string): readonly Alternative[] {
	try {
		return parseRegex(source);
	} catch (error) {
		if (error instanceof RegexError) return refuse(path, error.message);
		throw error;
	}
}

function alternativeExpr(alternative: Alternative, min: number, max: number, path: string): Expr {
	const {regex, fromStart, toEnd} = alternative;
	const limited = min > 0 || max < Infinity;
	if (!limited) return sequence(...(fromStart ? [] : [anyText]), regexExpr(regex), ...(toEnd ? [] : [anyText]));
	const exact = fromStart && toEnd ? limitLength(regex, min, max) : undefined;
	if (exact === undefined) return refuse(path, 'a pattern whose every match keeps to minLength and maxLength');
	return regexExpr(exact);
}

/** The texts that a pattern allows, without quotes: for the names of properties. */
export function patternExpr(source: string, path: string): Expr {
	return choice(...alternatives(source, path).map(alternative => alternativeExpr(alternative, 0, Infinity, path)));
}
