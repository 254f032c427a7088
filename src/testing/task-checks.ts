import {MofaError} from '../contract/error.ts';
import {within, type CheckList} from './checks.ts';
import {fingerprint, firstForeign} from './plain.ts';
import type {Requests, RequestSource, TaskEvent} from './requests.ts';

/** What HTTP, pipelines and the scheduler rely on while a task runs. */
export async function checkTask(list: CheckList, requests: Requests): Promise<void> {
	const {name} = requests.task;
	const [first] = requests.sources;
	await list.check(`${name}: what is no request is refused as one`, () => checkNonsense(requests));
	if (first === undefined) {
		await list.check(`${name}: it answers`, () => `give a request of it in requests.${name}`);
		return;
	}
	for (const [index, source] of requests.sources.entries())
		await list.check(`${name}: it answers request ${index + 1}, and the answer can be collected`, () =>
			checkAnswer(requests, source),
		);
	await list.check(`${name}: a field nobody knows is refused or told of`, () => checkUnknown(requests, first));
	const repeatable = requests.sources.find(source => requests.isRepeatable(source));
	if (repeatable !== undefined)
		await list.check(`${name}: the same request gives the same answer`, () => checkRepeated(requests, repeatable));
	await list.check(`${name}: nothing begins once it is cancelled`, () => checkCancelledBefore(requests, first));
	await list.check(`${name}: it stops where it is cancelled`, () => checkCancelled(requests, first));
	await list.check(`${name}: who stops listening leaves nothing behind`, () => checkLeft(requests, first));
	if (requests.engine.slots > 1)
		await list.check(`${name}: two at once are answered as one after the other`, () => checkTogether(requests, first));
	await list.check(`${name}: it answers with less memory and other threads`, () => checkShrunk(requests, first));
}

function checkNonsense({task}: Requests): string | null {
	for (const nonsense of [undefined, null, 7, 'text', []]) {
		try {
			task.parse(nonsense);
			return `parse() takes ${JSON.stringify(nonsense)}`;
		} catch (error) {
			if (!MofaError.is(error, 'invalid-request'))
				return `parse() throws ${String(error)} of ${JSON.stringify(nonsense)}`;
		}
	}
	return null;
}

async function checkAnswer(requests: Requests, source: RequestSource): Promise<string | null> {
	const {events} = await requests.answer(source);
	if (events.length === 0) return 'no event comes';
	for (const event of events) {
		if (typeof event?.type !== 'string') return `an event has no type: ${JSON.stringify(event)?.slice(0, 200)}`;
		const foreign = firstForeign(event);
		if (foreign !== null) return `${foreign} of ${event.type} cannot leave the process: it is neither data nor bytes`;
		if (typeof requests.task.visible(event) !== 'boolean') return `visible() does not know ${event.type}`;
	}
	const result = await requests.task.collect(replay(events));
	return result === undefined ? 'collect() gives nothing' : null;
}

async function checkUnknown(requests: Requests, source: RequestSource): Promise<string | null> {
	const strange = (): object =>
		requests.strange === undefined
			? {...requests.written(source), noSuchFieldEver: 1}
			: requests.written(requests.strange);
	try {
		requests.task.parse(strange());
	} catch (error) {
		return MofaError.is(error, 'invalid-request') ? null : `parse() throws ${String(error)}`;
	}
	const {warnings} = await requests.answer(strange);
	return warnings.length > 0 ? null : 'it is dropped in silence';
}

async function checkRepeated(requests: Requests, source: RequestSource): Promise<string | null> {
	const [one, other] = [await requests.answer(source), await requests.answer(source)];
	return fingerprint(one.events) === fingerprint(other.events) ? null : 'it differs';
}

async function checkCancelledBefore(requests: Requests, source: RequestSource): Promise<string | null> {
	const request = requests.task.parse(requests.written(source));
	const outcome = await run(requests, request, AbortSignal.abort(new MofaError('cancelled', {})), () => undefined);
	return outcome.problem ?? (outcome.events > 0 ? `${outcome.events} events come` : null);
}

async function checkCancelled(requests: Requests, source: RequestSource): Promise<string | null> {
	const {events} = await requests.answer(source);
	const abort = new AbortController();
	const request = requests.task.parse(requests.written(source));
	const outcome = await run(requests, request, abort.signal, () => abort.abort(new MofaError('cancelled', {})));
	if (outcome.problem !== null) return outcome.problem;
	// What was on its way may still come; what makes up a long answer may not.
	const longest = Math.max(3, Math.ceil(events.length / 2));
	return outcome.late > longest ? `${outcome.late} of ${events.length} events come after all` : null;
}

async function checkLeft(requests: Requests, source: RequestSource): Promise<string | null> {
	const request = requests.task.parse(requests.written(source));
	const leave = async (): Promise<void> => {
		for await (const _event of requests.start(request, new AbortController().signal)) break;
	};
	await within(requests.patienceMs, 'leaving', leave());
	return checkAnswer(requests, source);
}

async function checkTogether(requests: Requests, source: RequestSource): Promise<string | null> {
	const alone = await requests.answer(source);
	const both = await Promise.all([requests.answer(source), requests.answer(source)]);
	if (!requests.isRepeatable(source)) return both.some(({events}) => events.length === 0) ? 'one has no answer' : null;
	return both.every(({events}) => fingerprint(events) === fingerprint(alone.events)) ? null : 'an answer differs';
}

async function checkShrunk(requests: Requests, source: RequestSource): Promise<string | null> {
	await within(requests.patienceMs, 'shrinking', requests.engine.shrink?.() ?? Promise.resolve());
	requests.engine.setThreads?.(2);
	const problem = await checkAnswer(requests, source);
	requests.engine.setThreads?.(1);
	return problem;
}

interface Outcome {
	readonly events: number;
	/** Of those, what was made only after the signal: other work had its turn between. */
	readonly late: number;
	readonly problem: string | null;
}

/** A run that is cancelled may end in silence, or throw what says so. */
async function run(requests: Requests, request: unknown, signal: AbortSignal, onFirst: () => void): Promise<Outcome> {
	let events = 0;
	let late = 0;
	let turned = false;
	const all = async (): Promise<void> => {
		for await (const _event of requests.start(request, signal)) {
			events += 1;
			if (turned) late += 1;
			onFirst();
			setImmediate(() => {
				turned = true;
			});
		}
	};
	try {
		await within(requests.patienceMs, 'ending after it was cancelled', all());
		return {events, late, problem: null};
	} catch (error) {
		const expected = MofaError.is(error, 'cancelled') || (error instanceof Error && error.name === 'AbortError');
		return {events, late, problem: expected ? null : `it throws ${String(error)}`};
	}
}

async function* replay(events: readonly TaskEvent[]): AsyncGenerator<TaskEvent> {
	yield* events;
}
