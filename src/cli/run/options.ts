import {MofaError} from '../../contract/error.ts';
import type {RequestOf} from '../../contract/task.ts';
import {parseDuration} from '../../lib/duration.ts';
import {isOn, listOf, textOf, type Options} from '../invocation.ts';
import {readFormat} from './format.ts';
import {generationSettings, type GenerationSettings} from './settings.ts';

type ChatRequest = RequestOf<'chat'>;

/** What the options of `mofa run` ask for, checked; one-shot and chat share it. */
export interface RunOptions {
	readonly settings: GenerationSettings;
	readonly system?: string;
	/** With the word or path that was typed for it. */
	readonly format?: {readonly name: string; readonly format: NonNullable<ChatRequest['format']>};
	readonly think?: NonNullable<ChatRequest['think']>;
	/** Milliseconds; `Infinity`: forever. */
	readonly keepAlive?: number;
	readonly hideThinking: boolean;
	readonly verbose: boolean;
	readonly yes: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export async function readRunOptions(options: Options): Promise<RunOptions> {
	const system = textOf(options, 'system');
	const format = textOf(options, 'format');
	const keepAlive = textOf(options, 'keepAlive');
	const think = readThink(options['think']);
	return {
		settings: generationSettings(listOf(options, 'option'), textOf(options, 'seed')),
		...(system !== undefined && {system}),
		...(format !== undefined && {format: {name: format, format: await readFormat(format)}}),
		...(think !== undefined && {think}),
		...(keepAlive !== undefined && {keepAlive: readKeepAlive(keepAlive)}),
		hideThinking: isOn(options, 'hideThinking'),
		verbose: isOn(options, 'verbose'),
		yes: isOn(options, 'yes'),
		daemon: options['daemon'] !== false,
	};
}

const efforts = ['low', 'medium', 'high'] as const;
const switches: Readonly<Record<string, boolean>> = {on: true, true: true, off: false, false: false};

function readThink(value: Options[string]): ChatRequest['think'] {
	if (value === undefined || typeof value === 'boolean') return value;
	const think = switches[String(value)] ?? efforts.find(effort => effort === value);
	if (think === undefined)
		throw new MofaError('invalid-request', {
			path: '--think',
			expected: `${efforts.join(', ')}, on or off, not "${value}"`,
		});
	return think;
}

function readKeepAlive(text: string): number {
	const duration = parseDuration(text);
	if (duration === undefined)
		throw new MofaError('invalid-request', {
			path: '--keep-alive',
			expected: `a duration such as 10m, 1h30m, 90 (seconds), 0 or forever, not "${text}"`,
		});
	return duration;
}
