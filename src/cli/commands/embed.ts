import {embedTexts} from '../embed/embed.ts';
import {readEmbedOptions} from '../embed/options.ts';
import {readTexts} from '../embed/texts.ts';
import {contentSink, mustTakeFiles, vectorWriter} from '../embed/vector-writer.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {usageFailure} from '../report-failure.ts';
import {taskModel} from '../task-model.ts';

/** 1. which texts, 2. which model, 3. a vector for each. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal} = invocation;
	const options = readEmbedOptions(invocation.options);
	const {format, output, purpose, dimensions, lines, daemon} = options;
	if (format === 'npy' && output === null && terminal.stdout.isTerminal)
		return usageFailure(
			terminal,
			'numbers of 32 bits are nothing for a terminal to show',
			'add -o vectors.npy, or pipe it on',
		);
	// 1.
	const words = invocation.words.length === 0 && !terminal.stdin.isTerminal ? ['-'] : invocation.words;
	if (words.filter(word => word === '-').length > 1)
		return usageFailure(terminal, 'standard input can be read once', 'give - a single time');
	const {signal} = invocation;
	const texts = await readTexts({words, lines, terminal, signal});
	if (texts.every(({text}) => text.trim() === ''))
		return usageFailure(
			terminal,
			'there is no text',
			'give one, as in mofa embed "Where is the library?", or a file, or pipe one in',
		);
	await mustTakeFiles(output);
	// 2.
	const client = await invocation.client(daemon ? 'start' : 'in-process');
	const model = await taskModel(
		client,
		{task: 'embedding', ...options, does: 'turns text into vectors', next: 'mofa pull all-minilm'},
		invocation,
	);
	// 3.
	const sink = contentSink(output, terminal.stdout);
	const writer = vectorWriter(format, {model, texts, write: sink.write});
	const settings = {...(purpose === undefined ? {} : {purpose}), ...(dimensions === undefined ? {} : {dimensions})};
	const embedded = await embedTexts({
		client,
		model,
		texts,
		settings,
		terminal,
		signal,
		onVector: writer.vector,
	});
	await writer.end(embedded);
	await sink.close();
	return exitCodes.ok;
}
