import {graphLifecycle} from '../../backends/onnx/graph-lifecycle.ts';
import type {OnnxSession} from '../../backends/onnx/session.ts';
import {tellingWarnings} from '../../backends/onnx/telling-warnings.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import type {InstalledModel, Voice} from '../../contract/manifest.ts';
import type {RunContext} from '../../contract/task.ts';
import {speakInSentences, type SentenceSettings, type Speaker} from '../../tasks/speak-in-sentences.ts';
import type {SpeechRequest} from '../../tasks/speech.ts';
import {numbersOf, readableText, readCharacters, reads, type Characters} from './characters.ts';
import {readConfiguration, type SupertonicConfig} from './configuration.ts';
import {languageFor, languagesOf, type Languages} from './languages.ts';
import {normalize} from './normalize.ts';
import {mostSteps, type SupertonicOptions} from './options.ts';
import {readStyle, voicesOf, type Style} from './styles.ts';
import {openSynthesizer, type Synthesizer} from './synthesizer.ts';

/** Seconds of silence between two sentences, and characters said in one go: what the authors' own programs take. */
const pause = 0.3;
const longest = 300;
/** Korean and Japanese say more with each. */
const longestOf: Readonly<Record<string, number>> = {ko: 120, ja: 120};
/** Beyond these the words run together or fall apart, and the authors' package refuses. */
const speeds = {least: 0.7, most: 2} as const;

/** Opens the four graphs. Throws `model-invalid`, `load-failed`, `cancelled`. */
export async function load({
	model,
	options,
	session,
	device,
	progress,
}: LoadRequest<SupertonicOptions, OnnxSession>): Promise<Engine<'speech'>> {
	const config = await readConfiguration(model);
	const characters = await readCharacters(model);
	const reader: Reader = {
		model,
		voices: voicesOf(model),
		config,
		characters,
		languages: languagesOf(config, {readsTags: reads(characters, '</>')}),
		styles: new Map(),
		options,
		synthesizer: await openSynthesizer(model, session, config),
	};
	progress(1);
	return {
		tasks: {
			speech: tellingWarnings(session, (request, context) =>
				speakInSentences(speakerFor(request, context, reader))(request, context),
			),
		},
		...graphLifecycle(model, session, device, 1),
		facts: {steps: options.steps, sampleRate: config.sampleRate},
	};
}

interface Reader {
	readonly model: InstalledModel;
	readonly voices: readonly [Voice, ...Voice[]];
	readonly config: SupertonicConfig;
	readonly characters: Characters;
	readonly languages: Languages;
	/** By voice; read when first spoken. */
	readonly styles: Map<string, Style>;
	/** For requests that say nothing of them. */
	readonly options: SupertonicOptions;
	readonly synthesizer: Synthesizer;
}

/** One request: its language is that of all its sentences, and each sentence knows how many were before it. */
function speakerFor(request: SpeechRequest, {warn}: RunContext, reader: Reader): Speaker {
	const {characters, languages, voices} = reader;
	const tag = languageFor(languages, request.language, request.text, warn);
	const speed = speedFor(request.speed, warn);
	const noise = noiseFor(request, reader.options, warn);
	// The first model was trained without tags, and without some accents.
	const accented = languages.unsaid !== null;
	const numbers = (sentence: string): readonly number[] => {
		const spoken = normalize(sentence, {accented});
		return numbersOf(characters, tag === null ? spoken : `<${tag}>${spoken}</${tag}>`);
	};
	let said = 0;
	return {
		voices,
		anyLanguage: true,
		beginsWithNoise: true,
		longest: longestOf[tag ?? ''] ?? longest,
		readable(text, _voice, context) {
			const {text: left, lost} = readableText(characters, text, {accented});
			if (lost.length > 0)
				context.warn({setting: 'text', message: `left out what this model cannot say: ${shown(lost)}`});
			return left;
		},
		async say(sentence, {voice, signal}: SentenceSettings) {
			const style = await styleOf(voice.name, reader);
			const spoken = await reader.synthesizer.say({
				text: numbers(sentence),
				style,
				speed,
				sentence: said,
				noise,
				signal,
			});
			const {sampleRate} = reader.config;
			const samples = said === 0 ? spoken : behindSilence(spoken, Math.round(pause * sampleRate));
			said += 1;
			return {samples, sampleRate, channels: 1};
		},
	};
}

function speedFor(asked = 1, warn: RunContext['warn']): number {
	const speed = Math.max(speeds.least, Math.min(speeds.most, asked));
	if (speed !== asked)
		warn({setting: 'speed', message: `this model speaks at ${speeds.least} to ${speeds.most} times its own pace`});
	return speed;
}

function noiseFor(
	{steps, seed}: SpeechRequest,
	options: SupertonicOptions,
	warn: RunContext['warn'],
): SupertonicOptions {
	if (steps !== undefined && steps > mostSteps)
		warn({setting: 'steps', message: `this model takes ${mostSteps} steps at most`});
	return {steps: Math.min(steps ?? options.steps, mostSteps), seed: seed ?? options.seed};
}

const shown = (characters: readonly string[]): string =>
	`${characters.slice(0, 20).join(' ')}${characters.length > 20 ? ' …' : ''}`;

async function styleOf(voice: string, {model, styles, synthesizer}: Reader): Promise<Style> {
	const style = styles.get(voice) ?? (await readStyle(model, voice, synthesizer.styleShapes));
	styles.set(voice, style);
	return style;
}

function behindSilence(spoken: Float32Array, silent: number): Float32Array {
	const samples = new Float32Array(silent + spoken.length);
	samples.set(spoken, silent);
	return samples;
}
