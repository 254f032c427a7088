import {json, yes, type Command, type Option} from './reference-types.ts';

const hearing: readonly Option[] = [
	{
		flags: '-m, --model <model>',
		summary: 'a model from mofa list that does transcription; the default one when absent',
		completes: 'model',
	},
	{flags: '-l, --language <code>', summary: 'what is spoken, such as en or de; found out when absent'},
	{flags: '--translate', summary: 'write English, whatever is spoken'},
	{flags: '--prompt <text>', summary: 'names and words that come up, or what was said before'},
	{
		flags: '-f, --format <format>',
		summary: 'text, json, srt, vtt or tsv',
		completes: ['text', 'json', 'srt', 'vtt', 'tsv'],
	},
	{flags: '--words', summary: 'tell when each word was said, in every format but text'},
];
const alone: readonly Option[] = [
	{flags: '--no-daemon', summary: 'load the model in this process and leave nothing running'},
	yes,
];

/** The commands that make and hear sound. */
export const speechCommands: readonly Command[] = [
	{
		name: 'transcribe',
		summary: 'write down what is said in sound files',
		arguments: [
			{
				usage: '[files...]',
				summary: 'wav, mp3, flac, ogg, opus, webm, or what ffmpeg reads; - or nothing: what is piped in',
				completes: 'file',
			},
		],
		options: [
			...hearing,
			{flags: '--live', summary: 'write each sentence as soon as it is certain; on a terminal also what is not yet'},
			{flags: '--rate <hertz>', summary: 'the input is bare samples: so many a second'},
			{flags: '--channels <count>', summary: 'channels of bare samples; 1 when absent'},
			{flags: '--encoding <name>', summary: 'of bare samples: s16le when absent, u8, s24le, s32le, f32le, alaw …'},
			...alone,
			{...json, summary: 'the same as --format json; with --live a line for each event (schema: mofa help --json)'},
		],
		examples: [
			{line: 'mofa transcribe talk.mp3', does: 'read what was said'},
			{line: 'mofa transcribe talk.mp3 --format srt > talk.srt', does: 'make subtitles'},
			{line: 'mofa transcribe talk.mp3 | mofa run "Summarise this"', does: 'hand it to a model'},
			{line: 'arecord -q -f S16_LE -r 16000 | mofa transcribe - --live', does: 'read while somebody speaks'},
		],
	},
	{
		name: 'listen',
		summary: 'write down what the microphone hears, until Ctrl-C',
		options: [...hearing, ...alone],
		examples: [
			{line: 'mofa listen', does: 'dictate'},
			{line: 'mofa listen --translate', does: 'read in English what is said in another language'},
		],
	},
	{
		name: 'speak',
		summary: 'say a text aloud, or write it as sound',
		arguments: [{usage: '[text...]', summary: 'what to say; - or nothing: what is piped in'}],
		options: [
			{
				flags: '-m, --model <model>',
				summary: 'a model from mofa list that does speech; the default one when absent',
				completes: 'model',
			},
			{flags: '--voice <name>', summary: 'one of mofa voices', completes: 'voice'},
			{flags: '--speed <number>', summary: 'from 0.25 to 4; 2 is twice as fast'},
			{flags: '-l, --language <code>', summary: 'the language of the text, such as de, where a model speaks several'},
			{flags: '--steps <count>', summary: 'from noise to sound, where a voice begins with noise: more take longer'},
			{flags: '--seed <number>', summary: 'of that noise: the same seed sounds the same'},
			{
				flags: '-o, --output <file>',
				summary:
					'write a file, as its name ends: .wav, .mp3, with ffmpeg .flac, .opus, .aac; - is standard output, always WAV',
				completes: 'file',
			},
			{flags: '--play', summary: 'play it while it is made'},
			...alone,
			{flags: '--json', summary: 'print what was made as JSON, beside -o or --play (schema: mofa help --json)'},
		],
		examples: [
			{line: 'mofa speak "Good morning" --play', does: 'hear it'},
			{line: 'mofa speak "Good morning" -o morning.wav', does: 'keep it in a file'},
			{line: 'mofa run "Write a haiku" | mofa speak - --voice rms --play', does: 'hear what a model answers'},
		],
	},
	{
		name: 'voices',
		summary: 'list the voices that mofa speak can use',
		arguments: [{usage: '[model]', summary: 'only those of this model', completes: 'model'}],
		options: [json],
		examples: [{line: 'mofa voices', does: 'see what to put behind --voice'}],
	},
];
