import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {RunContext} from '../../contract/task.ts';
import type {ChatMessage, ChatRequest, ContentPart} from '../../tasks/chat.ts';
import {controlPattern, fenceMessages, splitFenced} from '../../tasks/chat/control-text.ts';
import {compileTemplate, type ChatTemplate} from '../../tasks/chat/template.ts';
import type {ChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import {alone, type VisionFamily} from './families.ts';
import type {SeenPicture} from './picture-encoder.ts';
import type {PlacedGrid} from './positions.ts';
import type {VisionSettings} from './settings.ts';

/** One row of a picture's features, in the place of a token. */
export interface PictureRow {
	readonly picture: SeenPicture;
	readonly row: number;
}

export interface Prompt {
	readonly text: string;
	readonly tokens: readonly number[];
	/** For each token the row that stands there; undefined for a word. */
	readonly rows: ReadonlyArray<PictureRow | undefined>;
	readonly placed: readonly PlacedGrid[];
	/** Of the conversation, in its order. */
	readonly pictures: readonly SeenPicture[];
	/** What the model has written of its own accord before the answer; absent: it goes on from `tokens`. */
	readonly written?: readonly number[];
}

type Asked = Pick<ChatRequest, 'messages' | 'tools' | 'toolChoice' | 'think'>;

/** How a model is asked. */
export interface Prompts {
	readonly template: Pick<ChatTemplate, 'thinks' | 'tools'>;
	/** `pictures` in the order of the conversation. Throws `invalid-request` for a conversation that the model cannot have. */
	make(request: Asked, pictures: readonly SeenPicture[], context: Pick<RunContext, 'warn'>): Prompt;
}

/** Names that vocabularies have for the token of pictures, where no configuration says its number. */
const usualTokens = ['<image>', '<|image|>', '<|image_pad|>', '[IMG]'];

const anyPicture: ContentPart = {type: 'image', image: {bytes: new Uint8Array(), mediaType: 'image/png'}};

/** Turns a conversation into what a model reads: its template, with each picture as the words and rows that stand for it. */
export class PromptMaker implements Prompts {
	readonly template: ChatTemplate;
	readonly #model: InstalledModel;
	readonly #settings: VisionSettings;
	readonly #family: VisionFamily;
	readonly #tokenizer: ChatTokenizer;
	readonly #image: {readonly id: number; readonly text: string};
	readonly #mark: RegExp;
	readonly #control: RegExp;
	/** Whether the template itself says where a picture stands. */
	readonly #tells: boolean;

	/** Throws `model-invalid` where the files do not say how the model is talked to. */
	constructor(model: InstalledModel, settings: VisionSettings, family: VisionFamily, tokenizer: ChatTokenizer) {
		this.#model = model;
		this.#settings = settings;
		this.#family = family;
		this.#tokenizer = tokenizer;
		const source = settings.template ?? family.template;
		if (source === undefined) throw invalidModel(model, 'it has no chat template');
		this.template = compileTemplate(source, settings, model.manifest.name);
		this.#image = this.#imageToken();
		this.#mark = family.mark ?? new RegExp(escaped(this.#image.text), 'g');
		const control = controlPattern(tokenizer.control)?.source;
		this.#control = new RegExp(control === undefined ? this.#mark.source : `${this.#mark.source}|${control}`, 'g');
		this.#tells = this.#marksIn([{role: 'user', content: [anyPicture, {type: 'text', text: 'a'}]}]) === 1;
	}

	make(request: Asked, pictures: readonly SeenPicture[]): Prompt {
		const fenced = fenceMessages(request.messages, this.#control, this.#mark);
		const text = this.template.render({...request, messages: this.#tells ? fenced : this.#written(fenced)});
		return {text, pictures, ...this.#placed(this.#tokens(text, pictures), pictures)};
	}

	#imageToken(): {readonly id: number; readonly text: string} {
		const {imageToken} = this.#settings;
		const text = imageToken === undefined ? undefined : this.#tokenizer.nameOf(imageToken);
		if (imageToken !== undefined && text !== undefined) return {id: imageToken, text};
		for (const name of usualTokens) {
			const id = this.#tokenizer.idOf(name);
			if (id !== undefined && this.#tokenizer.control.includes(name)) return {id, text: name};
		}
		throw invalidModel(this.#model, 'its vocabulary has no token for pictures');
	}

	#marksIn(messages: readonly ChatMessage[]): number {
		try {
			return [...this.template.render({messages}).matchAll(this.#mark)].length;
		} catch {
			return 0;
		}
	}

	/** For templates that know text only: what stands for a picture is written before it. */
	#written(messages: readonly ChatMessage[]): readonly ChatMessage[] {
		let number = 0;
		const write = this.#family.written ?? ((_number: number, token: string) => `${token}\n`);
		return messages.map((message): ChatMessage => {
			if ((message.role !== 'user' && message.role !== 'system') || typeof message.content === 'string') return message;
			const texts = message.content.map(part => {
				if (part.type === 'image') return write((number += 1), this.#image.text);
				return part.type === 'text' ? part.text : '';
			});
			return {...message, content: texts.join('')};
		});
	}

	#tokens(text: string, pictures: readonly SeenPicture[]): number[] {
		const {expand = alone} = this.#family;
		let used = 0;
		const tokens = splitFenced(text).flatMap(piece => {
			if (piece.isPlain) return this.#tokenizer.encodePlain(piece.text);
			const words = piece.text.replaceAll(this.#mark, () => {
				const picture = pictures[used++];
				return picture === undefined ? '' : expand(picture.shape, this.#image.text, this.#settings);
			});
			return this.#tokenizer.encode(words);
		});
		if (used !== pictures.length)
			throw invalidModel(this.#model, `its chat template has ${used} places for ${pictures.length} pictures`);
		const {first} = this.#tokenizer;
		return first === undefined || tokens[0] === first ? tokens : [first, ...tokens];
	}

	/** Which row of which picture stands where. */
	#placed(tokens: readonly number[], pictures: readonly SeenPicture[]): Pick<Prompt, 'tokens' | 'rows' | 'placed'> {
		const queue = pictures.flatMap(picture => Array.from({length: picture.shape.rows}, (_, row) => ({picture, row})));
		const places = tokens.flatMap((token, at) => (token === this.#image.id ? [at] : []));
		if (places.length !== queue.length)
			throw invalidModel(
				this.#model,
				`${queue.length} rows of its pictures stand for ${places.length} tokens: its configuration and its graphs are not of one model`,
			);
		const rows: Array<PictureRow | undefined> = Array.from({length: tokens.length}, () => undefined);
		const placed: PlacedGrid[] = [];
		for (const [index, at] of places.entries()) {
			const source = queue[index];
			rows[at] = source;
			if (source?.row !== 0) continue;
			const {rows: count, grid} = source.picture.shape;
			placed.push({at, rows: count, ...(grid === undefined ? {} : {grid})});
		}
		return {tokens, rows, placed};
	}
}

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
