import {MofaError} from '../../contract/error.ts';
import {checkPixels, type PlacedPicture} from '../../media/picture/check-pixels.ts';
import type {ChatMessage} from '../chat.ts';

/** Of one request. */
const mostPictures = 64;

/** The pictures of a conversation, in their order. Throws `invalid-request` where they are too many, or too large, to look at. */
export function picturesIn(messages: readonly ChatMessage[]): readonly PlacedPicture[] {
	const found = messages.flatMap(({content}, message) =>
		typeof content === 'string'
			? []
			: content.flatMap((part, index) =>
					part.type === 'image' ? [{image: part.image, path: `messages.${message}.content.${index}.image`}] : [],
				),
	);
	if (found.length > mostPictures)
		throw new MofaError('invalid-request', {path: 'messages', expected: `at most ${mostPictures} pictures`});
	checkPixels(found);
	return found;
}
