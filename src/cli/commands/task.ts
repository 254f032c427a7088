import {readFile} from 'node:fs/promises';
import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {PipelinePlan, PipelineSpec} from '../../contract/pipeline.ts';
import type {RequestOf, TaskName} from '../../contract/task.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {mainSink} from '../pipe/output.ts';
import {pipe} from '../pipe/pipe.ts';
import {refusedSetting} from '../pipe/refused-setting.ts';
import {ExplainedFailure, usageFailure} from '../report-failure.ts';
import {table} from '../table.ts';
import {writeEvents} from '../task/events.ts';
import {gatherInputs, readInputs} from '../task/inputs.ts';
import {readTaskOptions, type TaskOptions} from '../task/options.ts';
import type {Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** Without a name, what there is. Else 1. a whole request, 2. every event of what the task makes of the inputs, 3. its media. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal} = invocation;
	const options = readTaskOptions(invocation.options);
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const [name, ...typed] = invocation.words;
	if (name === undefined) return list(client, options, terminal);
	// 1.
	if (options.request !== null) {
		if (typed.length > 0)
			return usageFailure(terminal, 'a whole request leaves nothing for inputs to say', 'drop one of them');
		return ask(client, name, options, invocation);
	}
	const words = typed.length === 0 && !terminal.stdin.isTerminal ? ['-'] : typed;
	const stage = {stage: name, settings: options.fields, ...(options.model === null ? {} : {model: options.model})};
	const pipeline: PipelineSpec = {stages: [stage]};
	const plan = await planOf(client, pipeline, name);
	if (plan === null)
		return usageFailure(terminal, `there is no task called ${name}`, 'mofa task lists the tasks there are');
	const refusal = refusalOf(name, plan, words);
	if (refusal !== null) return usageFailure(terminal, refusal.message, refusal.next);
	// 2. What has no form outside of this program is told by its events.
	if (options.json || !plan.emits.some(medium => known.has(medium)))
		return tell(client, name, plan, words, options, invocation);
	// 3.
	return show({client, pipeline, plan, words, options, invocation});
}

/** Null where no stage has that name. */
async function planOf(client: Client, pipeline: PipelineSpec, name: string): Promise<PipelinePlan | null> {
	try {
		return await client.planPipeline(pipeline);
	} catch (error) {
		if (MofaError.is(error, 'invalid-request') && error.data.path === `stage ${name.slice(0, 80)}`) return null;
		throw inTaskSyntax(error, name, Object.keys(pipeline.stages.flatMap(settingsOf)[0] ?? {}));
	}
}

const settingsOf = (stage: PipelineSpec['stages'][number]): readonly object[] =>
	typeof stage === 'string' ? [] : [stage.settings ?? {}];

/** A setting is told as it is typed here. */
function inTaskSyntax(error: unknown, name: string, given: readonly string[]): unknown {
	const refused = refusedSetting(error);
	if (refused === null) return error;
	const {setting, expected} = refused;
	if (given.includes(setting)) return new MofaError('invalid-request', {path: `--set ${setting}`, expected});
	const explanation = {message: `${name} needs ${setting}: ${expected}`, next: `mofa task ${name} --set ${setting}=…`};
	return new ExplainedFailure(explanation, error);
}

const known = new Set(['text', 'audio', 'image', 'vector']);

async function list(client: Client, {json}: TaskOptions, {stdout}: Terminal): Promise<number> {
	const tasks = await client.describeTasks();
	if (json) await writeJson(stdout, tasks);
	else
		await stdout.write(
			table(
				['TASK', 'TAKES', 'GIVES', 'MODELS', 'DEFAULT', 'FROM'],
				tasks.map(({name, accepts, emits, models, defaultModel, plugin}) => [
					name,
					accepts.join(', '),
					emits.join(', '),
					String(models),
					defaultModel ?? '-',
					plugin ?? 'mofa',
				]),
				undefined,
				stdout,
			),
		);
	return exitCodes.ok;
}

async function ask(
	client: Client,
	name: string,
	{model, fields, request, output}: TaskOptions,
	{terminal, signal}: Invocation,
): Promise<number> {
	const written = await readRequest(request ?? '-', terminal, signal);
	const events = client.run({
		model: model ?? (await client.defaultModel(name)).model,
		// The edge: whoever runs it says what it does not know, and checks the request.
		task: name as TaskName,
		request: {...written, ...fields} as unknown as RequestOf<TaskName>,
		signal,
	});
	await writeEvents(events, output === '-' ? null : output, terminal);
	return exitCodes.ok;
}

const largestRequest = 64 * 2 ** 20;

async function readRequest(file: string, {stdin}: Terminal, signal: AbortSignal): Promise<object> {
	const text =
		file === '-'
			? await stdin.readAll({limit: largestRequest, signal})
			: await readFile(file, 'utf8').catch((error: unknown) => {
					const problem = error instanceof Error ? error.message : String(error);
					throw new MofaError('file-error', {path: file, problem}, {cause: error});
				});
	try {
		const request: unknown = JSON.parse(text);
		if (typeof request === 'object' && request !== null && !Array.isArray(request)) return request;
	} catch {
		// Said below.
	}
	throw new MofaError('invalid-request', {path: file, expected: 'a JSON object: the request of the task'});
}

interface Refusal {
	readonly message: string;
	readonly next: string;
}

function refusalOf(name: string, plan: PipelinePlan, words: readonly string[]): Refusal | null {
	if (plan.stages[0]?.task === null)
		return {message: `${name} is a stage of pipelines and no task`, next: 'mofa task lists the tasks'};
	if (words.filter(word => word === '-').length > 1)
		return {message: 'standard input can be read once', next: 'give - a single time'};
	if (words.length > 0) return null;
	const takes = plan.accepts.join(' or ');
	return {message: `nothing comes in: ${name} takes ${takes}`, next: 'give it as words or files, or pipe it in'};
}

async function tell(
	client: Client,
	task: string,
	{accepts, stages}: PipelinePlan,
	words: readonly string[],
	{fields, output}: TaskOptions,
	{terminal, signal}: Invocation,
): Promise<number> {
	const inputs = await gatherInputs({words, accepts, terminal, signal});
	const model = stages[0]?.model ?? '';
	const events = client.runInputs({task: stages[0]?.task ?? task, model, inputs, request: fields, signal});
	await writeEvents(events, output === '-' ? null : output, terminal);
	return exitCodes.ok;
}

interface Showing {
	readonly client: Client;
	readonly pipeline: PipelineSpec;
	readonly plan: PipelinePlan;
	readonly words: readonly string[];
	readonly options: TaskOptions;
	readonly invocation: Invocation;
}

async function show({client, pipeline, plan, words, options, invocation}: Showing): Promise<number> {
	const {terminal, signal} = invocation;
	const {output} = options;
	const binary = plan.emits.find(medium => medium === 'audio' || medium === 'image');
	if (binary !== undefined && output === null && terminal.stdout.isTerminal)
		return usageFailure(
			terminal,
			`${binary} is nothing for a terminal to show`,
			`keep it in a file with -o ${binary === 'audio' ? 'sound.wav' : 'picture.png'}, or pipe it on`,
		);
	const sink = await mainSink(plan.emits, {terminal, output, player: null, signal});
	await pipe({
		client,
		pipeline,
		input: readInputs({words, accepts: plan.accepts, terminal, signal}),
		sinkOf: () => sink,
		sinks: [sink],
		terminal,
		signal,
	});
	return exitCodes.ok;
}
