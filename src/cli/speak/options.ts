import type {RequestOf} from '../../contract/task.ts';
import {MofaError} from '../../contract/error.ts';
import {isOn, textOf, type Options} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {unwritten} from './sink-for-file.ts';

export interface SpeakOptions {
	readonly model: string | null;
	/** What is said of the voice; absent: the model decides. */
	readonly settings: Omit<RequestOf<'speech'>, 'text'>;
	/** A path, `-` for standard output, or null where nothing was said. */
	readonly output: string | null;
	readonly play: boolean;
	readonly json: boolean;
	readonly yes: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export function readSpeakOptions(options: Options): SpeakOptions {
	const model = textOf(options, 'model');
	return {
		model: model === undefined ? null : resolveModelName(model),
		settings: given({
			voice: textOf(options, 'voice'),
			speed: readSpeed(textOf(options, 'speed')),
			language: textOf(options, 'language'),
			steps: readWhole('--steps', textOf(options, 'steps'), 1, 1000),
			seed: readWhole('--seed', textOf(options, 'seed'), 0, 2 ** 32 - 1),
		}),
		output: readOutput(textOf(options, 'output')),
		play: isOn(options, 'play'),
		json: isOn(options, 'json'),
		yes: isOn(options, 'yes'),
		daemon: isOn(options, 'daemon'),
	};
}

function readSpeed(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const speed = text.trim() === '' ? Number.NaN : Number(text);
	if (speed >= 0.25 && speed <= 4) return speed;
	throw new MofaError('invalid-request', {path: '--speed', expected: `a number from 0.25 to 4, not "${text}"`});
}

function readWhole(path: string, text: string | undefined, least: number, most: number): number | undefined {
	if (text === undefined) return undefined;
	const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
	if (number >= least && number <= most) return number;
	throw new MofaError('invalid-request', {path, expected: `a whole number from ${least} to ${most}, not "${text}"`});
}

function given(settings: SpeakOptions['settings']): SpeakOptions['settings'] {
	return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function readOutput(file: string | undefined): string | null {
	const expected = unwritten(file ?? '');
	if (expected !== null) throw new MofaError('invalid-request', {path: '--output', expected});
	return file ?? null;
}
