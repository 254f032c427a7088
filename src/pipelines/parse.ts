import * as z from 'zod';
import {MofaError} from '../contract/error.ts';
import type {StageSettings} from '../contract/stage.ts';
import type {AnyTask} from '../contract/task.ts';
import {parseStageWord} from '../lib/stage-word.ts';
import {similar} from '../lib/similar.ts';
import {parseFailurePolicy, type FailurePolicy} from './failure-policy.ts';
import {operations, type Operation} from './operations/index.ts';
import {stageNames} from './stage-names.ts';

/** A stage as it was written, and what it stands for. */
export interface ParsedStage {
	readonly id: string;
	readonly stage: string;
	/** A task for models, or an operation that needs none. */
	readonly does: {readonly task: AnyTask} | {readonly operation: Operation};
	readonly model: string | null;
	readonly settings: StageSettings;
	readonly load: Readonly<Record<string, unknown>>;
	/** `input`, or ids of earlier stages. */
	readonly from: readonly string[];
	readonly policy: FailurePolicy;
}

export interface ParsedPipeline {
	readonly stages: readonly ParsedStage[];
	readonly loop: boolean;
}

const mostStages = 32;
const name = z.string().trim().min(1).max(4096);
const id = z.string().regex(/^[\w-]{1,64}$/, 'letters, digits, "-" and "_"');
const record = z.record(z.string().max(200), z.unknown());

const stageSchema = z.strictObject({
	stage: name,
	id: id.optional(),
	model: name.optional(),
	variant: name.optional(),
	settings: record.optional(),
	load: record.optional(),
	from: z.union([id, z.array(id).min(1).max(mostStages)]).optional(),
	onFailure: z.string().optional(),
});
type SpeltStage = z.infer<typeof stageSchema>;

const listSchema = z
	.array(z.union([name, stageSchema]))
	.min(1)
	.max(mostStages);
const pipelineSchema = z.union([
	listSchema.transform(stages => ({stages, loop: false})),
	z.strictObject({stages: listSchema, loop: z.boolean().default(false)}),
]);

/**
 * A pipeline as anybody wrote it: a list of stages, or `{stages, loop}`. A stage may only take from earlier ones, so no circle
 * can be written. Throws `invalid-request` naming the stage.
 */
export function parsePipeline(input: unknown, tasks: Readonly<Record<string, AnyTask>>): ParsedPipeline {
	const parsed = pipelineSchema.safeParse(input);
	if (!parsed.success) throw invalid(placeOf(input, parsed.error), wordsOf(input, parsed.error));
	const {loop} = parsed.data;
	const stages: ParsedStage[] = [];
	for (const [index, written] of withGate(parsed.data.stages, loop, tasks).entries()) {
		const spelt = typeof written === 'string' ? fromWord(written, index) : written;
		stages.push(parseStage(spelt, stages, tasks));
	}
	return {stages, loop};
}

/** A conversation by voice needs somebody who says when a turn begins and is over. */
function withGate(
	stages: ReadonlyArray<string | SpeltStage>,
	loop: boolean,
	tasks: Readonly<Record<string, AnyTask>>,
): ReadonlyArray<string | SpeltStage> {
	const [first] = stages;
	if (!loop || first === undefined) return stages;
	const word = (typeof first === 'string' ? parseStageWord(first).stage : first.stage).toLowerCase();
	const task = tasks[stageNames[word] ?? word];
	const hears = task !== undefined && task.accepts.every(medium => medium === 'audio') && task.emits.includes('text');
	return hears ? ['vad?interrupts', ...stages] : stages;
}

function fromWord(word: string, index: number): SpeltStage {
	const {stage, rest, settings} = parseStageWord(word);
	const plain = gathered(
		settings.filter(([key]) => !reserved.has(key)).map(([key, value]): [string, unknown] => [key, typed(value)]),
	);
	const own = gathered(settings.filter(([key]) => reserved.has(key)));
	const parsed = stageSchema.safeParse({
		...(rest === null || rest === '' ? {} : {model: rest}),
		...own,
		stage,
		settings: plain,
	});
	if (parsed.success) return parsed.data;
	throw invalid(`stage ${index + 1} (${word.slice(0, 80)})`, parsed.error.issues[0]?.message ?? 'something else');
}

/** Of the stage itself, and no settings of its task. */
const reserved: ReadonlySet<string> = new Set(['id', 'model', 'variant', 'from', 'onFailure']);

/** What is written several times is a list, which is for whoever reads the setting to refuse. */
function gathered(settings: ReadonlyArray<readonly [string, unknown]>): Readonly<Record<string, unknown>> {
	const found = new Map<string, readonly unknown[]>();
	for (const [key, value] of settings) found.set(key, [...(found.get(key) ?? []), value]);
	return Object.fromEntries([...found].map(([key, values]) => [key, values.length === 1 ? values[0] : values]));
}

/** A shell knows text only. */
function typed(value: string): unknown {
	if (value === 'true' || value === 'false') return value === 'true';
	return /^-?\d+(\.\d+)?$/.test(value) && Number.isFinite(Number(value)) ? Number(value) : value;
}

