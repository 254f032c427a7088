import {modelCommands} from './reference-models.ts';
import {pictureCommands} from './reference-pictures.ts';
import {pipeCommands} from './reference-pipe.ts';
import {pluginCommands} from './reference-plugins.ts';
import {speechCommands} from './reference-speech.ts';
import {json, yes, type Command} from './reference-types.ts';
import {vectorCommands} from './reference-vectors.ts';

export type {Argument, Command, Completes, Example, Option} from './reference-types.ts';

/**
 * Every command, argument and option, as data. Help, shell completion, the published reference
 * (`mofa help --json`) and the guide's training corpus are made from it, so none can drift.
 */
export const commands: readonly Command[] = [
	{
		name: 'run',
		summary: 'chat with a model, or ask it one thing',
		arguments: [
			{
				usage: '[model]',
				summary: 'a name from mofa list, or the path of a model file; the default model when absent',
				completes: 'model',
			},
			{
				usage: '[prompt...]',
				summary: 'what to ask, and files of pictures it is about; what is piped in goes before it',
			},
		],
		options: [
			{flags: '-s, --system <text>', summary: 'instructions the model follows throughout'},
			{
				flags: '-f, --format <format>',
				summary: 'json, or the path of a JSON schema the answer must obey',
				completes: 'file',
			},
			{
				flags: '--think [effort]',
				summary: 'let the model think first: low, medium or high',
				completes: ['low', 'medium', 'high'],
			},
			{flags: '--no-think', summary: 'answer without thinking first'},
			{flags: '--hide-thinking', summary: 'let the model think, but do not show it'},
			{flags: '--verbose', summary: 'print timings and token counts after the answer'},
			{
				flags: '-k, --keep-alive <duration>',
				summary: 'how long the model stays in memory afterwards: 10m, 1h, 0, forever',
			},
			{flags: '-o, --option <name=value>', summary: 'a setting such as temperature=0.2 or num_ctx=8192', repeats: true},
			{flags: '--seed <number>', summary: 'the same seed gives the same answer'},
			{flags: '--no-daemon', summary: 'load the model in this process and leave nothing running'},
			yes,
		],
		examples: [
			{line: 'mofa run', does: 'chat with your default model, or with the built-in guide'},
			{line: 'mofa run "How do I see which models are loaded?"', does: 'ask the default model one thing'},
			{line: 'mofa run ./model.gguf "Write a haiku"', does: 'ask any GGUF file'},
			{line: 'cat notes.txt | mofa run ./model.gguf "Summarise this"', does: 'put a file before the question'},
			{
				line: 'mofa run "What is in this picture?" photo.jpg',
				does: 'ask about a picture; in a chat, drop it on the line',
			},
			{line: 'mofa run --format json "Three colours as JSON"', does: 'get an answer a program can read'},
		],
	},
	{
		name: 'list',
		aliases: ['ls'],
		summary: 'list the models on this machine',
		arguments: [{usage: '[prefix]', summary: 'only names that start with this', completes: 'model'}],
		options: [json],
		examples: [{line: 'mofa list', does: 'see every model that is ready to run'}],
	},
	{
		name: 'show',
		summary: 'show what a model is, can do and needs',
		arguments: [{usage: '<model>', summary: 'a name from mofa list, or a path', completes: 'model'}],
		options: [
			{flags: '--why', summary: 'say which variant and device mofa would pick, and why not the others'},
			{flags: '--template', summary: 'print the chat template only'},
			json,
		],
		examples: [{line: 'mofa show guide --why', does: 'see how mofa chose where to run a model'}],
	},
	{
		name: 'ps',
		summary: 'list the models in memory',
		options: [json],
		examples: [{line: 'mofa ps', does: 'see what is loaded, how much memory it holds and until when'}],
	},
	{
		name: 'stop',
		summary: 'take models out of memory',
		arguments: [{usage: '[models...]', summary: 'names from mofa ps', completes: 'resident'}],
		options: [{flags: '--all', summary: 'every model, and the daemon itself'}],
		examples: [
			{line: 'mofa stop guide', does: 'give the memory of one model back'},
			{line: 'mofa stop --all', does: 'unload everything and end the daemon'},
		],
	},
	{
		name: 'rm',
		summary: 'delete models from the disk',
		arguments: [{usage: '<models...>', summary: 'names from mofa list', completes: 'model'}],
		options: [{flags: '--force', summary: 'also when the model is in use'}, yes],
		examples: [{line: 'mofa rm org/model', does: 'delete a model and free its disk space'}],
	},
	...speechCommands,
	...pictureCommands,
	...vectorCommands,
	...pipeCommands,
	...pluginCommands,
	...modelCommands,
	{
		name: 'serve',
		summary: 'run the daemon in this terminal',
		options: [
			{flags: '--host <address>', summary: 'where to listen for HTTP; default 127.0.0.1:8420 (or MOFA_HOST)'},
			{flags: '--no-http', summary: 'listen on the local socket only'},
		],
		examples: [{line: 'mofa serve', does: 'serve the OpenAI API on http://127.0.0.1:8420/v1'}],
	},
	{
		name: 'info',
		summary: 'show the hardware, and which backends can use it',
		options: [json],
		examples: [{line: 'mofa info', does: 'see memory, cores, GPUs and backends, and why one is missing'}],
	},
	{
		name: 'doctor',
		summary: 'check this installation and say what to do',
		options: [json],
		examples: [{line: 'mofa doctor', does: 'find out why something does not work'}],
	},
	{
		name: 'backend',
		summary: 'install and remove the runtimes that execute models',
		commands: [
			{name: 'list', summary: 'list backend packs and whether they are installed', options: [json]},
			{
				name: 'install',
				summary: 'download and install a backend pack',
				arguments: [
					{
						usage: '[name]',
						summary: 'a pack from mofa backend list; the best one for this machine when absent',
						completes: 'backend',
					},
				],
				options: [yes],
			},
			{
				name: 'remove',
				summary: 'delete an installed backend pack',
				arguments: [{usage: '<name>', summary: 'a pack from mofa backend list', completes: 'backend'}],
				options: [yes],
			},
			{name: 'update', summary: 'bring installed packs to the versions this mofa was tested with', options: [yes]},
		],
		examples: [
			{line: 'mofa backend list', does: 'see which runtimes there are'},
			{line: 'mofa backend install llama-cpu', does: 'get llama.cpp for the CPU'},
		],
	},
	{
		name: 'config',
		summary: 'read and change settings',
		commands: [
			{name: 'path', summary: 'print where the settings file is'},
			{name: 'list', summary: 'list every setting, its value and its default', options: [json]},
			{
				name: 'get',
				summary: 'print one setting',
				arguments: [{usage: '<key>', summary: 'a key from mofa config list', completes: 'setting'}],
			},
			{
				name: 'set',
				summary: 'change one setting',
				arguments: [
					{usage: '<key>', summary: 'a key from mofa config list', completes: 'setting'},
					{usage: '[value]', summary: 'the new value; absent: back to the default'},
				],
			},
		],
		examples: [{line: 'mofa config set model ./model.gguf', does: 'choose the model that mofa run uses by default'}],
	},
	{
		name: 'completion',
		summary: 'print a script that completes commands and model names in your shell',
		arguments: [{usage: '<shell>', summary: 'bash, zsh, fish or pwsh', completes: ['bash', 'zsh', 'fish', 'pwsh']}],
		examples: [{line: 'source <(mofa completion bash)', does: 'complete with the Tab key in this shell'}],
	},
	{
		name: 'help',
		summary: 'show help for a command',
		arguments: [{usage: '[command...]', summary: 'the command'}],
		options: [{flags: '--json', summary: 'print the whole command reference and the schemas of every --json output'}],
	},
];
