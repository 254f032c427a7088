import {Environment} from '@huggingface/jinja';
import {pythonText} from './python-text.ts';
import {repeated, stringMethod} from './python-strings.ts';

/**
 * Templates are written for Jinja in Python and lean on what Python does beneath it: that a missing key is undefined and
 * no failure, that `content.strip('\n')` takes line ends alone, that a list printed has single quotes. Where the
 * interpreter of @huggingface/jinja departs from that, a node is evaluated here.
 */

/** A value as the interpreter has it. */
export interface JinjaValue {
	/** `StringValue`, `ArrayValue`, … */
	readonly type: string;
	readonly value: unknown;
	readonly builtins: ReadonlyMap<string, JinjaValue>;
}

export type Evaluate = (node: unknown, environment: unknown) => JinjaValue;

type Node =
	| {readonly type: 'Evaluated'; readonly result: JinjaValue}
	| {readonly type: 'TupleLiteral'; readonly value: readonly unknown[]}
	| {readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<Node, unknown>}
	| MemberNode
	| {readonly type: 'CallExpression'; readonly callee: Node; readonly args: readonly Node[]}
	| {readonly type: 'FilterExpression'; readonly operand: unknown; readonly filter: Node}
	| BinaryNode
	| TestNode
	| {readonly type: 'For'; readonly iterable: Node}
	| {readonly type: 'SelectExpression'; readonly lhs: Node}
	| {readonly type: 'Identifier'; readonly value: string}
	| {readonly type: 'StringLiteral' | 'SliceExpression' | 'KeywordArgumentExpression' | 'SpreadExpression'};

interface MemberNode {
	readonly type: 'MemberExpression';
	readonly object: unknown;
	readonly property: Node;
	/** `object[property]` and not `object.property`. */
	readonly computed: boolean;
}

interface BinaryNode {
	readonly type: 'BinaryExpression';
	readonly operator: {readonly value: string};
	readonly left: unknown;
	readonly right: unknown;
}

interface TestNode {
	readonly type: 'TestExpression';
	readonly operand: unknown;
	readonly negate: boolean;
	readonly test: {readonly value: string};
}

/** What one run needs: `evaluate` counts what it costs, `library` is the interpreter's own. */
export interface Ways {
	readonly evaluate: Evaluate;
	readonly library: Evaluate;
}

/** Any node, as Python would have it; those where the interpreter already does go on to it. */
export function evaluateAsPython(statement: unknown, environment: unknown, ways: Ways): JinjaValue {
	const node = statement as Node | undefined;
	switch (node?.type) {
		case 'Evaluated':
			return node.result;
		case 'TupleLiteral':
			// Loops and JSON know lists only.
			return ways.library({type: 'ArrayLiteral', value: node.value}, environment);
		case 'ObjectLiteral':
			return object(node.value, environment, ways);
		case 'MemberExpression':
			return member(node, environment, ways);
		case 'CallExpression':
			return call(node, environment, ways);
		case 'FilterExpression':
			return filter(node, environment, ways);
		case 'BinaryExpression':
			return binary(node, environment, ways);
		case 'For':
			return ways.library({...node, iterable: looped(node.iterable, environment, ways)}, environment);
		case 'TestExpression':
			return node.test.value === 'iterable' ? iterable(node, environment, ways) : ways.library(node, environment);
		default:
			return ways.library(statement, environment);
	}
}

/** What `{{ … }}` writes of a value: `None` and `True` as Python spells them. */
export function printed(value: JinjaValue): JinjaValue {
	return value.type === 'StringValue' || value.type === 'UndefinedValue' ? value : valueOf(pythonText(value));
}

/** `{0: …}`: the interpreter makes objects with texts for keys only, and holds what it is given. */
function object(entries: ReadonlyMap<Node, unknown>, environment: unknown, ways: Ways): JinjaValue {
	if ([...entries.keys()].every(({type}) => type === 'StringLiteral'))
		return ways.library({type: 'ObjectLiteral', value: entries}, environment);
	const made = valueOf({});
	for (const [key, value] of entries)
		(made.value as Map<unknown, JinjaValue>).set(
			ways.evaluate(key, environment).value,
			ways.evaluate(value, environment),
		);
	return made;
}

