import {createHash} from 'node:crypto';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Tensor} from 'onnxruntime-node';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {Feeds, OnnxGraph, OnnxModule, TransformersModule} from '../../backends/onnx/session.ts';
import type {PictureLimits, Pictures} from '../../backends/pictures/open-pictures.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {Image} from '../../contract/media.ts';
import {MofaError} from '../../contract/error.ts';
import type {RunContext} from '../../contract/task.ts';
import {float32Of} from '../../lib/float16.ts';
import type {PictureShape} from './families.ts';
import {drawWholeAnew, shrinkTo, type ImageProcessor} from './image-processor.ts';
import {asType, isTensor} from '../../backends/onnx/tensors.ts';

/** A picture as the text side of a model takes it. */
export interface SeenPicture {
	/** The same for the same bytes. */
	readonly key: string;
	/** Pixels, as it was sent. */
	readonly width: number;
	readonly height: number;
	readonly shape: PictureShape;
	/** `rows` times the width of the text side. */
	readonly features: Float32Array;
	/** What of it is not looked at. */
	readonly leftOut: readonly string[];
}

/** Pixels of a side; a larger picture is made smaller first. No encoder looks at more, and pixels are memory. */
const longestSide = 4096;
/** Pictures whose features are kept for the next turn. */
const mostKept = 8;

/** Names that graphs have for what the library calls otherwise. */
const otherNames: Readonly<Record<string, string>> = {
	grid_thw: 'image_grid_thw',
	pixel_position_ids: 'image_position_ids',
};

/** Looks at pictures, one at a time; one that it has seen lately costs nothing. */
export class PictureEncoder {
	readonly #model: InstalledModel;
	readonly #graph: OnnxGraph;
	readonly #module: OnnxModule;
	readonly #pictures: Pictures;
	readonly #library: TransformersModule;
	readonly #processor: ImageProcessor;
	readonly #kept = new Map<string, SeenPicture>();

	constructor(parts: {
		readonly model: InstalledModel;
		readonly graph: OnnxGraph;
		readonly module: OnnxModule;
		readonly pictures: Pictures;
		readonly library: TransformersModule;
		readonly processor: ImageProcessor;
	}) {
		this.#model = parts.model;
		this.#graph = parts.graph;
		this.#module = parts.module;
		this.#pictures = parts.pictures;
		this.#library = parts.library;
		this.#processor = parts.processor;
	}

	/** Bytes of the pictures that it remembers. */
	get held(): number {
		return [...this.#kept.values()].reduce((sum, {features}) => sum + features.byteLength, 0);
	}

	forget(): void {
		this.#kept.clear();
	}

	/** Throws `invalid-request` naming `path` for what is no picture. */
	async see(image: Image, path: string, {signal, warn}: RunContext): Promise<SeenPicture> {
		const key = createHash('sha256').update(image.bytes).digest('base64');
		const known = this.#kept.get(key);
		if (known !== undefined) {
			for (const message of known.leftOut) warn({setting: path, message});
			return this.#keep(known);
		}
		const limits: PictureLimits = {path, longestSide};
		const {pixels: decoded, warnings} = await this.#pictures.decode(image, limits);
		for (const warning of warnings) warn(warning);
		const pixels = await shrinkTo(decoded, this.#processor, this.#pictures, this.#library);
		const picture = new this.#library.RawImage(pixels.data, pixels.width, pixels.height, pixels.channels);
		const inputs = await this.#processor._call(picture, {return_row_col_info: true}).catch((error: unknown) => {
			const expected = `a picture of another shape than ${decoded.width} × ${decoded.height}`;
			throw new MofaError('invalid-request', {path, expected}, {cause: error});
		});
		await drawWholeAnew(inputs, decoded, this.#processor, this.#pictures);
		// What comes now may take seconds, and cannot be broken off.
		await nextTurn();
		if (signal.aborted) throw new MofaError('cancelled', {});
		const outputs = await this.#graph.run(this.#feeds(inputs), {signal});
		return this.#keep({
			key,
			width: decoded.width,
			height: decoded.height,
			leftOut: warnings.map(({message}) => message),
			...this.#seen(inputs, outputs['image_features']),
		});
	}

	#feeds(inputs: Readonly<Record<string, unknown>>): Feeds {
		return Object.fromEntries(
			this.#graph.inputs.map(({name, type}) => {
				const given = inputs[name] ?? inputs[otherNames[name] ?? name];
				if (!isTensor(given))
					throw invalidModel(this.#model, `its vision encoder takes ${name}, which its preprocessor does not give`);
				return [name, asType(this.#module, given, type)];
			}),
		);
	}

	#seen(
		inputs: Readonly<Record<string, unknown>>,
		output: Tensor | undefined,
	): Pick<SeenPicture, 'features' | 'shape'> {
		const width = output?.dims.at(-1) ?? 0;
		if (output === undefined || width === 0)
			throw invalidModel(this.#model, 'its vision encoder gave no image_features');
		const features = float32Of(output.data);
		return {features, shape: {rows: features.length / width, ...shapeOf(inputs)}};
	}

	/** The latest last; the one that nobody asked for longest goes. */
	#keep(picture: SeenPicture): SeenPicture {
		this.#kept.delete(picture.key);
		this.#kept.set(picture.key, picture);
		const [oldest] = this.#kept.keys();
		if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
		return picture;
	}
}

function shapeOf(inputs: Readonly<Record<string, unknown>>): Omit<PictureShape, 'rows'> {
	const pixels = inputs['pixel_values'];
	const [height = 0, width = 0] = isTensor(pixels) ? pixels.dims.slice(-2) : [];
	const grid = inputs['image_grid_thw'];
	const [time = 1, down = 0, across = 0] = isTensor(grid) ? Array.from(grid.data, Number) : [];
	return {
		size: pair(inputs['image_sizes']) ?? [height, width],
		tiles: [firstNumber(inputs['rows'] ?? inputs['image_rows']), firstNumber(inputs['cols'] ?? inputs['image_cols'])],
		...(isTensor(grid) ? {grid: [time, down, across] as const} : {}),
	};
}

/** Of a list of lists: one for each text, in it one for each picture. */
function firstNumber(value: unknown): number {
	if (Array.isArray(value)) return firstNumber(value[0]);
	return typeof value === 'number' ? value : 0;
}

function pair(value: unknown): readonly [number, number] | undefined {
	if (!Array.isArray(value) || !Array.isArray(value[0])) return undefined;
	const [height, width]: readonly unknown[] = value[0];
	return typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}
