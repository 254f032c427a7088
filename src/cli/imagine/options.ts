import {MofaError} from '../../contract/error.ts';
import type {RequestOf} from '../../contract/task.ts';
import {isOn, textOf, type Options} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {pictureFormatOf} from './picture-format.ts';

type Scheduler = NonNullable<RequestOf<'image'>['scheduler']>;

export const schedulers: readonly Scheduler[] = ['euler', 'euler-ancestral', 'ddim', 'lcm', 'dpm++-2m', 'flow-euler'];

/** What the model is asked for beside the prompt and the pictures. */
export type DrawingSettings = Pick<
	RequestOf<'image'>,
	'width' | 'height' | 'steps' | 'guidance' | 'negativePrompt' | 'seed' | 'count' | 'strength' | 'scheduler'
>;

export interface ImagineOptions {
	readonly model: string | null;
	readonly settings: DrawingSettings;
	/** Pictures of one prompt. */
	readonly count: number;
	/** Files to begin from, or `-` for standard input. */
	readonly initImage: string | null;
	readonly mask: string | null;
	/** A path, `-` for standard output, or null where nothing was said. */
	readonly output: string | null;
	readonly preview: boolean;
	readonly json: boolean;
	readonly yes: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export function readImagineOptions(options: Options): ImagineOptions {
	const model = textOf(options, 'model');
	const initImage = textOf(options, 'initImage') ?? null;
	const strength = numberOf(options, 'strength', {least: 0, most: 1});
	const mask = textOf(options, 'mask') ?? null;
	if (initImage === null && (strength !== undefined || mask !== null))
		throw invalid(strength === undefined ? '--mask' : '--strength', '--init-image beside it');
	if (initImage === '-' && mask === '-') throw invalid('--mask', 'a file: standard input can be read once');
	const count = numberOf(options, 'count', {least: 1, most: mostPictures, whole: true}) ?? 1;
	return {
		model: model === undefined ? null : resolveModelName(model),
		settings: {
			...sizeOf(textOf(options, 'size')),
			...named('steps', numberOf(options, 'steps', {least: 1, most: 1000, whole: true})),
			...named('guidance', numberOf(options, 'guidance', {least: 0, most: 100})),
			...named('negativePrompt', textOf(options, 'negative')),
			...named('seed', numberOf(options, 'seed', {least: 0, most: highestSeed, whole: true})),
			...(count === 1 ? {} : {count}),
			...named('strength', strength),
			...named('scheduler', schedulerOf(textOf(options, 'scheduler'))),
		},
		count,
		initImage,
		mask,
		output: readOutput(textOf(options, 'output')),
		preview: isOn(options, 'preview'),
		json: isOn(options, 'json'),
		yes: isOn(options, 'yes'),
		daemon: isOn(options, 'daemon'),
	};
}

const mostPictures = 16;
const highestSeed = 2 ** 32 - 1 - mostPictures;
const sides = {least: 8, most: 8192} as const;

function sizeOf(text: string | undefined): {readonly width?: number; readonly height?: number} {
	if (text === undefined) return {};
	const [, width = '', height = width] = /^(\d{1,5})(?:[x×](\d{1,5}))?$/i.exec(text.trim()) ?? [];
	const size = {width: Number(width), height: Number(height)};
	if (Object.values(size).every(side => side >= sides.least && side <= sides.most)) return size;
	throw invalid('--size', `as in 512x512, each side from ${sides.least} to ${sides.most} pixels, not "${text}"`);
}

interface Range {
	readonly least: number;
	readonly most: number;
	readonly whole?: boolean;
}

function numberOf(options: Options, name: string, {least, most, whole = false}: Range): number | undefined {
	const text = textOf(options, name);
	if (text === undefined) return undefined;
	const value = text.trim() === '' ? Number.NaN : Number(text);
	if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
	throw invalid(`--${name}`, `a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}"`);
}

function schedulerOf(name: string | undefined): Scheduler | undefined {
	const scheduler = schedulers.find(known => known === name);
	if (name === undefined || scheduler !== undefined) return scheduler;
	throw invalid('--scheduler', `one of ${schedulers.join(', ')}, not "${name}"`);
}

function readOutput(file: string | undefined): string | null {
	if (file === '') throw invalid('--output', 'the name of a file');
	if (file !== undefined && file !== '-') pictureFormatOf(file);
	return file ?? null;
}

function named<K extends string, V>(name: K, value: V | undefined): {readonly [N in K]?: V} {
	return value === undefined ? {} : ({[name]: value} as {readonly [N in K]: V});
}

function invalid(path: string, expected: string): MofaError {
	return new MofaError('invalid-request', {path, expected});
}
