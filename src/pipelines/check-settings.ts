import {MofaError, type Failures} from '../contract/error.ts';
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
	let filled: readonly string[] = [];
	try {
		if ('operation' in does) does.operation.open(settings);
		else {
			const open = openTalk(does.task, settings);
			const values = does.task.accepts.slice(0, 1).flatMap(sampleOf);
			const request =
				open.takes === 'live' ? open.talk.request(streamOf(values), async () => undefined) : open.talk.request(values);
			if (typeof request !== 'object' || request === null) return;
			filled = Object.keys(request).filter(field => !Object.hasOwn(settings, field));
			does.task.parse(request);
		}
	} catch (error) {
		if (!MofaError.is(error, 'invalid-request')) throw error;
		throw new MofaError('invalid-request', ofStage(id, error.data, filled), {cause: error});
	}
}

/** What a stage fills by itself is no setting of it. */
function ofStage(
	id: string,
	data: Failures['invalid-request'],
	filled: readonly string[],
): Failures['invalid-request'] {
	const {path, expected, unknown} = data;
	if (unknown === undefined) return {path: `${id}.${path}`, expected};
	const isWhole = path === 'body' || path === 'settings';
	const known = unknown.known.filter(name => !filled.includes(name) && !media.has(name));
	return {path: isWhole ? id : `${id}.${path}`, expected, unknown: {names: unknown.names, known}};
}

const media: ReadonlySet<string> = new Set(['text', 'audio', 'image', 'mask']);

function sampleOf(medium: string): readonly AnyValue[] {
	if (medium === 'text') return [textValue('a')];
	if (medium === 'audio')
		return [{type: 'value', medium: 'audio', value: {samples: new Float32Array(160), sampleRate: 16_000, channels: 1}}];
	return [];
}

async function* streamOf<T>(values: readonly T[]): AsyncGenerator<T> {
	yield* values;
}