function parseStage(
	spelt: SpeltStage,
	earlier: readonly ParsedStage[],
	tasks: Readonly<Record<string, AnyTask>>,
): ParsedStage {
	const stage = spelt.stage.toLowerCase();
	const does = meaningOf(stage, spelt.stage, tasks);
	const {model, variant} = 'task' in does ? modelOf(spelt, does.task) : {model: null, variant: undefined};
	const named = spelt.id ?? freeName(stage.replaceAll(/[^\w-]/g, '-'), earlier);
	if (named === 'input' || earlier.some(one => one.id === named)) throw invalid(named, 'an id that no other stage has');
	if ('operation' in does && (spelt.model ?? spelt.variant ?? spelt.load) !== undefined)
		throw invalid(named, `no model: ${stage} works without one`);
	const variantSetting = 'task' in does ? does.task.stage?.variant : undefined;
	if ('task' in does && variantSetting === undefined && (variant !== undefined || model?.startsWith('@') === true))
		throw invalid(named, `nothing behind an @: ${does.task.name} has no variants`);
	return {
		id: named,
		stage: spelt.stage,
		does,
		model,
		settings: {
			...spelt.settings,
			...(variant === undefined || variantSetting === undefined ? {} : {[variantSetting]: variant}),
		},
		load: spelt.load ?? {},
		from: sourcesOf(spelt, named, earlier),
		policy: parseFailurePolicy(spelt.onFailure ?? 'fail', `${named}.onFailure`),
	};
}

function meaningOf(stage: string, written: string, tasks: Readonly<Record<string, AnyTask>>): ParsedStage['does'] {
	const operation = Object.hasOwn(operations, stage) ? operations[stage] : undefined;
	if (operation !== undefined) return {operation};
	const short = Object.hasOwn(stageNames, stage) ? (stageNames[stage] ?? stage) : stage;
	const task = Object.hasOwn(tasks, short) ? tasks[short] : undefined;
	if (task !== undefined) return {task};
	const known = [
		...Object.keys(stageNames).filter(one => Object.hasOwn(tasks, stageNames[one] ?? '')),
		...Object.keys(operations),
		...Object.keys(tasks),
	];
	const near = similar(stage.slice(0, 100), known);
	throw invalid(`stage ${written.slice(0, 80)}`, `one of ${(near.length > 0 ? near : known).join(', ')}`);
}

/** `kokoro@af_heart`: where the task knows what an `@` means; else it is of the name, as a revision is. */
function modelOf(
	{model, variant}: SpeltStage,
	task: AnyTask,
): {readonly model: string | null; readonly variant: string | undefined} {
	const at = model === undefined ? -1 : model.lastIndexOf('@');
	if (model === undefined || variant !== undefined || task.stage?.variant === undefined || at < 0)
		return {model: model ?? null, variant};
	return {model: at === 0 ? null : model.slice(0, at), variant: model.slice(at + 1)};
}

function freeName(base: string, earlier: readonly ParsedStage[]): string {
	const taken = new Set(earlier.map(one => one.id));
	for (let number = 1; ; number += 1) {
		const candidate = number === 1 ? base : `${base}${number}`;
		if (!taken.has(candidate)) return candidate;
	}
}

function sourcesOf({from}: SpeltStage, named: string, earlier: readonly ParsedStage[]): readonly string[] {
	const before = earlier.at(-1)?.id ?? 'input';
	const sources = from === undefined ? [before] : [...new Set([from].flat())];
	for (const source of sources)
		if (source !== 'input' && !earlier.some(one => one.id === source))
			throw invalid(`${named}.from`, `input or the id of an earlier stage, not "${source}"`);
	return sources;
}

/** The union would only say that none of its forms fits. */
function placeOf(input: unknown, error: z.ZodError): string {
	const at = deepest(input, error)?.path.filter(part => part !== 'stages') ?? [];
	const [index, ...rest] = at;
	if (typeof index !== 'number') return at.length === 0 ? 'pipeline' : at.map(String).join('.');
	return [`stage ${index + 1}`, ...rest.map(String)].join('.');
}

function wordsOf(input: unknown, error: z.ZodError): string {
	const issue = deepest(input, error);
	if (issue?.code === 'unrecognized_keys') return `nothing called ${issue.keys.join(', ')}`;
	return issue === undefined || issue.code === 'invalid_union' ? 'a list of stages, or {stages}' : issue.message;
}

function deepest(input: unknown, error: z.ZodError): z.core.$ZodIssue | undefined {
	const stages: unknown = Array.isArray(input) ? input : (input as {readonly stages?: unknown} | null)?.stages;
	if (!Array.isArray(stages)) return error.issues[0];
	if (stages.length === 0 || stages.length > mostStages) return listSchema.safeParse(stages).error?.issues[0];
	for (const [index, stage] of stages.entries()) {
		const issue = (typeof stage === 'string' ? name : stageSchema).safeParse(stage).error?.issues[0];
		if (issue !== undefined) return {...issue, path: [index, ...issue.path]};
	}
	return error.issues[0];
}

function invalid(path: string, expected: string): MofaError {
	return new MofaError('invalid-request', {path, expected});
}
