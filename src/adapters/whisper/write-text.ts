import type {Tensor} from 'onnxruntime-node';
import {compressionRatio, loopAtEnd} from '../../tasks/transcribing/repetition.ts';
import type {WhisperConfiguration} from './configuration.ts';
import type {MergedDecoder} from '../../backends/onnx/merged-decoder.ts';
import {chance, pickToken, probabilityOf} from '../../lib/pick-token.ts';
import {applyRules} from './token-rules.ts';

export interface WrittenText {
	/** After the prefix, without the token that ends it. */
	readonly tokens: readonly number[];
	/** Of each token and of the end, by mean. */
	readonly averageLogProbability: number;
	/** How well the text packs: repetition packs well. Only who doubts the text needs to know. */
	readonly compressionRatio: () => number;
	/** Null where the model cannot tell. */
	readonly noSpeechProbability: number | null;
	/** It began to say the same again and again, and was stopped. */
	readonly looped: boolean;
}

export interface WriteOptions {
	readonly prefix: readonly number[];
	/** With the times of segments between the text. */
	readonly times: boolean;
	readonly temperature: number;
	/** At most, for callers that know how much can be said; the model's own limit holds as well. */
	readonly most?: number;
	/** Stop a text that goes in circles. */
	readonly watchLoops?: boolean;
	readonly signal: AbortSignal;
}

/** Tokens between two looks at whether the text goes in circles. */
const lookEvery = 8;

/** One text for one window, token by token: the likeliest each time, or with a temperature one by chance. */
export async function writeText(
	decoder: MergedDecoder,
	configuration: WhisperConfiguration,
	hidden: Tensor,
	{prefix, times, temperature, most = Infinity, watchLoops = true, signal}: WriteOptions,
): Promise<WrittenText> {
	const {tokens: special, tokenizer, positions} = configuration;
	const random = chance(1 + Math.round(temperature * 1000));
	const tokens: number[] = [];
	let sum = 0;
	let looped = false;
	let state = await decoder.begin(prefix, hidden, signal);
	const noSpeech = noSpeechProbability(state.logits.row(startOf(prefix, special.start)), special.noSpeech);
	for (;;) {
		const logits = state.logits.row(state.logits.rows - 1);
		applyRules(logits, tokens, times, configuration);
		const {token, logProbability} = pickToken(logits, temperature, random);
		sum += logProbability;
		if (token === special.end) break;
		tokens.push(token);
		if (tokens.length >= Math.min(most, positions - prefix.length)) break;
		if (watchLoops && tokens.length % lookEvery === 0) {
			const kept = withoutLoop(tokens, special.firstTime);
			looped = kept !== null;
			if (kept !== null) tokens.length = kept;
			if (looped) break;
		}
		state = await decoder.next(state, token, signal);
	}
	return {
		tokens,
		averageLogProbability: sum / (tokens.length + 1),
		compressionRatio: () => compressionRatio(tokenizer.decode(tokens.filter(token => token < special.end))),
		noSpeechProbability: noSpeech,
		looped,
	};
}

const startOf = (prefix: readonly number[], start: number): number => Math.max(0, prefix.lastIndexOf(start));

function noSpeechProbability(logits: Float32Array, token: number | null): number | null {
	return token === null || token >= logits.length ? null : probabilityOf(logits, token);
}

/** How many tokens to keep; times are no part of what repeats. */
function withoutLoop(tokens: readonly number[], firstTime: number | null): number | null {
	if (firstTime === null) return loopAtEnd(tokens);
	const places = tokens.flatMap((token, index) => (token < firstTime ? [index] : []));
	const kept = loopAtEnd(places.map(index => tokens[index] ?? 0));
	return kept === null ? null : (places[kept - 1] ?? 0) + 1;
}
