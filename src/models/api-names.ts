/** Names that clients send because a hosted service has them, by the task they are for. The first that fits counts. */
const names: ReadonlyArray<readonly [task: string, pattern: RegExp]> = [
	['speech', /^(tts-1|gpt-4o-mini-tts)/],
	['transcription', /^(whisper-1$|gpt-4o(-mini)?-transcribe)/],
	['image', /^(dall-e-\d|gpt-image-\d|chatgpt-image-)/],
	['embedding', /^text-embedding-(ada-002|3-(small|large))/],
	['completion', /^(gpt-3\.5-turbo-instruct|(davinci|babbage)-002$|text-davinci-)/],
	['reranking', /^rerank-(english|multilingual|v?\d)/],
	['chat', /^(gpt-(3\.5|4|5)|chatgpt-|o[134](-|$)|claude-|gemini-)/],
];

/** The task whose default model a hosted service's name stands for; null for every other name. Never fetched. */
export function apiTask(name: string): string | null {
	if (name.length > 100) return null;
	const wanted = name.trim().toLowerCase();
	return names.find(([, pattern]) => pattern.test(wanted))?.[0] ?? null;
}
