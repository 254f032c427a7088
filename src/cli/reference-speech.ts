import {json, type Command} from './reference-types.ts';

/** The commands that make and hear sound. */
export const speechCommands: readonly Command[] = [
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
			{
				flags: '-o, --output <file>',
				summary: 'write a WAV file; - is standard output, which a pipe gets anyway',
				completes: 'file',
			},
			{flags: '--play', summary: 'play it while it is made'},
			{flags: '--no-daemon', summary: 'load the model in this process and leave nothing running'},
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
