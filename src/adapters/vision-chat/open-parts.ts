import {modelFile} from '../../backends/onnx/model-files.ts';
import type {OnnxSession} from '../../backends/onnx/session.ts';
import {openPictures} from '../../backends/pictures/open-pictures.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {structuralTokens} from '../../tasks/chat/answer-formats.ts';
import type {ChatParts} from './chat.ts';
import {readChatTokenizer, type ChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import {CaptionPrompts} from './caption-prompts.ts';
import {CaptionWriter} from './caption-writer.ts';
import {Conversation, type Writer} from './conversation.ts';
import {joiningEmbedder, tableEmbedder, type Embedder} from './embedder.ts';
import {captionFamily, familyOf} from './families.ts';
import {MemoryDecoder} from '../../backends/onnx/memory-decoder.ts';
import {readProcessor} from './image-processor.ts';
import {PictureEncoder} from './picture-encoder.ts';
import {placeWords} from './place-words.ts';
import {PromptMaker} from './prompt.ts';
import {readSettings, type VisionSettings} from './settings.ts';

/** Reads the settings of a model and opens its graphs. Throws `model-invalid` where they are not of one model that sees. */
export async function openParts(
	model: InstalledModel,
	session: OnnxSession,
	progress: (fraction: number) => void,
): Promise<ChatParts> {
	const settings = await readSettings(model);
	const captions = settings.family === captionFamily;
	const tokenizer = await readChatTokenizer(model, captions ? placeTokens : structuralTokens);
	const prompts = captions
		? new CaptionPrompts(tokenizer)
		: new PromptMaker(model, settings, familyOf(settings.family), tokenizer);
	const encoder = await openEncoder(model, session, settings);
	progress(0.3);
	const conversation = captions ? await openCaptions(model, session) : await openConversation(model, session, settings);
	progress(1);
	return {
		name: model.manifest.name,
		settings,
		tokenizer,
		prompts,
		encoder,
		conversation,
		stops: stopsOf(settings, tokenizer),
		...(captions ? {wording: ({pictures: [picture]}) => placeWords(picture ?? {width: 0, height: 0})} : {}),
	};
}

/** Places in a picture, which are part of what Florence says. */
const placeTokens = Array.from({length: 1000}, (_, index) => `<loc_${index}>`);

async function openEncoder(
	model: InstalledModel,
	session: OnnxSession,
	settings: VisionSettings,
): Promise<PictureEncoder> {
	const library = await session.transformers();
	const processor = await readProcessor(model, library, settings);
	const pictures = await openPictures();
	const graph = await session.open(modelFile(model, 'weights-vision_encoder'));
	return new PictureEncoder({model, graph, module: session.module, pictures, library, processor});
}

async function openConversation(
	model: InstalledModel,
	session: OnnxSession,
	settings: VisionSettings,
): Promise<Writer> {
	const embedder = await openEmbedder(model, session, settings);
	const graph = await session.open(modelFile(model, 'weights-decoder_model_merged', 'weights-model'));
	const decoder = new MemoryDecoder(model, graph, session.module);
	return new Conversation(decoder, embedder, familyOf(settings.family), settings);
}

async function openCaptions(model: InstalledModel, session: OnnxSession): Promise<Writer> {
	const words = await session.open(modelFile(model, 'weights-embed_tokens'));
	const encoder = await session.open(modelFile(model, 'weights-encoder_model'));
	const decoder = await session.open(modelFile(model, 'weights-decoder_model_merged'));
	return new CaptionWriter(model, {words, encoder, decoder}, session.module);
}

async function openEmbedder(model: InstalledModel, session: OnnxSession, {width}: VisionSettings): Promise<Embedder> {
	const joining = model.paths['weights-prepare_inputs_embeds'];
	if (joining !== undefined) return joiningEmbedder(model, await session.open(joining), session.module, width);
	return tableEmbedder(model, await session.open(modelFile(model, 'weights-embed_tokens')), session.module);
}

/** Tokens that end a turn in one family or another; some configurations name only one of theirs. */
const turnEnds = [
	'<|im_end|>',
	'<end_of_utterance>',
	'<end_of_turn>',
	'<turn|>',
	'<|eot_id|>',
	'<|end|>',
	'<|endoftext|>',
];

function stopsOf({stops, eos}: VisionSettings, tokenizer: ChatTokenizer): ReadonlySet<number> {
	const named = [eos, ...turnEnds].filter(name => tokenizer.control.includes(name));
	return new Set([...stops, ...named.flatMap(name => tokenizer.idOf(name) ?? [])]);
}
