import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import {readChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import {checkGraph} from '../../backends/onnx/check-graph.ts';
import {graphLifecycle} from '../../backends/onnx/graph-lifecycle.ts';
import {MemoryDecoder} from '../../backends/onnx/memory-decoder.ts';
import {invalidModel, modelFile} from '../../backends/onnx/model-files.ts';
import type {OnnxSession} from '../../backends/onnx/session.ts';
import {tellingWarnings} from '../../backends/onnx/telling-warnings.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {transcribe} from '../../tasks/transcribing/transcribe.ts';
import {graniteEars, whisperEars, type Ears} from './ears.ts';
import {GranitePrompts} from './granite-prompts.ts';
import type {Instructions, Prompts} from './prompts.ts';
import {SpeechLanguageRecognizer, type SpeechLanguageParts} from './recognizer.ts';
import {readSettings, type SpeechSettings} from './settings.ts';
import {VoxtralPrompts} from './voxtral-prompts.ts';

/** Opens the three graphs and what makes sound ready for them. Throws `model-invalid`, `load-failed`, `cancelled`. */
export async function load({
	model,
	options,
	session,
	device,
	progress,
}: LoadRequest<Instructions, OnnxSession>): Promise<Engine<'transcription'>> {
	const settings = await readSettings(model);
	const {ears, prompts, stops} = await openFamily(model, session, settings, options);
	progress(0.1);
	const encoder = await session.open(modelFile(model, 'weights-audio_encoder'));
	progress(0.3);
	const words = await session.open(modelFile(model, 'weights-embed_tokens'));
	const decoder = await session.open(modelFile(model, 'weights-decoder_model_merged'));
	checkParts({model, module: session.module, ears, encoder, words, decoder});
	progress(1);
	const {tokenizer} = prompts;
	const {contextLength} = settings;
	const parts = {model, module: session.module, ears, encoder, words, decoder, tokenizer, stops, contextLength};
	return {
		tasks: {transcription: tellingWarnings(session, handler(parts, prompts))},
		// One computes at a time, and each has a memory of its own.
		...graphLifecycle(model, session, device, 2),
		facts: {windowSeconds: ears.windowSeconds, contextLength},
	};
}

interface Family {
	readonly ears: Ears;
	readonly prompts: Prompts;
	readonly stops: ReadonlySet<number>;
}

async function openFamily(
	model: InstalledModel,
	session: OnnxSession,
	settings: SpeechSettings,
	instructions: Instructions,
): Promise<Family> {
	const tokenizer = await readChatTokenizer(model, []);
	const isVoxtral = settings.family === 'voxtral';
	const ears = isVoxtral
		? await whisperEars(model, settings, session)
		: graniteEars(model, settings, await session.transformers());
	const prompts = isVoxtral
		? new VoxtralPrompts(model, tokenizer)
		: new GranitePrompts(model, settings, tokenizer, instructions);
	const end = tokenizer.control.includes(settings.eos) ? tokenizer.idOf(settings.eos) : undefined;
	const stops = new Set(end === undefined ? settings.stops : [...settings.stops, end]);
	if (stops.size === 0) throw invalidModel(model, 'nothing says which token ends its text');
	return {ears, prompts, stops};
}

/** Better while loading than in the first answer. */
function checkParts({
	model,
	module,
	ears,
	encoder,
	words,
	decoder,
}: Omit<SpeechLanguageParts, 'tokenizer' | 'stops' | 'contextLength'>): void {
	const type = encoder.inputs[0]?.type === 'float16' ? 'float16' : 'float32';
	checkGraph(encoder, {inputs: {[ears.input]: type}, outputs: ['audio_features']});
	checkGraph(words, {inputs: {input_ids: 'int64'}, outputs: ['inputs_embeds']});
	void new MemoryDecoder(model, decoder, module);
}

function handler(parts: SpeechLanguageParts, prompts: Prompts): Engine<'transcription'>['tasks']['transcription'] {
	return (request, context) =>
		transcribe(
			new SpeechLanguageRecognizer(parts, prompts.make(request, context), request.temperature ?? 0),
			request,
			context.signal,
		);
}
