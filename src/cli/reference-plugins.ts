import {json, yes, type Command} from './reference-types.ts';

/** What mofa does beside the tasks that have a command of their own, and who brings it. */
export const pluginCommands: readonly Command[] = [
	{
		name: 'task',
		summary: 'run any task by its name, built in or of a plugin; without a name, list them',
		arguments: [
			{usage: '[name]', summary: 'a name from mofa task'},
			{
				usage: '[inputs...]',
				summary: 'texts, or files of text, sound or pictures; - or nothing: what is piped in',
				completes: 'file',
			},
		],
		options: [
			{
				flags: '-m, --model <model>',
				summary: 'a model from mofa list that does the task; the default one when absent',
				completes: 'model',
			},
			{flags: '-s, --set <name=value>', summary: 'a field of the request, its value as JSON or text', repeats: true},
			{flags: '--request <file>', summary: 'the whole request as JSON, instead of inputs', completes: 'file'},
			{flags: '-o, --output <file>', summary: 'write what comes out to this file', completes: 'file'},
			{flags: '--no-daemon', summary: 'load the model in this process and leave nothing running'},
			{
				...json,
				summary: 'print each event of the task as a line of JSON; without a name, the list (schema: mofa help --json)',
			},
		],
		examples: [
			{line: 'mofa task', does: 'see every task, what goes in and comes out, and the model that would do it'},
			{line: 'mofa task chat "Say hello" --set temperature=0', does: 'do one by its name'},
			{line: 'mofa task voice-activity recording.wav --json', does: 'see the events a task gives'},
		],
	},
	{
		name: 'plugin',
		summary: 'install and remove packages that add tasks, model families and models',
		commands: [
			{
				name: 'list',
				aliases: ['ls'],
				summary: 'list the plugins, what each adds, and what is wrong with one',
				options: [json],
			},
			{
				name: 'install',
				summary: 'install a plugin: its code then runs with your rights',
				arguments: [
					{usage: '<source>', summary: 'a folder, a tarball, or the name of an npm package', completes: 'file'},
				],
				options: [yes],
				examples: [{line: 'mofa plugin install ./my-plugin', does: 'install what you wrote'}],
			},
			{
				name: 'remove',
				aliases: ['rm'],
				summary: 'delete a plugin',
				arguments: [{usage: '<name>', summary: 'a name from mofa plugin list'}],
				options: [yes],
			},
		],
	},
];