/** Whether `items` and the like would give the keys in another form than they were written. */
const hasOddKeys = ({value}: JinjaValue): boolean =>
	value instanceof Map && [...value.keys()].some(key => typeof key !== 'string');

/** The pairs of an object whose keys are numbers, in their order where that is asked for. */
function pairs({value}: JinjaValue, sorted: boolean, environment: unknown, ways: Ways): JinjaValue {
	const entries = [...(value as ReadonlyMap<unknown, JinjaValue>)];
	if (sorted) entries.sort(([one], [other]) => Number(one) - Number(other));
	const list = (values: readonly JinjaValue[]): JinjaValue =>
		ways.library({type: 'ArrayLiteral', value: values.map(evaluated)}, environment);
	return list(entries.map(([key, item]) => list([valueOf(key), item])));
}

function member(node: MemberNode, environment: unknown, ways: Ways): JinjaValue {
	if (!node.computed || node.property.type === 'SliceExpression' || node.property.type === 'StringLiteral')
		return ways.library(node, environment);
	const holder = ways.evaluate(node.object, environment);
	const key = ways.evaluate(node.property, environment);
	if (key.type !== 'StringValue') {
		const {value} = holder;
		if (value instanceof Map) return (value as ReadonlyMap<unknown, JinjaValue>).get(key.value) ?? nothing;
		if (key.type !== 'IntegerValue' || !(Array.isArray(value) || typeof value === 'string')) return nothing;
	}
	return ways.library({...node, object: evaluated(holder), property: evaluated(key)}, environment);
}

const dictMethods: ReadonlySet<string> = new Set(['get', 'items', 'keys', 'values']);

function call(node: Extract<Node, {type: 'CallExpression'}>, environment: unknown, ways: Ways): JinjaValue {
	const {callee} = node;
	if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier')
		return ways.library(node, environment);
	const name = callee.property.value;
	const holder = ways.evaluate(callee.object, environment);
	if (name === 'items' && hasOddKeys(holder)) return pairs(holder, false, environment, ways);
	const method = dictMethods.has(name) && holder.type === 'ObjectValue' ? holder.builtins.get(name) : undefined;
	if (method !== undefined) return ways.library({...node, callee: evaluated(method)}, environment);
	if (plain(node.args)) {
		const values = (): readonly JinjaValue[] => node.args.map(argument => ways.evaluate(argument, environment));
		if (holder.type === 'ArrayValue' && listMethods.has(name))
			return listMethod(name, holder.value as JinjaValue[], values());
		const made = typeof holder.value === 'string' ? stringMethod(name, holder.value, values) : undefined;
		if (made !== undefined) return valueOf(made);
	}
	return ways.library({...node, callee: {...callee, object: evaluated(holder)}}, environment);
}

const listMethods: ReadonlySet<string> = new Set(['append', 'pop']);

function listMethod(name: string, list: JinjaValue[], values: readonly JinjaValue[]): JinjaValue {
	if (name === 'append') {
		list.push(...values);
		return none;
	}
	const [at] = values;
	return list.splice(at === undefined ? -1 : Number(at.value), 1)[0] ?? nothing;
}

const plain = (args: readonly Node[]): boolean =>
	args.every(({type}) => type !== 'KeywordArgumentExpression' && type !== 'SpreadExpression');

function filter(node: Extract<Node, {type: 'FilterExpression'}>, environment: unknown, ways: Ways): JinjaValue {
	const found = ways.evaluate(node.operand, environment);
	const {filter: asked} = node;
	const named = asked.type === 'CallExpression' ? asked.callee : asked;
	const name = named.type === 'Identifier' ? named.value : '';
	if (name === 'string') return valueOf(pythonText(found));
	if (name === 'min' || name === 'max') return extreme(name, found);
	if ((name === 'items' || name === 'dictsort') && hasOddKeys(found))
		return pairs(found, name === 'dictsort', environment, ways);
	const operand = found.type === 'UndefinedValue' ? emptyFor(name) : found;
	return ways.library({...node, operand: evaluated(operand)}, environment);
}

