/** Short names for tasks, and the commands that do them. Any task's own name is a stage as well, so a new task is one without a line here. */
export const stageNames: Readonly<Record<string, string>> = {
	asr: 'transcription',
	stt: 'transcription',
	transcribe: 'transcription',
	llm: 'chat',
	see: 'chat',
	tts: 'speech',
	speak: 'speech',
	vad: 'voice-activity',
	embed: 'embedding',
	rerank: 'reranking',
	imagine: 'image',
	draw: 'image',
};

/** What a model has to take, beside the first medium of its task, to be meant by such a name. */
export const stageMedia: Readonly<Record<string, string>> = {
	see: 'image',
};
