import type {Audio, Image} from '../contract/media.ts';
import type {AnyPacket, AnyValue, StageSettings, StageTalk, TaskStage} from '../contract/stage.ts';
import type {AnyTask} from '../contract/task.ts';
import {textValue} from './packets.ts';

type Event = {readonly type: string};

/**
 * What a task is in a pipeline that says nothing of it: one request for each turn, with a field for each medium it accepts
 * (`text`, `audio`, `image`) beside the settings; and of its events whatever holds a medium that it emits.
 */
export function defaultStage(task: AnyTask): TaskStage<unknown, Event> {
	return {
		takes: 'turn',
		open: settings => ({request: values => requestOf(values, settings), packets: packetsOf(task)}),
	};
}

function requestOf(values: readonly AnyValue[], settings: StageSettings): unknown {
	const text = values.flatMap(value => (value.medium === 'text' ? [value.value] : [])).join('');
	const audio = values.flatMap(value => (value.medium === 'audio' ? [value.value] : []));
	const others = values.filter(({medium}) => medium !== 'text' && medium !== 'audio');
	if (text.trim() === '' && audio.length === 0 && others.length === 0) return null;
	return {
		...settings,
		...(text.trim() === '' ? {} : {text: text.trim()}),
		...(audio.length === 0 ? {} : {audio: joined(audio)}),
		...Object.fromEntries(others.map(({medium, value}) => [medium, value])),
	};
}

/** One recording of its pieces; they have one rate, for they are of one source. */
function joined(pieces: readonly Audio[]): Audio {
	const [first] = pieces;
	if (first === undefined || pieces.length === 1)
		return first ?? {samples: new Float32Array(0), sampleRate: 16_000, channels: 1};
	const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.samples.length, 0));
	let at = 0;
	for (const piece of pieces) {
		samples.set(piece.samples, at);
		at += piece.samples.length;
	}
	return {samples, sampleRate: first.sampleRate, channels: first.channels};
}

function packetsOf({emits}: AnyTask): StageTalk<unknown, Event>['packets'] {
	let format: Pick<Audio, 'sampleRate' | 'channels'> = {sampleRate: 16_000, channels: 1};
	return function* (event): Generator<AnyPacket> {
		const {text, samples, sampleRate, channels, image, vector}: Fields = event;
		if (emits.includes('text') && typeof text === 'string' && /-(delta|final)$/.test(event.type)) yield textValue(text);
		if (typeof sampleRate === 'number') format = {sampleRate, channels: channels === 2 ? 2 : 1};
		if (emits.includes('audio') && samples instanceof Float32Array)
			yield {type: 'value', medium: 'audio', value: {samples, ...format}};
		if (emits.includes('image') && isImage(image)) yield {type: 'value', medium: 'image', value: image};
		if (emits.includes('vector') && vector instanceof Float32Array)
			yield {type: 'value', medium: 'vector', value: vector};
	};
}

interface Fields extends Event {
	readonly text?: unknown;
	readonly samples?: unknown;
	readonly sampleRate?: unknown;
	readonly channels?: unknown;
	readonly image?: unknown;
	readonly vector?: unknown;
}

const isImage = (value: unknown): value is Image =>
	typeof value === 'object' &&
	value !== null &&
	'bytes' in value &&
	value.bytes instanceof Uint8Array &&
	'mediaType' in value;