const textFilters: ReadonlySet<string> = new Set('trim lower upper title capitalize replace indent length'.split(' '));
const listFilters: ReadonlySet<string> = new Set(
	'list join map select selectattr rejectattr sort unique reverse'.split(' '),
);

/** What is undefined is an empty text to some filters and an empty list to others. */
function emptyFor(name: string): JinjaValue {
	if (textFilters.has(name)) return valueOf('');
	return listFilters.has(name) ? valueOf([]) : nothing;
}

function extreme(name: 'min' | 'max', {value}: JinjaValue): JinjaValue {
	const items: readonly JinjaValue[] = Array.isArray(value) ? value : [];
	const smaller = (one: JinjaValue, other: JinjaValue): boolean =>
		typeof one.value === 'string' && typeof other.value === 'string'
			? one.value < other.value
			: Number(one.value) < Number(other.value);
	return items.reduce(
		(best, item) => (best === nothing || (name === 'min' ? smaller(item, best) : smaller(best, item)) ? item : best),
		nothing,
	);
}

function binary(node: BinaryNode, environment: unknown, ways: Ways): JinjaValue {
	const operator = node.operator.value;
	if (!compared.has(operator)) return ways.library(node, environment);
	const left = ways.evaluate(node.left, environment);
	const right = ways.evaluate(node.right, environment);
	if (operator === '*') {
		if (typeof left.value === 'string' && typeof right.value === 'number')
			return valueOf(repeated(left.value, right.value));
	} else if (operator === '~') return valueOf(pythonText(left) + pythonText(right));
	if (operator === '==') return valueOf(same(left, right));
	if (operator === '!=') return valueOf(!same(left, right));
	if (operator !== '*' && right.type === 'ArrayValue') {
		const found = (right.value as readonly JinjaValue[]).some(item => same(item, left));
		return valueOf(found === (operator === 'in'));
	}
	return ways.library({...node, left: evaluated(left), right: evaluated(right)}, environment);
}

/** What a loop goes over: a text's characters, too, and nothing of what is undefined. */
function looped(node: Node, environment: unknown, ways: Ways): Node {
	if (node.type === 'SelectExpression') return {...node, lhs: looped(node.lhs, environment, ways)};
	const found = ways.evaluate(node, environment);
	if (found.type === 'UndefinedValue') return evaluated(valueOf([]));
	return evaluated(typeof found.value === 'string' ? valueOf([...found.value]) : found);
}

/** Objects are, and so is what is undefined. */
function iterable(node: TestNode, environment: unknown, {evaluate}: Ways): JinjaValue {
	const {type, value} = evaluate(node.operand, environment);
	const is = typeof value === 'string' || typeof value === 'object' ? value !== null : type === 'UndefinedValue';
	return valueOf(is !== node.negate);
}

const compared: ReadonlySet<string> = new Set(['==', '!=', 'in', 'not in', '~', '*']);

function same(left: JinjaValue, right: JinjaValue): boolean {
	if (isNumber(left) && isNumber(right)) return Number(left.value) === Number(right.value);
	if (left.type !== right.type) return false;
	if (Array.isArray(left.value) && Array.isArray(right.value)) {
		const others: readonly JinjaValue[] = right.value;
		return left.value.length === others.length && left.value.every((item, at) => isSame(item, others[at]));
	}
	if (!(left.value instanceof Map && right.value instanceof Map)) return left.value === right.value;
	const others: ReadonlyMap<unknown, JinjaValue> = right.value;
	return left.value.size === others.size && [...left.value].every(([key, item]) => isSame(item, others.get(key)));
}

const isSame = (one: JinjaValue, other: JinjaValue | undefined): boolean => other !== undefined && same(one, other);

/** Python counts truth among the numbers. */
const isNumber = ({type}: JinjaValue): boolean =>
	type === 'IntegerValue' || type === 'FloatValue' || type === 'BooleanValue';

const evaluated = (result: JinjaValue): Node => ({type: 'Evaluated', result});

/** The interpreter's own form of a value. */
function valueOf(value: unknown): JinjaValue {
	return new Environment().set('value', value) as unknown as JinjaValue;
}

const nothing: JinjaValue = valueOf(undefined);
const none: JinjaValue = valueOf(null);
