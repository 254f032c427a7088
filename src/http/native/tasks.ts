import {z} from 'zod';
import {MofaError} from '../../contract/error.ts';
import type {RunEvent} from '../../contract/progress.ts';
import type {AnyTask, RequestOf, TaskName, Warning} from '../../contract/task.ts';
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

const fields = z.strictObject({
	...askFields,
	stream: z.boolean().default(true),
	priority: z.enum(['interactive', 'batch']).optional(),
	request: z.record(z.string(), z.unknown()),
});

/**
 * Every task there is or will be, with no code of its own: JSON lines of its events, or one object. A question in frames
 * may have streams in its request; it is answered in frames while they come.
 */
export function taskRoute(services: Services, settings: AppSettings): Route {
	return {
		method: 'POST',
		path: '/v1/tasks/:task',
		async handler(context) {
			const task = taskOf(services, context.req.param('task') ?? '');
			if (isFramed(context)) return runFramed(context, task, services, settings);
			const body = parseBody(fields, await readJson(context, settings.bodyLimit));
			const request = parseRequest(task, () => reviveBinary(body.request, invalid));
			const abort = abortWithClient(context);
			const events = withPrefix(runTask(services.leases, runOf(body, task, request, abort.signal)));
			try {
				if (!body.stream) return await answer(context, task, events);
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
	const request = parseRequest(task, () => body.request);
	const abort = abortWithClient(context);
	const run = runOf(body, task, request, abort.signal);
	return answerFramed(context, framed, withPrefix(runTask(services.leases, run)), settings, abort);
}

function runOf(body: z.infer<typeof fields>, task: AnyTask, request: unknown, signal: AbortSignal): TaskRun<TaskName> {
	return {
		...askOf(body),
		...(body.priority === undefined ? {} : {priority: body.priority}),
		// A name that is in the table of tasks is a TaskName, and what its own parse gave is its request.
		task: task.name as TaskName,
		request: request as RequestOf<TaskName>,
		signal,
	};
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
	events: AsyncIterable<RunEvent<TaskName>>,
): Promise<Response> {
	const warnings: Warning[] = [];
	const result = await task.collect(ownEvents(events, warnings));
	return context.body(stringifyBinary({result, warnings}), 200, {'content-type': 'application/json'});
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
