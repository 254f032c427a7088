import type {Handler, RunContext} from '../../contract/task.ts';
import {heardSound} from '../../tasks/heard-sound.ts';
import type {TranscribedSegment, TranscriptionEvent, TranscriptionRequest} from '../../tasks/transcription.ts';
import {WordCutter, type Word} from './word-cutter.ts';

/** What tells one word from another. */
export interface Speller {
	/** Hertz it listens at. */
	readonly sampleRate: number;
	/** Samples it looks at, with the word in the middle. */
	readonly clipSamples: number;
	/** Below this probability a sound is taken for no word. */
	readonly confidence: number;
	readonly spell: (
		clip: Float32Array,
		signal: AbortSignal,
	) => Promise<{readonly text: string; readonly probability: number}>;
}

/** One segment for each word, as soon as it is said and a little silence after it. */
export function transcribeWords(speller: Speller): Handler<'transcription'> {
	const {sampleRate, clipSamples} = speller;
	return async function* (request, context): AsyncGenerator<TranscriptionEvent> {
		warnOfSettings(request, context);
		const {signal} = context;
		const tally = {audioSeconds: 0, computeMs: 0};
		const cutter = new WordCutter(sampleRate, clipSamples);
		const heard = async (word: Word): Promise<TranscriptionEvent | undefined> => {
			const started = performance.now();
			const segment = await segmentOf(word, speller, request, context);
			tally.computeMs += performance.now() - started;
			return segment === undefined ? undefined : {type: 'segment-final', segment};
		};
		for await (const sound of heardSound(request.audio, {sampleRate, signal, tally}))
			for (const word of cutter.push(sound)) {
				const event = await heard(word);
				if (event !== undefined) yield event;
			}
		for (const word of cutter.end()) {
			const event = await heard(word);
			if (event !== undefined) yield event;
		}
		yield {type: 'transcription-end', usage: {...tally}};
	};
}

async function segmentOf(
	{start, end, clip}: Word,
	{confidence, spell}: Speller,
	{words}: TranscriptionRequest,
	{signal, warn}: RunContext,
): Promise<TranscribedSegment | undefined> {
	if (clip === null) {
		const message = `this model hears single words with pauses between them: left out ${start.toFixed(1)} s to ${end.toFixed(1)} s`;
		warn({setting: 'audio', message});
		return undefined;
	}
	const {text, probability} = await spell(clip, signal);
	if (!(probability >= confidence)) return undefined;
	const averageLogProbability = Math.log(probability);
	return {text, start, end, averageLogProbability, ...(words === true ? {words: [{text, start, end}]} : {})};
}

function warnOfSettings({language, prompt, temperature}: TranscriptionRequest, {warn}: RunContext): void {
	if (language !== undefined && !/^en(-|$)/i.test(language))
		warn({setting: 'language', message: 'this model knows English words only'});
	if (prompt !== undefined && prompt !== '') warn({setting: 'prompt', message: 'this model takes no hints'});
	if (temperature !== undefined && temperature > 0)
		warn({setting: 'temperature', message: 'this model always takes the likeliest word'});
}
