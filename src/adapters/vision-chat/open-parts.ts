import {modelFile} from '../../backends/onnx/model-files.ts';
import type {OnnxSession} from '../../backends/onnx/session.ts';
import {openPictures} from '../../backends/pictures/open-pictures.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {structuralTokens} from '../../tasks/chat/answer-formats.ts';
import type {ChatParts} from './chat.ts';
import {readChatTokenizer, type ChatTokenizer} from './chat-tokenizer.ts';
import {Conversation} from './conversation.ts';
import {joiningEmbedder, tableEmbedder, type Embedder} from './embedder.ts';
import {familyOf} from './families.ts';
import {MemoryDecoder} from './memory-decoder.ts';
import {readProcessor} from './image-processor.ts';
import {PictureEncoder} from './picture-encoder.ts';
import {PromptMaker} from './prompt.ts';
import {readSettings, type VisionSettings} from './settings.ts';

/** Reads the settings of a model and opens its graphs. Throws `model-invalid` where they are not of one model that sees. */
export async function openParts(
	model: InstalledModel,
	session: OnnxSession,
	progress: (fraction: number) => void,
): Promise<ChatParts> {
	const settings = await readSettings(model);
	const family = familyOf(settings.family);
	const tokenizer = await readChatTokenizer(model, structuralTokens);
	const prompts = new PromptMaker(model, settings, family, tokenizer);
	const library = await session.transformers();
	const processor = await readProcessor(model, library);
	const pictures = await openPictures();
	progress(0.1);
	const vision = await session.open(modelFile(model, 'weights-vision_encoder'));
	progress(0.3);
	const embedder = await openEmbedder(model, session, settings);
	progress(0.4);
	const graph = await session.open(modelFile(model, 'weights-decoder_model_merged', 'weights-model'));
	progress(1);
	const decoder = new MemoryDecoder(model, graph, session.module);
	return {
		name: model.manifest.name,
		settings,
		tokenizer,
		prompts,
		encoder: new PictureEncoder({model, graph: vision, module: session.module, pictures, library, processor}),
		conversation: new Conversation(decoder, embedder, family, settings),
		stops: stopsOf(settings, tokenizer),
	};
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
