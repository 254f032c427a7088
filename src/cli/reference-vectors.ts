import {json, yes, type Command} from './reference-types.ts';

/** The commands that turn text into numbers to compare: vectors, and scores. */
export const vectorCommands: readonly Command[] = [
	{
		name: 'embed',
		summary: 'turn texts into vectors: those that mean alike lie close',
		arguments: [
			{
				usage: '[texts...]',
				summary: 'texts, or files to read them from; - or nothing: what is piped in',
				completes: 'file',
			},
		],
		options: [
			{
				flags: '-m, --model <model>',
				summary: 'a model from mofa list that does embedding; the default one when absent',
				completes: 'model',
			},
			{
				flags: '-p, --purpose <purpose>',
				summary: 'query for a question, document for what may answer it, to models that tell them apart',
				completes: ['query', 'document'],
			},
			{flags: '-d, --dimensions <count>', summary: 'the first so many numbers of each vector; all when absent'},
			{flags: '--lines', summary: 'each line of a file, or of what is piped in, is a text'},
			{
				flags: '-f, --format <format>',
				summary: 'json, ndjson or npy; as the output file is named when absent',
				completes: ['json', 'ndjson', 'npy'],
			},
			{flags: '-o, --output <file>', summary: 'write a file; - is standard output', completes: 'file'},
			json,
			{flags: '--no-daemon', summary: 'load the model in this process and leave nothing running'},
			yes,
		],
		examples: [
			{line: 'mofa embed "Where is the library?"', does: 'get the vector of a text'},
			{line: 'mofa embed notes/*.txt -o notes.npy', does: 'get one vector for each file, for NumPy'},
			{line: 'cat lines.txt | mofa embed --lines -f ndjson', does: 'get one vector for each line'},
		],
	},
	{
		name: 'rerank',
		summary: 'put texts in order by how well they answer a question',
		arguments: [
			{usage: '<query>', summary: 'the question'},
			{
				usage: '[texts...]',
				summary: 'files, or texts; - or nothing: the lines of what is piped in',
				completes: 'file',
			},
		],
		options: [
			{
				flags: '-m, --model <model>',
				summary: 'a model from mofa list that does reranking; the default one when absent',
				completes: 'model',
			},
			{flags: '-n, --top <count>', summary: 'so many of the best; all when absent'},
			{flags: '--lines', summary: 'each line of a file is a text'},
			{flags: '--raw', summary: 'scores as the model gives them; otherwise between 0 and 1'},
			{
				flags: '-f, --format <format>',
				summary: 'text, json or ndjson',
				completes: ['text', 'json', 'ndjson'],
			},
			json,
			{flags: '--no-daemon', summary: 'load the model in this process and leave nothing running'},
			yes,
		],
		examples: [
			{line: 'mofa rerank "How do I begin?" notes/*.md', does: 'see which notes answer a question best'},
			{line: 'grep -i moon diary.txt | mofa rerank "Who was on the moon?" -n 3', does: 'keep the three best lines'},
		],
	},
];
