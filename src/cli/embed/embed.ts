import type {Client} from '../../client/client.ts';
import {GatheredWarnings} from '../../client/gathered-warnings.ts';
import {MofaError} from '../../contract/error.ts';
import type {RequestOf} from '../../contract/task.ts';
import {Spinner} from '../spinner.ts';
import {tellWarning} from '../tell-warning.ts';
import type {Terminal} from '../terminal.ts';
import {namingTexts, typed} from './option-names.ts';
import type {NamedText} from './texts.ts';

export interface EmbedAsk {
	readonly client: Client;
	readonly model: string;
	readonly texts: readonly NamedText[];
	readonly settings: Omit<RequestOf<'embedding'>, 'inputs'>;
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
	/** Hears of each vector in the order of the texts, as soon as those before it are there. */
	readonly onVector: (vector: Float32Array, index: number) => Promise<void>;
}

/** What it took; times in milliseconds. */
export interface Embedded {
	readonly tokens: number;
	readonly computeMs: number;
}

/** Texts of one request: enough to be batched well, few enough that the first vectors are there soon. */
const atOnce = 256;

export async function embedTexts({texts, terminal, ...ask}: EmbedAsk): Promise<Embedded> {
	let tokens = 0;
	let computeMs = 0;
	const warnings = new GatheredWarnings();
	using spinner = new Spinner(terminal);
	spinner.show(`loading ${ask.model}`);
	for (let first = 0; first < texts.length; first += atOnce) {
		const part = texts.slice(first, first + atOnce);
		const vectors: Float32Array[] = [];
		const request = {...ask.settings, inputs: part.map(({text}) => text)};
		const run = {model: ask.model, task: 'embedding', request, signal: ask.signal} as const;
		let usage: Embedded | undefined;
		for await (const event of namingTexts(ask.client.run(run), part)) {
			if (event.type === 'load-end') spinner.show(`${ask.model} reads ${first} of ${texts.length}`);
			else if (event.type === 'warning') {
				const warning = warnings.hear(event.warning);
				spinner.stop();
				if (warning !== null) await tellWarning(terminal, warning, typed);
			} else if (event.type === 'vector') vectors[event.index] = event.vector;
			else if (event.type === 'embedding-end') usage = event.usage;
		}
		if (usage === undefined)
			throw ask.signal.aborted
				? new MofaError('cancelled', {})
				: new Error('the embedding ended without its closing event');
		if (terminal.stdout.isTerminal) spinner.stop();
		for (const [index, vector] of vectors.entries()) await ask.onVector(vector, first + index);
		tokens += usage.tokens;
		computeMs += usage.computeMs;
	}
	spinner.stop();
	for (const warning of warnings.counted(texts.length)) await tellWarning(terminal, warning, typed);
	return {tokens, computeMs};
}
