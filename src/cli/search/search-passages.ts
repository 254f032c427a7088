import path from 'node:path';
import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import {shortHash} from '../../lib/short-hash.ts';
import {searchFolder, type FolderAnswer, type SearchProgress} from '../../passages/search-folder.ts';
import {currentPaths} from '../../settings/paths.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, textOf, type Invocation, type Options} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {Spinner} from '../spinner.ts';
import {taskModel} from '../task-model.ts';
import {tellWarning} from '../tell-warning.ts';
import {writeLine} from '../terminal.ts';
import type {TypedNames} from '../typed-words.ts';
import {writeJson} from '../write-json.ts';
import type {FolderQuestion} from './question.ts';
import {passagesText} from './write-passages.ts';

/** 1. which models, 2. what is found, 3. tell it. */
export async function searchPassages({folder, question}: FolderQuestion, invocation: Invocation): Promise<number> {
	const {options, terminal} = invocation;
	const count = readCount(options);
	// 1.
	const client = await invocation.client(isOn(options, 'daemon') ? 'start' : 'in-process');
	const model = await taskModel(
		client,
		{
			task: 'embedding',
			model: named(options, 'model'),
			yes: isOn(options, 'yes'),
			does: 'turns text into vectors',
			next: 'mofa pull all-minilm',
		},
		invocation,
	);
	const ranker = isOn(options, 'rerank') ? await rankerFor(client, model, invocation) : null;
	// 2.
	const answer = await found({folder, question, count, model, ranker}, client, invocation);
	// 3.
	if (isOn(options, 'json')) await writeJson(terminal.stdout, {folder: path.resolve(folder), model, ranker, ...answer});
	else if (answer.passages.length > 0) await terminal.stdout.write(passagesText(answer, folder, terminal.stdout));
	else await writeLine(terminal.stderr, `no text is in ${folder}`);
	return exitCodes.ok;
}

interface Search extends FolderQuestion {
	readonly count: number;
	readonly model: string;
	readonly ranker: string | null;
}

async function found(search: Search, client: Client, {options, terminal, signal}: Invocation): Promise<FolderAnswer> {
	using spinner = new Spinner(terminal);
	spinner.show(`reading ${search.folder}`);
	const folder = path.resolve(search.folder);
	return await searchFolder({
		...search,
		client,
		folder,
		indexFile: path.join(currentPaths().state, 'search', `${shortHash(`${folder}\n${search.model}`)}.index`),
		rebuild: isOn(options, 'rebuild'),
		signal,
		tell: progress => spinner.show(progressText(progress, search)),
		warn(warning) {
			spinner.stop();
			void tellWarning(terminal, warning, typed);
		},
	});
}

/** The fields of the requests, as they are known to who searches. */
const typed: TypedNames = {inputs: 'the passages', documents: 'the passages', query: 'the question'};

/** The one named; else the default one, where there is any: without it the order is that of the vectors and the words. */
async function rankerFor(client: Client, embedder: string, invocation: Invocation): Promise<string | null> {
	const {options} = invocation;
	const wanted = named(options, 'reranker');
	if (wanted === null) return defaultRanker(client, embedder);
	const ask = {task: 'reranking', model: wanted, yes: isOn(options, 'yes'), does: 'ranks texts'} as const;
	return taskModel(client, {...ask, next: 'mofa pull bge-reranker'}, invocation);
}

/** The built-in one orders what the built-in finder finds; what a real model finds it would only spoil. */
async function defaultRanker(client: Client, embedder: string): Promise<string | null> {
	try {
		const {model, toy} = await client.defaultModel('reranking');
		return toy && (await client.model(embedder)).source !== 'starter' ? null : model;
	} catch (error) {
		if (MofaError.is(error, 'task-unsupported')) return null;
		throw error;
	}
}

function named(options: Options, option: string): string | null {
	const name = textOf(options, option);
	return name === undefined ? null : resolveModelName(name);
}

function readCount(options: Options): number {
	const text = textOf(options, 'limit') ?? '5';
	const count = Number(text);
	if (Number.isInteger(count) && count >= 1 && count <= 100) return count;
	throw new MofaError('invalid-request', {path: '--limit', expected: `a number from 1 to 100, not "${text}"`});
}

function progressText(progress: SearchProgress, {folder, model, ranker}: Search): string {
	if (progress.type === 'passages-embedded') return `${model} read ${progress.count} of ${progress.total} passages`;
	if (progress.type === 'passages-ranked') return `${ranker} reads ${progress.count} passages`;
	return `${progress.changed} of ${progress.files} files in ${folder} are new`;
}
