import {createHash, timingSafeEqual} from 'node:crypto';
import {MofaError} from '../../contract/error.ts';
import {isLocalSocket, type AppMiddleware} from '../options.ts';

const open: ReadonlySet<string> = new Set(['/', '/health']);

/** Asks for the key as OpenAI clients send it: `Authorization: Bearer KEY`. */
export function bearer(apiKey: string): AppMiddleware {
	const expected = digest(apiKey);
	return async (context, next) => {
		const given = /^bearer\s+(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? '';
		const free = open.has(context.req.path) || isLocalSocket(context);
		if (!free && !timingSafeEqual(digest(given), expected))
			throw new MofaError('unauthorized', {
				address: context.req.path,
				hint: `${given === '' ? 'a key is' : 'the right key is'} needed: send it as 'Authorization: Bearer KEY'`,
			});
		await next();
	};
}

/** Digests have equal lengths, so comparing them tells nothing about the key. */
function digest(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}
