import {json, yes, type Command, type Option} from './reference-types.ts';

const quiet: Option = {flags: '-q, --quiet', summary: 'print nothing but errors'};
const goOn: Option = {flags: '-y, --yes', summary: 'go on without asking'};

/** The commands that fetch models and keep them. */
export const modelCommands: readonly Command[] = [
	{
		name: 'pull',
		aliases: ['get'],
		summary: 'download models from Hugging Face',
		arguments: [
			{
				usage: '<models...>',
				summary: 'names such as qwen3, qwen3:8b or org/repo:Q4_K_M; org/repo@revision for a certain version',
				completes: 'known',
			},
		],
		options: [quiet, goOn, json],
		examples: [
			{line: 'mofa pull qwen3', does: 'download a model by its short name'},
			{line: 'mofa pull qwen3:8b-q8_0', does: 'choose the size and the quantisation'},
			{line: 'mofa pull org/repo:Q4_K_M', does: 'download one build of any repository of the Hub'},
		],
	},
	{
		name: 'fit',
		summary: 'say whether a model will run on this machine, before anything is downloaded',
		arguments: [{usage: '<model>', summary: 'a name as for mofa pull', completes: 'known'}],
		options: [
			{flags: '-c, --context <tokens>', summary: 'how long a conversation the estimate is for'},
			{flags: '--task <task>', summary: 'what it should be able to do, such as chat'},
			json,
		],
		examples: [{line: 'mofa fit qwen3:8b', does: 'see the size, the memory and the verdict of every variant'}],
	},
	{
		name: 'search',
		summary: 'search the Hub for models, or the files of a folder for an answer',
		arguments: [{usage: '<words...>', summary: 'what to look for; or a folder and a question'}],
		options: [
			{flags: '--task <task>', summary: 'only models that do this, such as chat'},
			{flags: '-n, --limit <number>', summary: 'how many to show; 20 models or 5 passages when absent'},
			{flags: '-m, --model <name>', summary: 'of a folder: the model that makes vectors', completes: 'model'},
			{flags: '--reranker <name>', summary: 'of a folder: the model that puts passages in order', completes: 'model'},
			{flags: '--no-rerank', summary: 'of a folder: by vectors and words alone'},
			{flags: '--rebuild', summary: 'of a folder: read every file again, not only those that changed'},
			{flags: '--no-daemon', summary: 'of a folder: load the models in this process and leave nothing running'},
			yes,
			json,
		],
		examples: [
			{line: 'mofa search qwen coder', does: 'find models by name'},
			{line: 'mofa search ./docs "how do I begin"', does: 'find the passages that answer, in the files of a folder'},
		],
	},
	{
		name: 'outdated',
		summary: 'list models that have a newer version on the Hub',
		arguments: [{usage: '[models...]', summary: 'names from mofa list; all when absent', completes: 'model'}],
		options: [json],
		examples: [{line: 'mofa outdated', does: 'see what has changed since you pulled it'}],
	},
	{
		name: 'upgrade',
		summary: 'download the newer version of models',
		arguments: [{usage: '[models...]', summary: 'names from mofa outdated; all when absent', completes: 'model'}],
		options: [quiet, goOn, json],
		examples: [{line: 'mofa upgrade', does: 'bring every model up to date'}],
	},
	{
		name: 'verify',
		summary: 'check the files of models against their hashes',
		arguments: [{usage: '[models...]', summary: 'names from mofa list; all when absent', completes: 'model'}],
		options: [{flags: '--repair', summary: 'download again what is damaged, and nothing else'}, json],
		examples: [{line: 'mofa verify --repair', does: 'find damaged files and mend them'}],
	},
	{
		name: 'du',
		summary: 'show how much disk space models take',
		options: [json],
		examples: [{line: 'mofa du', does: 'see which models are large, and what can be freed'}],
	},
	{
		name: 'prune',
		summary: 'delete leftovers: old versions, unfinished downloads, files nothing uses',
		options: [{flags: '--dry-run', summary: 'only say what would be deleted'}, goOn, json],
		examples: [{line: 'mofa prune --dry-run', does: 'see what would be freed'}],
	},
	{
		name: 'cp',
		aliases: ['alias'],
		summary: 'give a model a second name',
		arguments: [
			{usage: '<model>', summary: 'a name from mofa list', completes: 'model'},
			{usage: '<name>', summary: 'the new name; nothing is copied on the disk'},
		],
		options: [{flags: '--force', summary: 'also when the new name is taken by another alias'}],
		examples: [{line: 'mofa cp org/repo:Q4_K_M writer', does: 'call a model by a short name of your own'}],
	},
	{
		name: 'adopt',
		summary: 'use the models of ollama, LM Studio or llama.cpp without copying them',
		arguments: [
			{
				usage: '[tool]',
				summary: 'ollama, lmstudio or llama.cpp; all that are found when absent',
				completes: ['ollama', 'lmstudio', 'llama.cpp'],
			},
		],
		options: [
			{flags: '--from <folder>', summary: 'where its models are, if not in the usual place', completes: 'file'},
			json,
		],
		examples: [{line: 'mofa adopt ollama', does: 'run what ollama has downloaded'}],
	},
];
