import path from 'node:path';
import * as z from 'zod';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {InstalledModel, Voice} from '../../contract/manifest.ts';
import {readRequiredJson} from './required-json.ts';

/** What makes a voice, as rows of numbers: how it sounds, and how long it takes. */
export interface Style {
	readonly sound: StyleRows;
	readonly pace: StyleRows;
}

export interface StyleRows {
	readonly numbers: Float32Array;
	/** One, rows, numbers in a row. */
	readonly shape: readonly [1, number, number];
}

const side = z
	.int()
	.min(1)
	.max(2 ** 12);
const rowsSchema = z
	.object({dims: z.tuple([z.literal(1), side, side]), data: z.array(z.unknown())})
	.transform(({dims, data}): StyleRows => ({numbers: Float32Array.from(data.flat(2), Number), shape: dims}))
	.refine(
		({numbers, shape: [, rows, size]}) => numbers.length === rows * size && numbers.every(Number.isFinite),
		'as many numbers as `dims` says',
	);
const schema = z.object({style_ttl: rowsSchema, style_dp: rowsSchema});

const roleOf = (voice: string): string => `voice_styles/${voice}.json`;

/** The voices whose files are there, as the manifest has them. Throws `model-invalid` where there is none. */
export function voicesOf(model: InstalledModel): readonly [Voice, ...Voice[]] {
	const described = new Map((model.manifest.voices ?? []).map(voice => [voice.name, voice]));
	const names = Object.keys(model.paths)
		.filter(role => role === roleOf(path.posix.basename(role, '.json')))
		.map(role => path.posix.basename(role, '.json'));
	const [first, ...others] = [...described.keys(), ...names.filter(name => !described.has(name)).toSorted()]
		.filter(name => names.includes(name))
		.map(name => described.get(name) ?? {name, language: 'mul'});
	if (first === undefined) throw invalidModel(model, 'it has no voices: JSON files in a folder `voice_styles`');
	return [first, ...others];
}

/** What the graphs take for each; a name where the size is open. */
export type StyleShapes = Readonly<Record<keyof Style, ReadonlyArray<number | string>>>;

/** Throws `model-invalid` where the file of the voice is absent, or of something else, or not for these graphs. */
export async function readStyle(model: InstalledModel, voice: string, shapes: StyleShapes): Promise<Style> {
	const {style_ttl: sound, style_dp: pace} = await readRequiredJson(model, roleOf(voice), schema);
	if (fits(sound, shapes.sound) && fits(pace, shapes.pace)) return {sound, pace};
	const found = [sound, pace].map(({shape: [, rows, size]}) => `${rows} × ${size}`);
	throw invalidModel(model, `the voice ${voice} is of another model: ${found.join(' and ')} numbers`);
}

const fits = ({shape}: StyleRows, wanted: ReadonlyArray<number | string>): boolean =>
	shape.every((size, axis) => typeof wanted[axis] !== 'number' || wanted[axis] === size);
