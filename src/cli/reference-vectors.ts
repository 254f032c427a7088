import {yes, type Command} from './reference-types.ts';

/** The commands that turn text into numbers to compare. */
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
			{flags: '--no-daemon', summary: 'load the model in this process and leave nothing running'},
			yes,
		],
		examples: [
			{line: 'mofa embed "Where is the library?"', does: 'get the vector of a text'},
			{line: 'mofa embed notes/*.txt -o notes.npy', does: 'get one vector for each file, for NumPy'},
			{line: 'cat lines.txt | mofa embed --lines -f ndjson', does: 'get one vector for each line'},
		],
	},
];
