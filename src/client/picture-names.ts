import {MofaError} from '../contract/error.ts';
import type {Image} from '../contract/media.ts';
import type {RequestOf} from '../contract/task.ts';

/** A picture of a conversation, and what a person calls it. */
export interface NamedPicture {
	readonly file: string;
	readonly image: Image;
}

type Messages = RequestOf<'chat'>['messages'];

/** What a path leads to that is a picture of a conversation, as whoever sent it calls it; every other path as it is. */
export function pictureName(path: string, messages: Messages, pictures: readonly NamedPicture[]): string {
	const [, message, part] = /^messages\.(\d+)\.content\.(\d+)(?:\.|$)/.exec(path) ?? [];
	const content = messages[Number(message)]?.content;
	const item = typeof content === 'string' ? undefined : content?.[Number(part)];
	if (item?.type !== 'image') return path;
	return pictures.find(({image}) => image === item.image)?.file ?? 'a picture';
}

/** A failure of a picture names it, and not its place in the request. */
export function namingPicture(error: unknown, messages: Messages, pictures: readonly NamedPicture[]): unknown {
	if (!MofaError.is(error, 'invalid-request')) return error;
	const path = pictureName(error.data.path, messages, pictures);
	if (path === error.data.path) return error;
	return new MofaError('invalid-request', {path, expected: error.data.expected}, {cause: error});
}
