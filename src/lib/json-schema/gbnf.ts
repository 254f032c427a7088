/** Grammars as data, and their text in GBNF, the dialect of llama.cpp. Knows nothing of JSON. */

/** Inclusive code points. */
export type Range = readonly [low: number, high: number];

export type Expr =
	| {readonly kind: 'text'; readonly text: string}
	| {readonly kind: 'set'; readonly ranges: readonly Range[]}
	| {readonly kind: 'sequence'; readonly items: readonly Expr[]}
	| {readonly kind: 'choice'; readonly items: readonly Expr[]}
	| {readonly kind: 'repeat'; readonly item: Expr; readonly min: number; readonly max: number}
	| {readonly kind: 'rule'; readonly name: string};

export const text = (value: string): Expr => ({kind: 'text', text: value});
export const set = (...ranges: readonly Range[]): Expr => ({kind: 'set', ranges});
export const sequence = (...items: readonly Expr[]): Expr => ({kind: 'sequence', items});
/** Of nothing: nothing matches. */
export const choice = (...items: readonly Expr[]): Expr => ({kind: 'choice', items});
export const repeat = (item: Expr, min: number, max: number = Infinity): Expr => ({kind: 'repeat', item, min, max});
export const optional = (item: Expr): Expr => repeat(item, 0, 1);
export const empty: Expr = sequence();
export const rule = (name: string): Expr => ({kind: 'rule', name});
/** A set of single characters. */
export const oneOf = (characters: string): Expr =>
	set(...[...characters].map(character => [character.codePointAt(0) ?? 0, character.codePointAt(0) ?? 0] as const));

/** Named rules; a rule may be referred to before it is defined. */
export class RuleBook {
	readonly rules: Map<string, Expr> = new Map();
	readonly #limit: number;
	readonly #tooLarge: () => never;
	#size = 0;

	/** `limit` bounds the parts of all rules together; `tooLarge` must throw. */
	constructor(limit: number, tooLarge: () => never) {
		this.#limit = limit;
		this.#tooLarge = tooLarge;
	}

	define(name: string, body: Expr): Expr {
		this.#size += sizeOf(body);
		if (this.#size > this.#limit) this.#tooLarge();
		this.rules.set(name, body);
		return rule(name);
	}

	/** Defines the rule unless it is there already. */
	once(name: string, body: () => Expr): Expr {
		return this.rules.has(name) ? rule(name) : this.define(name, body());
	}
}

function sizeOf(expr: Expr): number {
	switch (expr.kind) {
		case 'sequence':
		case 'choice':
			return expr.items.reduce((total, item) => total + sizeOf(item), 1);
		case 'repeat':
			// llama.cpp writes a rule for each optional turn and a copy for each required one.
			return sizeOf(expr.item) + (expr.max === Infinity ? expr.min : expr.max);
		case 'set':
			return expr.ranges.length;
		case 'text':
			return expr.text.length;
		default:
			return 1;
	}
}

/** The grammar's text, begun by `root`; undefined where nothing at all matches `start`. */
export function toGbnf(rules: ReadonlyMap<string, Expr>, start: Expr): string | undefined {
	const matching = findMatching(rules);
	const root = prune(start, matching);
	if (root === undefined) return undefined;
	const writer = new Writer(rules, matching);
	return writer.write(root);
}

/** The rules that match some finite text: one that needs itself without end does not. */
function findMatching(rules: ReadonlyMap<string, Expr>): ReadonlySet<string> {
	const matching = new Set<string>();
	let before = -1;
	while (before !== matching.size) {
		before = matching.size;
		for (const [name, body] of rules) if (!matching.has(name) && matches(body, matching)) matching.add(name);
	}
	return matching;
}

function matches(expr: Expr, matching: ReadonlySet<string>): boolean {
	switch (expr.kind) {
		case 'text':
			return true;
		case 'set':
			return expr.ranges.length > 0;
		case 'sequence':
			return expr.items.every(item => matches(item, matching));
		case 'choice':
			return expr.items.some(item => matches(item, matching));
		case 'repeat':
			return expr.max >= expr.min && (expr.min === 0 || matches(expr.item, matching));
		default:
			return matching.has(expr.name);
	}
}

/** Without the branches that match nothing, and without wrappers around single things. */
function prune(expr: Expr, matching: ReadonlySet<string>): Expr | undefined {
	if (!matches(expr, matching)) return undefined;
	switch (expr.kind) {
		case 'sequence': {
			const items = expr.items.flatMap(item => {
				const pruned = prune(item, matching) ?? empty;
				return pruned.kind === 'sequence' ? pruned.items : [pruned];
			});
			return items.length === 1 ? items[0] : sequence(...items);
		}
		case 'choice': {
			const items = expr.items.flatMap(item => {
				const pruned = prune(item, matching);
				return pruned?.kind === 'choice' ? pruned.items : (pruned ?? []);
			});
			return items.length === 1 ? items[0] : choice(...items);
		}
		case 'repeat': {
			const item = prune(expr.item, matching);
			if (item === undefined || expr.max === 0) return empty;
			return expr.min === 1 && expr.max === 1 ? item : repeat(item, expr.min, expr.max);
		}
		default:
			return expr;
	}
}

/** llama.cpp takes a larger count for no bound at all, without a word. */
const maxCount = 1000;

class Writer {
	readonly #rules: ReadonlyMap<string, Expr>;
	readonly #matching: ReadonlySet<string>;
	readonly #lines: string[] = [];
	readonly #pending: string[] = [];
	readonly #seen = new Set<string>();
	readonly #hoisted = new Map<string, string>();

