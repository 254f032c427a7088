import type {Tensor} from 'onnxruntime-node';
import type {LogMel} from '../../backends/onnx/log-mel.ts';
import type {OnnxGraph} from '../../backends/onnx/session.ts';
import {MofaError} from '../../contract/error.ts';
import type {RunContext} from '../../contract/task.ts';
import type {Heard, HearOptions, Recognizer} from '../../tasks/transcribing/recognizer.ts';
import type {TranscribedSegment, TranscriptionRequest} from '../../tasks/transcription.ts';
import type {WhisperConfiguration} from './configuration.ts';
import type {MergedDecoder} from '../../backends/onnx/merged-decoder.ts';
import {bestOf, isNoSpeech, temperatures, wentWrong} from './fallback.ts';
import {chosenLanguage, likeliestLanguage, type DetectedLanguage} from './language.ts';
import {cutAtTimes, type TokenSegment} from './segments.ts';
import {wordTimes} from './word-times.ts';
import {writeText, type WrittenText} from './write-text.ts';

/** The parts of a loaded Whisper. */
export interface WhisperParts {
	readonly encoder: OnnxGraph;
	readonly decoder: MergedDecoder;
	readonly mel: LogMel;
	readonly configuration: WhisperConfiguration;
}

/** A Whisper that serves one request: it keeps the language once it is sure of it. */
export class WhisperRecognizer implements Recognizer {
	readonly sampleRate: number;
	readonly windowSeconds: number;
	readonly seeks: boolean;
	readonly least = 0.2;
	readonly #parts: WhisperParts;
	readonly #request: TranscriptionRequest;
	readonly #translate: boolean;
	readonly #words: boolean;
	readonly #prompt: readonly number[];
	#language: {readonly language: string; readonly probability?: number} | null;

	/** Throws `invalid-request` for a language that the model does not know; warns of what it cannot do. */
	constructor(parts: WhisperParts, request: TranscriptionRequest, context: RunContext) {
		const {configuration, decoder} = parts;
		const {tokens} = configuration;
		this.#parts = parts;
		this.#request = request;
		this.sampleRate = configuration.mel.sampleRate;
		this.windowSeconds = configuration.windowSeconds;
		this.seeks = tokens.firstTime !== null;
		const language = chosenLanguage(request.language, tokens, context);
		this.#language = language === null ? null : {language};
		this.#translate = request.translate === true && tokens.translate !== null;
		if (request.translate === true && tokens.translate === null)
			context.warn({setting: 'translate', message: 'this model writes down what is said, and does not translate'});
		this.#words = request.words === true && decoder.attentions.length > 0;
		if (request.words === true && !this.#words)
			context.warn({
				setting: 'words',
				message: 'this build of the model does not tell where it looks; a build called "timestamped" does',
			});
		this.#prompt = promptTokens(request.prompt, configuration);
	}

	async hear(sound: Float32Array, {signal, draft}: HearOptions): Promise<Heard> {
		const {configuration} = this.#parts;
		const seconds = sound.length / this.sampleRate;
		const hidden = await this.#encode(sound, signal);
		const language = this.#language ?? (await this.#detect(hidden, signal));
		if (!draft) this.#language = language;
		const prefix = this.#prefix(language?.language);
		const text = await this.#write(hidden, prefix, draft, signal);
		const told = language === null ? {} : {language};
		if (text === null) return {segments: [], settled: seconds, ...told};
		const frames = Math.ceil(seconds / configuration.frameSeconds);
		const {segments, settled} = cutAtTimes(text.tokens, configuration.tokens.firstTime, frames);
		const timed = this.#words && !draft ? await this.#timed(segments, hidden, prefix, frames, signal) : [];
		return {
			segments: segments.flatMap((segment, index) => this.#told(segment, text, seconds, timed[index])),
			settled: Math.min(seconds, settled * configuration.frameSeconds),
			...told,
		};
	}

	async #encode(sound: Float32Array, signal: AbortSignal): Promise<Tensor> {
		const {encoder, mel} = this.#parts;
		if (signal.aborted) throw new MofaError('cancelled', {});
		const hidden = (await encoder.run({input_features: await mel.picture(sound)}))['last_hidden_state'];
		if (hidden === undefined) throw new MofaError('model-invalid', {model: encoder.file, problem: 'it is no encoder'});
		return hidden;
	}

	async #detect(hidden: Tensor, signal: AbortSignal): Promise<DetectedLanguage | null> {
		const {decoder, configuration} = this.#parts;
		const {tokens} = configuration;
		const [first, second] = tokens.languages.keys();
		if (first === undefined) return null;
		if (second === undefined) return {language: first, probability: 1};
		const {logits} = await decoder.begin([tokens.start], hidden, signal);
		return likeliestLanguage(logits.row(0), tokens);
	}

	#prefix(language: string | undefined): readonly number[] {
		const {tokens} = this.#parts.configuration;
		const spoken = language === undefined ? undefined : tokens.languages.get(language);
		const task = this.#translate ? tokens.translate : tokens.transcribe;
		return [
			...this.#prompt,
			tokens.start,
			...(spoken === undefined ? [] : [spoken]),
			...(spoken === undefined || task === null ? [] : [task]),
			...(this.seeks || tokens.noTimes === null ? [] : [tokens.noTimes]),
		];
	}

	/** Null where nobody speaks. A draft is written once: it will be written again. */
	async #write(
		hidden: Tensor,
		prefix: readonly number[],
		draft: boolean,
		signal: AbortSignal,
	): Promise<WrittenText | null> {
		const {decoder, configuration} = this.#parts;
		const texts: WrittenText[] = [];
		const tries = temperatures(this.#request.temperature).slice(0, draft ? 1 : undefined);
		for (const temperature of tries) {
			const text = await writeText(decoder, configuration, hidden, {prefix, times: this.seeks, temperature, signal});
			if (isNoSpeech(text)) return null;
			texts.push(text);
			if (texts.length === tries.length || !wentWrong(text)) break;
		}
		return bestOf(texts) ?? null;
	}

	#timed(
		segments: readonly TokenSegment[],
		hidden: Tensor,
		prefix: readonly number[],
		frames: number,
		signal: AbortSignal,
	): ReturnType<typeof wordTimes> {
		return wordTimes(this.#parts, {segments, hidden, prefix: prefix.slice(this.#prompt.length), frames, signal});
	}

	#told(
		{start, end, tokens}: TokenSegment,
		text: WrittenText,
		seconds: number,
		words: TranscribedSegment['words'],
	): readonly TranscribedSegment[] {
		const {tokenizer, frameSeconds} = this.#parts.configuration;
		const said = tokenizer.decode(tokens).trim();
		// A time behind the end of the sound tells of the silence that fills the window: nobody said that.
		if (said === '' || start * frameSeconds >= seconds) return [];
		return [
			{
				text: said,
				start: Math.min(seconds, start * frameSeconds),
				end: Math.min(seconds, end * frameSeconds),
				...(words === undefined ? {} : {words}),
				...(text.noSpeechProbability === null ? {} : {noSpeechProbability: text.noSpeechProbability}),
				averageLogProbability: text.averageLogProbability,
			},
		];
	}
}

/** The end of the prompt, as much as leaves half of the places for what is said. */
function promptTokens(
	prompt: string | undefined,
	{tokens, tokenizer, positions}: WhisperConfiguration,
): readonly number[] {
	const text = prompt?.trim() ?? '';
	if (text === '' || tokens.previous === null) return [];
	const most = Math.floor(positions / 2) - 1;
	return [tokens.previous, ...tokenizer.encode(` ${text}`).slice(-most)];
}
