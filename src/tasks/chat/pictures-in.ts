import type {Image} from '../../contract/media.ts';
import {MofaError} from '../../contract/error.ts';
import type {ChatMessage} from '../chat.ts';

export interface AskedPicture {
	readonly image: Image;
	/** Where it stands in the request: `messages.0.content.1.image`. */
	readonly path: string;
}

/** Of one request. */
const mostPictures = 64;

/** The pictures of a conversation, in their order. Throws `invalid-request` where there are too many to look at. */
export function picturesIn(messages: readonly ChatMessage[]): readonly AskedPicture[] {
	const found = messages.flatMap(({content}, message) =>
		typeof content === 'string'
			? []
			: content.flatMap((part, index) =>
					part.type === 'image' ? [{image: part.image, path: `messages.${message}.content.${index}.image`}] : [],
				),
	);
	if (found.length > mostPictures)
		throw new MofaError('invalid-request', {path: 'messages', expected: `at most ${mostPictures} pictures`});
	return found;
}
