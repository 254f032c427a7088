import {readTexts} from '../embed/texts.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {readRerankOptions} from '../rerank/options.ts';
import {rankTexts} from '../rerank/rerank.ts';
import {writeRanks} from '../rerank/write.ts';
import {usageFailure} from '../report-failure.ts';
import {taskModel} from '../task-model.ts';

/** 1. the question and which texts, 2. which model, 3. a score for each. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal, signal} = invocation;
	const options = readRerankOptions(invocation.options);
	// 1.
	const [query = '', ...given] = invocation.words;
	if (query.trim() === '') return usageFailure(terminal, 'there is no question', example);
	const words = given.length === 0 && !terminal.stdin.isTerminal ? ['-'] : given;
	if (words.filter(word => word === '-').length > 1)
		return usageFailure(terminal, 'standard input can be read once', 'give - a single time');
	const texts = await readTexts({words, lines: options.lines || 'piped', terminal, signal});
	if (texts.every(({text}) => text.trim() === ''))
		return usageFailure(terminal, 'there are no texts to put in order', example);
	// 2.
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const model = await taskModel(
		client,
		{task: 'reranking', ...options, does: 'ranks texts', next: 'mofa pull bge-reranker'},
		invocation,
	);
	// 3.
	const ranked = await rankTexts({client, model, query, texts, raw: options.raw, terminal, signal});
	const results = ranked.results.slice(0, options.top ?? undefined);
	await writeRanks(options.format, {...ranked, results, model, query, texts}, terminal.stdout);
	return exitCodes.ok;
}

const example = 'give a question and files, as in mofa rerank "How do I begin?" notes/*.md, or pipe lines in';
