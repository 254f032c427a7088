import type {Image} from '../../contract/media.ts';
import {checkPixels, picturesWithin} from '../../media/picture/check-pixels.ts';
import {readablePictures, sniffPicture} from '../../media/picture/sniff-picture.ts';
import type {Spool} from '../../lib/spool.ts';
import {invalid} from '../envelope.ts';
import type {AppContext} from '../options.ts';
import {readFilesForm} from '../read-form.ts';
import type {JsonObject} from '../read-json.ts';
import type {ImageInput} from './image-request.ts';

export interface ImageForm {
	/** The fields, as a JSON body would have them. */
	readonly body: JsonObject;
	readonly input: ImageInput;
}

/** Bytes of one picture; whoever decodes it takes no more. */
const largestPicture = 64 * 2 ** 20;
/** Of a whole form: a picture, its mask, and the fields. */
const largestForm = 2 * largestPicture + 4 * 2 ** 20;

/** A form with a picture in it, and a mask. What is put aside while it comes is gone afterwards. Throws `invalid-request`. */
export async function readImageForm(context: AppContext, limit: number): Promise<ImageForm> {
	await using form = await readFilesForm(context, ['image', 'image[]', 'mask'], Math.min(limit, largestForm));
	const images = [...(form.files.get('image') ?? []), ...(form.files.get('image[]') ?? [])];
	const [first] = images;
	if (first === undefined) throw invalid('image', 'a picture');
	if (images.length > 1) throw invalid('image', `one picture, not ${images.length}`);
	const [mask] = form.files.get('mask') ?? [];
	const input = {
		image: await pictureOf('image', first),
		mask: mask === undefined ? null : await pictureOf('mask', mask),
	};
	checkPixels(picturesWithin(input, ''));
	return {body: bodyOf(form.fields), input};
}

async function pictureOf(field: string, file: Spool): Promise<Image> {
	if (file.size > largestPicture) throw invalid(field, `a picture of at most ${largestPicture} bytes`);
	const pieces: Uint8Array[] = [];
	for await (const piece of file.bytes()) pieces.push(piece);
	const bytes = Uint8Array.from(Buffer.concat(pieces));
	const found = sniffPicture(bytes);
	if (found === null) throw invalid(field, `a picture as ${readablePictures}, and this is none that is known`);
	return {bytes, mediaType: found.mediaType};
}

const numbers: ReadonlySet<string> = new Set(
	'n partial_images num_inference_steps steps guidance_scale cfg_scale seed strength'.split(' '),
);

/** In a form everything is text; what is not what its field wants stays text, and is refused by that field's name. */
function bodyOf(fields: ReadonlyMap<string, readonly string[]>): JsonObject {
	const body: JsonObject = {};
	for (const [name, values] of fields) {
		const value = values.at(-1) ?? '';
		if (value === '') continue;
		if (numbers.has(name) && Number.isFinite(Number(value))) body[name] = Number(value);
		else if (name === 'stream' && /^(true|false|1|0)$/i.test(value)) body[name] = /^(true|1)$/i.test(value);
		else body[name] = value;
	}
	return body;
}
