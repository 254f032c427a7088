import {MofaError} from '../contract/error.ts';
import type {AnyValue, StageSettings} from '../contract/stage.ts';
import type {AnyTask} from '../contract/task.ts';
import {defaultStage} from './default-stage.ts';
import {textValue} from './packets.ts';
import type {ParsedStage} from './parse.ts';
import type {OpenTalk} from './task-body.ts';

/** A new conversation of a stage with its model. Throws `invalid-request` naming the setting. */
export function openTalk(task: AnyTask, settings: StageSettings): OpenTalk {
	const stage = task.stage ?? defaultStage(task);
	return stage.takes === 'live'
		? {takes: 'live', talk: stage.open(settings)}
		: {takes: stage.takes, talk: stage.open(settings)};
}

/** A wrong setting is found before anything is loaded, by a question that is never asked. Throws `invalid-request`. */
export function checkSettings({id, does, settings}: ParsedStage): void {
	try {
		if ('operation' in does) does.operation.open(settings);
		else {
			const open = openTalk(does.task, settings);
			const values = does.task.accepts.slice(0, 1).flatMap(sampleOf);
			const request =
				open.takes === 'live' ? open.talk.request(streamOf(values), async () => undefined) : open.talk.request(values);
			if (request !== null) does.task.parse(request);
		}
	} catch (error) {
		if (!MofaError.is(error, 'invalid-request')) throw error;
		const {path, expected} = error.data;
		throw new MofaError('invalid-request', {path: `${id}.${path}`, expected}, {cause: error});
	}
}

function sampleOf(medium: string): readonly AnyValue[] {
	if (medium === 'text') return [textValue('a')];
	if (medium === 'audio')
		return [{type: 'value', medium: 'audio', value: {samples: new Float32Array(160), sampleRate: 16_000, channels: 1}}];
	return [];
}

async function* streamOf<T>(values: readonly T[]): AsyncGenerator<T> {
	yield* values;
}
