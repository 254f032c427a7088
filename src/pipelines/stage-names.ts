/** Short names for tasks. Any task's own name is a stage as well, so a new task is one without a line here. */
export const stageNames: Readonly<Record<string, string>> = {
	asr: 'transcription',
	stt: 'transcription',
	llm: 'chat',
	see: 'chat',
	tts: 'speech',
	vad: 'voice-activity',
	embed: 'embedding',
	rerank: 'reranking',
	imagine: 'image',
	draw: 'image',
};