	constructor(rules: ReadonlyMap<string, Expr>, matching: ReadonlySet<string>) {
		this.#rules = rules;
		this.#matching = matching;
	}

	write(root: Expr): string {
		const lines = [`root ::= ${this.#print(root, 'choice')}`];
		for (let name = this.#pending.pop(); name !== undefined; name = this.#pending.pop()) {
			const body = this.#rules.get(name);
			const pruned = body && prune(body, this.#matching);
			lines.push(`${name} ::= ${pruned ? this.#print(pruned, 'choice') : '""'}`);
		}
		return `${[...lines, ...this.#lines].join('\n')}\n`;
	}

	#print(expr: Expr, inside: 'choice' | 'sequence' | 'repeat'): string {
		switch (expr.kind) {
			case 'text':
				return printText(expr.text);
			case 'set':
				return printSet(expr.ranges);
			case 'rule':
				this.#need(expr.name);
				return expr.name;
			case 'choice': {
				const printed = expr.items.map(item => this.#print(item, 'choice')).join(' | ');
				return inside === 'choice' ? printed : `(${printed})`;
			}
			case 'sequence': {
				const printed = expr.items.map(item => this.#print(item, 'sequence')).join(' ') || '""';
				return inside === 'repeat' ? `(${printed})` : printed;
			}
			default:
				return this.#printRepeat(expr.item, expr.min, expr.max);
		}
	}

	#printRepeat(item: Expr, min: number, max: number): string {
		if (min > maxCount || (max !== Infinity && max > maxCount)) return this.#printLongRepeat(item, min, max);
		const printed = this.#atom(item);
		if (min === 0 && max === 1) return `${printed}?`;
		if (max === Infinity && min < 2) return `${printed}${min === 0 ? '*' : '+'}`;
		const counts = min === max ? min : `${min},${max === Infinity ? '' : max}`;
		return `${printed}{${counts}}`;
	}

	/** In blocks: so many whole ones, then what is left over. */
	#printLongRepeat(item: Expr, min: number, max: number): string {
		const block = this.#hoist(this.#printRepeat(item, maxCount, maxCount));
		const rest = (count: number): string => this.#printRepeat(rule(this.#hoist(this.#atom(item))), 0, count);
		const required = [
			`${block}{${Math.floor(min / maxCount)}}`,
			this.#printRepeat(item, min % maxCount, min % maxCount),
		];
		const needed = required.filter(part => !part.endsWith('{0}')).join(' ');
		if (max === Infinity) return `(${needed} ${this.#atom(item)}*)`;
		const blocks = Math.floor((max - min) / maxCount);
		const left = (max - min) % maxCount;
		const some = blocks === 0 ? '' : `${block}{0,${blocks - 1}} ${rest(maxCount - 1)} | ${block}{${blocks}} `;
		return `(${needed} (${some}${left === 0 ? '""' : rest(left)}))`;
	}

	/** Repeated things are single symbols, so that llama.cpp counts only the turns against its limit. */
	#atom(item: Expr): string {
		const simple = item.kind === 'set' || item.kind === 'rule' || (item.kind === 'text' && item.text.length > 0);
		const printed = this.#print(item, 'repeat');
		return simple ? printed : this.#hoist(printed);
	}

	#hoist(printed: string): string {
		const known = this.#hoisted.get(printed);
		if (known !== undefined) return known;
		const name = `part-${this.#hoisted.size}`;
		this.#hoisted.set(printed, name);
		this.#lines.push(`${name} ::= ${printed}`);
		return name;
	}

	#need(name: string): void {
		if (this.#seen.has(name) || !this.#rules.has(name)) return;
		this.#seen.add(name);
		this.#pending.push(name);
	}
}

function printText(value: string): string {
	const escaped = [...value].map(character => printCharacter(character.codePointAt(0) ?? 0, '"\\'));
	return `"${escaped.join('')}"`;
}

function printSet(ranges: readonly Range[]): string {
	const printed = ranges.map(([low, high]) => {
		const first = printCharacter(low, '[]\\^-');
		return low === high ? first : `${first}-${printCharacter(high, '[]\\^-')}`;
	});
	return `[${printed.join('')}]`;
}

function printCharacter(code: number, special: string): string {
	const character = String.fromCodePoint(code);
	// `^` has no escape of its own, so all special characters in a set are written by number.
	if (code < 0x20 || code === 0x7f || (special.includes(character) && character !== '"')) return `\\x${hex(code, 2)}`;
	if (special.includes(character)) return `\\${character}`;
	if (code < 0x7f) return character;
	return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

const hex = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, '0');
