import * as z from 'zod';
import {MofaError} from '../../contract/error.ts';
import type {RunEvent} from '../../contract/progress.ts';
import type {AnyTask, RequestOf, TaskName, Warning} from '../../contract/task.ts';
import {checkPixels, picturesWithin} from '../../media/picture/check-pixels.ts';
import {reviveBinary, stringifyBinary} from '../../lib/binary-json.ts';
import {invalid, Refusal} from '../envelope.ts';
import {answerFramed, isFramed, readFramedBody} from '../framed.ts';
import {ndjson, ndjsonType} from '../ndjson.ts';
import type {AppContext, AppSettings, Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import {runTask, type TaskRun} from '../run-task.ts';
import type {Services} from '../services.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse} from '../stream-response.ts';
import {askFields, askOf, parseBody} from './ask.ts';
import {readInputs} from './task-inputs.ts';

const fields = z.strictObject({
	...askFields,
	/** Absent: the default model of the task. */
	model: askFields.model.optional(),
	stream: z.boolean().default(true),
	priority: z.enum(['interactive', 'batch']).optional(),
	request: z.record(z.string(), z.unknown(), 'an object').optional(),
	/** What the task itself makes a request of, as in a pipeline; `request` is then what else the request says. */
	inputs: z.array(z.unknown()).min(1).max(1000).optional(),
});
type Body = z.infer<typeof fields>;

/**
 * Every task there is or will be, with no code of its own: JSON lines of its events, or one object. Asked with `inputs`, texts and
 * data URIs among them, the task makes its requests of them. A question in frames may have streams in its request; it is
 * answered in frames while they come.
 */
export function taskRoute(services: Services, settings: AppSettings): Route {
	return {
		method: 'POST',
		path: '/v1/tasks/:task',
		async handler(context) {
			const task = taskOf(services, context.req.param('task') ?? '');
			if (isFramed(context)) return runFramed(context, task, services, settings);
			const body = parseBody(fields, await readJson(context, settings.bodyLimit));
			const requests = await requestsIn(body, task, services);
			const ask = await askFor(body, task, services);
			const abort = abortWithClient(context);
			const runs = requests.map(request => withPrefix(runTask(services.leases, runOf(ask, request, abort.signal))));
			const events = after(runs);
			try {
				if (!body.stream) return await answer(context, task, runs);
				const lines = ndjson(await started(events, settings.graceMs), settings.onInternal);
				return streamResponse(context, ndjsonType, lines, abort);
			} catch (error) {
				abort.abort();
				throw error;
			}
		},
	};
}

async function runFramed(
	context: AppContext,
	task: AnyTask,
	services: Services,
	settings: AppSettings,
): Promise<Response> {
	const framed = await readFramedBody(context, settings.bodyLimit);
	const body = parseBody(fields, framed.body);
	if (body.inputs !== undefined) throw invalid('inputs', 'nothing: in frames a request is whole');
	const request = parseRequest(task, () => given(body));
	checkPixels(picturesWithin(request, 'request'));
	const ask = await askFor(body, task, services);
	const abort = abortWithClient(context);
	const run = runOf(ask, request, abort.signal);
	return answerFramed(context, framed, withPrefix(runTask(services.leases, run)), settings, abort);
}

function given({request}: Pick<Body, 'request'>): unknown {
	if (request === undefined) throw invalid('', 'an object, or inputs');
	return request;
}

async function requestsIn({inputs, request}: Body, task: AnyTask, services: Services): Promise<readonly unknown[]> {
	if (inputs === undefined) {
		const parsed = parseRequest(task, () => reviveBinary(given({request}), invalid));
		checkPixels(picturesWithin(parsed, 'request'));
		return [parsed];
	}
	reviveBinary({inputs, request}, invalid);
	const values = await readInputs(inputs);
	checkPixels(
		values.flatMap((value, index) => picturesWithin(value, '').map(({image}) => ({image, path: `inputs.${index}`}))),
	);
	return services.requestsOf(task.name, values, request ?? {});
}

type TaskAsk = Omit<TaskRun<TaskName>, 'request' | 'signal'>;

async function askFor(body: Body, {name}: AnyTask, services: Services): Promise<TaskAsk> {
	const model = body.model ?? (await services.defaultModel(name)).model;
	return {
		...askOf({...body, model}),
		...(body.priority === undefined ? {} : {priority: body.priority}),
		// A name that is in the table of tasks is a TaskName.
		task: name as TaskName,
	};
}

/** What the task's own parse gave is its request. */
function runOf(ask: TaskAsk, request: unknown, signal: AbortSignal): TaskRun<TaskName> {
	return {...ask, request: request as RequestOf<TaskName>, signal};
}

async function* after<T>(runs: ReadonlyArray<AsyncIterable<T>>): AsyncGenerator<T> {
	for (const run of runs) yield* run;
}

function taskOf(services: Services, name: string): AnyTask {
	const task = Object.hasOwn(services.tasks, name) ? services.tasks[name] : undefined;
	if (task !== undefined) return task;
	const supported = Object.keys(services.tasks).toSorted();
	throw new Refusal(404, new MofaError('task-unsupported', {model: '', task: name, supported}));
}

function parseRequest(task: AnyTask, read: () => unknown): unknown {
	try {
		return task.parse(read());
	} catch (error) {
		throw prefixed(error);
	}
}

async function answer(
	context: AppContext,
	task: AnyTask,
	runs: ReadonlyArray<AsyncIterable<RunEvent<TaskName>>>,
): Promise<Response> {
	const warnings: Warning[] = [];
	const results: unknown[] = [];
	for (const events of runs) results.push(await task.collect(ownEvents(events, warnings)));
	const [result] = results;
	const body = results.length === 1 ? {result, warnings} : {results, warnings};
	return context.body(stringifyBinary(body), 200, {'content-type': 'application/json'});
}

async function* ownEvents(
	events: AsyncIterable<RunEvent<TaskName>>,
	warnings: Warning[],
): AsyncGenerator<{readonly type: string}> {
	for await (const event of events) {
		if (event.type === 'warning') warnings.push(event.warning);
		else if (event.type !== 'load-progress' && event.type !== 'load-end') yield event;
	}
}

async function* withPrefix<T>(events: AsyncIterable<T>): AsyncGenerator<T> {
	try {
		yield* events;
	} catch (error) {
		throw prefixed(error);
	}
}

/** The client sees the request inside its body, so the path says where. */
function prefixed(error: unknown): unknown {
	if (!MofaError.is(error, 'invalid-request')) return error;
	const {path, expected} = error.data;
	return new MofaError(
		'invalid-request',
		{path: path === 'body' || path === '' ? 'request' : `request.${path}`, expected},
		{cause: error},
	);
}
