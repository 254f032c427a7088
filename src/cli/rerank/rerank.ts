import type {Client} from '../../client/client.ts';
import {GatheredWarnings} from '../../client/gathered-warnings.ts';
import {MofaError} from '../../contract/error.ts';
import type {RequestOf} from '../../contract/task.ts';
import type {NamedText} from '../embed/texts.ts';
import {Spinner} from '../spinner.ts';
import {tellWarning} from '../tell-warning.ts';
import type {Terminal} from '../terminal.ts';
import {inTypedWords, type TypedNames} from '../typed-words.ts';

export interface RerankAsk {
	readonly client: Client;
	readonly model: string;
	readonly query: string;
	readonly texts: readonly NamedText[];
	readonly raw: boolean;
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
}

export interface Ranked {
	/** The best first; of equal ones that which came first. `index` is that of the text. */
	readonly results: ReadonlyArray<{readonly index: number; readonly score: number}>;
	readonly tokens: number;
	/** Milliseconds of computing. */
	readonly computeMs: number;
}

/** The fields of a request, as they are typed. */
const typed: TypedNames = {query: 'the question', documents: 'the texts', raw: '--raw'};

/** Texts of one request, and characters in them: enough to be batched well, few enough that it is seen to go on. */
const atOnce = {texts: 256, characters: 4_000_000};

export async function rankTexts({texts, terminal, ...ask}: RerankAsk): Promise<Ranked> {
	const results: Array<{readonly index: number; readonly score: number}> = [];
	let tokens = 0;
	let computeMs = 0;
	const warnings = new GatheredWarnings();
	using spinner = new Spinner(terminal);
	spinner.show(`loading ${ask.model}`);
	let first = 0;
	for (const part of partsOf(texts)) {
		const request: RequestOf<'reranking'> = {
			query: ask.query,
			documents: part.map(({text}) => text),
			...(ask.raw ? {raw: true} : {}),
		};
		let isOver = false;
		const run = {model: ask.model, task: 'reranking', request, signal: ask.signal} as const;
		for await (const event of named(ask.client.run(run), part)) {
			if (event.type === 'load-end') spinner.show(`${ask.model} reads ${first} of ${texts.length}`);
			else if (event.type === 'warning') {
				const warning = warnings.hear(event.warning);
				spinner.stop();
				if (warning !== null) await tellWarning(terminal, warning, typed);
			} else if (event.type === 'score') results.push({index: first + event.index, score: event.score});
			else if (event.type === 'reranking-end') {
				isOver = true;
				tokens += event.usage.tokens;
				computeMs += event.usage.computeMs;
			}
		}
		if (!isOver)
			throw ask.signal.aborted
				? new MofaError('cancelled', {})
				: new Error('the reranking ended without its closing event');
		first += part.length;
	}
	spinner.stop();
	for (const warning of warnings.counted(texts.length)) await tellWarning(terminal, warning, typed);
	return {results: results.toSorted((a, b) => b.score - a.score || a.index - b.index), tokens, computeMs};
}

function partsOf(texts: readonly NamedText[]): ReadonlyArray<readonly NamedText[]> {
	const parts: NamedText[][] = [];
	let characters = Infinity;
	for (const item of texts) {
		const last = parts.at(-1);
		if (last === undefined || last.length >= atOnce.texts || characters + item.text.length > atOnce.characters) {
			parts.push([item]);
			characters = item.text.length;
		} else {
			last.push(item);
			characters += item.text.length;
		}
	}
	return parts;
}

/** A person knows a text by its file and not by its number in a request. */
async function* named<T>(events: AsyncIterable<T>, part: readonly NamedText[]): AsyncGenerator<T> {
	try {
		yield* events;
	} catch (error) {
		const index = MofaError.is(error, 'invalid-request') ? /^documents\.(\d+)$/.exec(error.data.path)?.[1] : undefined;
		const input = index === undefined ? undefined : part[Number(index)]?.input;
		if (input === undefined || !MofaError.is(error, 'invalid-request')) throw inTypedWords(error, typed);
		throw new MofaError('invalid-request', {path: input.slice(0, 100), expected: error.data.expected}, {cause: error});
	}
}
