/** Names that API clients send because a hosted service has them, by the task that they are for. */
const names: ReadonlyArray<readonly [pattern: RegExp, task: string]> = [
	[/^(gpt-\d|gpt-oss-api|chatgpt-|o\d(-|$)|claude-|gemini-)/, 'chat'],
	[/^(davinci|babbage|curie|ada)-\d+$|^gpt-3\.5-turbo-instruct/, 'completion'],
	[/^(whisper-1|gpt-4o(-mini)?-transcribe)/, 'transcription'],
	[/^(tts-1(-hd)?|gpt-4o-mini-tts)/, 'speech'],
	[/^text-embedding-(ada-002|3-(small|large))$/, 'embedding'],
	[/^(dall-e-\d|gpt-image-\d)/, 'image'],
	[/^(rerank-(english|multilingual|v\d))/, 'reranking'],
];

/** The task whose default model a hosted service's name stands for; null for every other name. Never fetched. */
export function apiTask(name: string): string | null {
	const wanted = name.trim().toLowerCase();
	// More special names first: `gpt-4o-mini-tts` is no chat model.
	const found = names.toReversed().find(([pattern]) => pattern.test(wanted));
	return found?.[1] ?? null;
}
