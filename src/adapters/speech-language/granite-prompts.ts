import type {ChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {RunContext} from '../../contract/task.ts';
import {controlPattern, fenceMessages, splitFenced} from '../../tasks/chat/control-text.ts';
import {compileTemplate, type ChatTemplate} from '../../tasks/chat/template.ts';
import {warnOfWhatIsLeftOut} from '../../tasks/transcribing/left-out.ts';
import type {TranscriptionRequest} from '../../tasks/transcription.ts';
import type {Instructions, Prompt, Prompts} from './prompts.ts';
import type {SpeechSettings} from './settings.ts';

/** In the words of the model cards. */
const usual = {
	transcribe: 'can you transcribe the speech into a written format?',
	translate: 'translate the speech to English.',
} as const;

/** Stands in the template's text for the sound and what goes before it, which nobody's words may do. */
const place = '\uFDD2';

/** Granite Speech is asked in its chat template, in English; keywords guide its spelling from the fourth generation on. */
export class GranitePrompts implements Prompts {
	readonly tokenizer: ChatTokenizer;
	readonly #model: InstalledModel;
	readonly #instructions: Instructions;
	readonly #template: ChatTemplate;
	readonly #control: RegExp | null;
	readonly #takesKeywords: boolean;

	/** Throws `model-invalid` where the files do not say how the model is talked to. */
	constructor(model: InstalledModel, settings: SpeechSettings, tokenizer: ChatTokenizer, instructions: Instructions) {
		const {template} = settings;
		if (template === undefined) throw invalidModel(model, 'it has no chat template');
		this.tokenizer = tokenizer;
		this.#model = model;
		this.#instructions = instructions;
		this.#template = compileTemplate(template, settings, model.manifest.name);
		this.#control = controlPattern(tokenizer.control);
		// The third generation has roles in its template, and was not trained on keywords.
		this.#takesKeywords = !template.includes('<|start_of_role|>');
		this.#make('');
	}

	make(request: TranscriptionRequest, context: RunContext): Prompt {
		warnOfWhatIsLeftOut(request, ['language', 'words'], context);
		const keywords = (request.prompt ?? '').replaceAll(/\s+/g, ' ').trim();
		const takesKeywords = this.#takesKeywords && request.translate !== true;
		if (!takesKeywords) warnOfWhatIsLeftOut(request, ['prompt'], context);
		if (request.translate === true) return this.#make(this.#instructions.translate ?? usual.translate);
		if (keywords !== '' && takesKeywords) return this.#make(`transcribe the speech to text. Keywords: ${keywords}`);
		return this.#make(this.#instructions.transcribe ?? usual.transcribe);
	}

	#make(instruction: string): Prompt {
		const [fenced] = fenceMessages([{role: 'user', content: instruction.replaceAll(place, '')}], this.#control);
		const content = `${place}${typeof fenced?.content === 'string' ? fenced.content : ''}`;
		const [before, after, ...more] = this.#template.render({messages: [{role: 'user', content}]}).split(place);
		if (before === undefined || after === undefined || more.length > 0)
			throw invalidModel(this.#model, 'its chat template does not say once what the user said');
		return {before: this.#tokens(before), after: this.#tokens(after)};
	}

	#tokens(text: string): readonly number[] {
		const {tokenizer} = this;
		return splitFenced(text).flatMap(({text: piece, isPlain}) =>
			isPlain ? tokenizer.encodePlain(piece) : tokenizer.encode(piece),
		);
	}
}
