import {existsSync, readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {drawWholeAnew, shrinkTo, type ImageProcessor} from '../../../../src/adapters/vision-chat/image-processor.ts';
import {openPictures} from '../../../../src/backends/pictures/open-pictures.ts';
import {openOnnx, placeFile} from '../../../helpers/onnx.ts';
import {image} from '../../../helpers/pictures.ts';
import {sharedFile} from '../../../helpers/real-sound.ts';
import {visionFixture, type Sample} from '../../../helpers/vision.ts';
import path from 'node:path';

const photo = sharedFile('media', 'cat.jpg');
if (!existsSync(photo)) console.warn(`SKIPPED: how near pixels are to those of transformers needs ${photo}`);

const {processors} = JSON.parse(readFileSync(visionFixture('pixels.json'), 'utf8')) as {
	readonly processors: ReadonlyArray<{
		readonly config: {readonly image_processor_type: string};
		readonly pixels: Sample;
	}>;
};

/** On average, of numbers that vary by 1. Tiles are enlarged within the library, by a rule of its own. */
const nearness: Readonly<Record<string, number>> = {
	CLIPImageProcessor: 0.003,
	SiglipImageProcessor: 0.002,
	Gemma3ImageProcessor: 0.004,
	Qwen2VLImageProcessor: 0.001,
	Idefics3ImageProcessor: 0.015,
};

describe.skipIf(!existsSync(photo))('a photograph, made ready as transformers does', () => {
	test.each(processors.map(one => [one.config.image_processor_type, one] as const))('by %s', async (name, one) => {
		const {AutoImageProcessor, ...library} = await (await openOnnx()).transformers();
		const file = placeFile(Buffer.from(JSON.stringify(one.config)), 'preprocessor_config.json');
		const processor: ImageProcessor = await AutoImageProcessor.from_pretrained(path.dirname(file), {
			local_files_only: true,
		});
		const pictures = await openPictures();
		const {pixels} = await pictures.decode(image(readFileSync(photo)));
		const small = await shrinkTo(pixels, processor, pictures, {AutoImageProcessor, ...library});
		const inputs = await processor._call(new library.RawImage(small.data, small.width, small.height, 3), {
			return_row_col_info: true,
		});
		await drawWholeAnew(inputs, pixels, processor, pictures);
		const {dims, data} = inputs['pixel_values'] as {readonly dims: readonly number[]; readonly data: Float32Array};
		expect(dims).toEqual(one.pixels.shape);
		const {step, values} = one.pixels;
		const apart = values.map((value, index) => Math.abs(value - (data[index * step] ?? Number.NaN)));
		expect(apart.reduce((sum, value) => sum + value, 0) / apart.length).toBeLessThan(nearness[name] ?? 0);
	});
});
