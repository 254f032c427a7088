import {MofaError} from '../contract/error.ts';
import type {AnyValue, StageSettings} from '../contract/stage.ts';
import type {AnyTask} from '../contract/task.ts';
import {defaultStage} from './default-stage.ts';
import {parsePacket} from './parse-packet.ts';

/**
 * The requests that a task makes of values when all of them are there: one, or one for each where the task takes each by itself.
 * Throws `invalid-request` naming the input, or the setting.
 */
export function requestsOf(task: AnyTask, inputs: readonly unknown[], settings: StageSettings): readonly unknown[] {
	const values = inputs.map((input, index) => valueOf(input, index, task));
	const stage = task.stage ?? defaultStage(task);
	const made = stage.takes === 'live' ? [stage.open(settings).request(each(values), async () => undefined)] : [];
	if (stage.takes !== 'live') {
		const talk = stage.open(settings);
		const turns = stage.takes === 'value' ? values.map(value => [value]) : [values];
		made.push(...turns.map(turn => talk.request(turn)));
	}
	const requests = made.filter(request => request !== null).map(request => task.parse(request));
	if (requests.length > 0) return requests;
	throw new MofaError('invalid-request', {
		path: 'inputs',
		expected: `something to do, as ${task.accepts.join(' or ')}`,
	});
}

function valueOf(input: unknown, index: number, {accepts}: AnyTask): AnyValue {
	const path = `inputs.${index}`;
	const value = parsePacket({...(typeof input === 'object' ? input : {}), type: 'value'}, path);
	if (value.type === 'value' && accepts.includes(value.medium)) return value;
	throw new MofaError('invalid-request', {path, expected: `${accepts.join(' or ')}, which is what the task takes`});
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
	yield* items;
}
