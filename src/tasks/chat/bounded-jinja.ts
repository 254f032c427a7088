import {Environment, Interpreter, Template} from '@huggingface/jinja';
import {evaluateAsPython, printed, type Evaluate} from './python-ways.ts';
import {strftime} from './strftime.ts';

/**
 * Jinja for templates that come out of untrusted files: the interpreter of @huggingface/jinja, with a limit on steps,
 * on characters made and on time, because a template is a program and `range(10**9)` is one line of it.
 */

export interface JinjaProgram {
	/** Throws `JinjaFailure`. */
	run(variables: Readonly<Record<string, unknown>>): string;
}

export type JinjaFailureKind = 'syntax' | 'raised' | 'failed' | 'too-costly';

export class JinjaFailure extends Error {
	override readonly name = 'JinjaFailure';
	readonly kind: JinjaFailureKind;

	constructor(kind: JinjaFailureKind, message: string, options?: ErrorOptions) {
		super(message, options);
		this.kind = kind;
	}
}

/** The longest templates seen in the wild are under 30,000 characters. */
const maxSource = 500_000;
const maxSteps = 5_000_000;
/** The interpreter takes an overflow of the stack for an unknown variable, so it must never come to one. */
const maxDepth = 300;
/** Characters and list items made by all steps together, beyond what the input's own size explains. */
const maxMade = 4_000_000;
/** Templates look at the same text a few times: trimmed, split, joined. */
const madePerInput = 64;
const maxRange = 10_000;
/** For what counting cannot see, such as turns of a loop with nothing in it. */
const maxMilliseconds = 3000;
const clockEvery = 20_000;

/** Compiles once; each run gets fresh variables. Throws `JinjaFailure` of kind `syntax`. */
export function compileJinja(source: string): JinjaProgram {
	if (source.length > maxSource) throw new JinjaFailure('syntax', `longer than ${maxSource} characters`);
	const program = parse(source);
	const prints = printedNodes(program);
	return {run: variables => run(program, prints, variables)};
}

function parse(source: string): unknown {
	try {
		return new Template(source).parsed;
	} catch (error) {
		throw new JinjaFailure('syntax', messageOf(error), {cause: error});
	}
}

const statements: ReadonlySet<string> = new Set([
	'Set',
	'If',
	'For',
	'Macro',
	'CallStatement',
	'FilterStatement',
	'Break',
	'Continue',
	'Comment',
	'StringLiteral',
]);

/** The expressions that stand as `{{ … }}`. */
function printedNodes(program: unknown): ReadonlySet<unknown> {
	const found = new Set<unknown>();
	const visit = (node: unknown): void => {
		const {body, alternate, defaultBlock} = node as Readonly<Record<string, unknown>>;
		for (const block of [body, alternate, defaultBlock])
			for (const statement of Array.isArray(block) ? (block as ReadonlyArray<{readonly type: string}>) : []) {
				if (!statements.has(statement.type)) found.add(statement);
				visit(statement);
			}
	};
	visit(program);
	return found;
}

function run(program: unknown, prints: ReadonlySet<unknown>, variables: Readonly<Record<string, unknown>>): string {
	const environment = new Environment();
	for (const [name, value] of Object.entries({...globals, ...variables})) environment.set(name, value);
	const interpreter = new Interpreter(environment) as unknown as Evaluator;
	limit(interpreter, prints, maxMade + madePerInput * sizeOf(variables));
	try {
		return String(interpreter.evaluate(program, environment).value);
	} catch (error) {
		if (error instanceof JinjaFailure) throw error;
		// A recursive macro, or a text beyond what V8 can hold.
		if (error instanceof RangeError) throw new JinjaFailure('too-costly', messageOf(error), {cause: error});
		throw new JinjaFailure('failed', messageOf(error), {cause: error});
	}
}

interface Evaluator {
	evaluate: Evaluate;
}

/** Every node of the program passes through `evaluate`, also from inside the interpreter. */
function limit(interpreter: Evaluator, prints: ReadonlySet<unknown>, made: number): void {
	const library = interpreter.evaluate.bind(interpreter);
	const deadline = performance.now() + maxMilliseconds;
	let depth = 0;
	let stepsLeft = maxSteps;
	let madeLeft = made;
	let untilClock = clockEvery;
	const readClock = (): void => {
		untilClock = clockEvery;
		if (performance.now() > deadline) throw new JinjaFailure('too-costly', `longer than ${maxMilliseconds} ms`);
	};
	interpreter.evaluate = (statement, environment) => {
		stepsLeft -= 1;
		if (stepsLeft < 0) throw new JinjaFailure('too-costly', `more than ${maxSteps} steps`);
		depth += 1;
		if (depth > maxDepth) throw new JinjaFailure('too-costly', `more than ${maxDepth} levels deep`);
		let result;
		try {
			result = evaluateAsPython(statement, environment, {evaluate: interpreter.evaluate, library});
			if (prints.has(statement)) result = printed(result);
		} finally {
			depth -= 1;
		}
		const size = typeof result.value === 'string' || Array.isArray(result.value) ? result.value.length : 0;
		madeLeft -= size;
		if (madeLeft < 0) throw new JinjaFailure('too-costly', 'more text than its input explains');
		untilClock -= 1 + size;
		if (untilClock < 0) readClock();
		return result;
	};
}

const globals: Readonly<Record<string, unknown>> = {
	true: true,
	True: true,
	false: false,
	False: false,
	none: null,
	None: null,
	raise_exception: (message: unknown): never => {
		throw new JinjaFailure('raised', String(message));
	},
	range,
	strftime_now: (format: unknown): string => strftime(new Date(), String(format).slice(0, 200)),
};

function range(...bounds: readonly unknown[]): number[] {
	const [first, second, step = 1] = bounds.filter(bound => typeof bound === 'number');
	if (first === undefined || step === 0) throw new JinjaFailure('failed', 'range() needs numbers');
	const [start, stop] = second === undefined ? [0, first] : [first, second];
	const count = Math.max(0, Math.ceil((stop - start) / step));
	if (count > maxRange) throw new JinjaFailure('too-costly', `a range of more than ${maxRange}`);
	return Array.from({length: count}, (_, index) => start + index * step);
}

/** Characters in all strings of a value, and one for each thing that holds them. */
function sizeOf(value: unknown): number {
	if (typeof value === 'string') return value.length;
	if (typeof value !== 'object' || value === null) return 1;
	return Object.entries(value).reduce((total, [key, item]) => total + key.length + sizeOf(item), 1);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
