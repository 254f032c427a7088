import {json, type Command} from './reference-types.ts';

/** Models joined in the shell. */
export const pipeCommands: readonly Command[] = [
	{
		name: 'pipe',
		summary: 'join models: sound or pictures to text, text to text, text to sound or pictures',
		arguments: [
			{
				usage: '[stages...]',
				summary:
					'asr, llm, see, tts, imagine, vad, any task, or map, filter, tee; each as stage:model@variant?setting=value; or a saved name',
				completes: ['asr', 'llm', 'see', 'tts', 'imagine', 'vad', 'map', 'filter', 'tee'],
			},
		],
		options: [
			{flags: '-f, --file <file>', summary: 'a pipeline in JSON or YAML instead of stages', completes: 'file'},
			{flags: '-i, --input <file>', summary: 'read this file; standard input when absent', completes: 'file'},
			{flags: '-t, --text <text>', summary: 'begin with this text instead of standard input, or after the file'},
			{flags: '-o, --output <file>', summary: 'write what comes out to this file', completes: 'file'},
			{flags: '--play', summary: 'play the sound while it is made'},
			{flags: '--loop', summary: 'a conversation: each line or each utterance is a turn, and speaking interrupts'},
			{flags: '--save <name>', summary: 'keep the stages under this name and run nothing; a name runs like a model'},
			{flags: '--force', summary: 'with --save: replace what has that name'},
			{flags: '--plan', summary: 'print the stages, their models, the memory they need and why; run nothing'},
			{flags: '--stats', summary: 'print at the end how long each stage waited, loaded and worked'},
			{flags: '--frames', summary: 'write packets for another mofa pipe, which knows them by itself'},
			{flags: '--rate <hertz>', summary: 'the input is bare samples: so many a second'},
			{flags: '--channels <count>', summary: 'channels of bare samples; 1 when absent'},
			{flags: '--encoding <name>', summary: 'of bare samples: s16le when absent, u8, s24le, s32le, f32le, alaw …'},
			{flags: '--no-daemon', summary: 'load the models in this process and leave nothing running'},
			{...json, summary: 'print the plan as JSON, with --plan (schema: mofa help --json)'},
		],
		examples: [
			{line: 'echo "What is mofa?" | mofa pipe llm tts --play', does: 'hear an answer while it is written'},
			{line: 'mofa pipe asr llm tts < question.wav > answer.wav', does: 'ask aloud and hear the answer'},
			{line: 'mofa pipe see tts --play < photo.jpg', does: 'hear what a picture shows'},
			{line: 'mofa pipe llm imagine -t "Describe a simple picture" -o it.png', does: 'see what a model writes'},
			{
				line: 'mofa pipe \'llm?system=Be brief\' tts@rms -t "What can you do?" -o answer.wav',
				does: 'set up each stage',
			},
			{line: "mofa pipe 'llm?system=Be brief' tts --save butler", does: 'keep it: mofa pipe butler, mofa run butler'},
			{line: 'mofa pipe llm tts --plan', does: 'see which models would be used, and whether they fit'},
		],
	},
];
