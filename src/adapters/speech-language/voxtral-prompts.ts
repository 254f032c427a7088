import type {ChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {RunContext} from '../../contract/task.ts';
import {warnOfWhatIsLeftOut} from '../../tasks/transcribing/left-out.ts';
import type {TranscriptionRequest} from '../../tasks/transcription.ts';
import type {Prompt, Prompts} from './prompts.ts';

/**
 * Voxtral has a mode for transcribing that its chat template knows nothing of: the sound alone is the user's turn, the
 * language may follow, and a token of its own says what to do. As the authors' tokenizer encodes such a request.
 */
export class VoxtralPrompts implements Prompts {
	readonly tokenizer: ChatTokenizer;
	readonly #before: readonly number[];
	readonly #turnEnd: number;
	readonly #transcribe: number;

	/** Throws `model-invalid` where the vocabulary lacks one of the tokens. */
	constructor(model: InstalledModel, tokenizer: ChatTokenizer) {
		const idOf = (name: string): number => {
			const id = tokenizer.control.includes(name) ? tokenizer.idOf(name) : undefined;
			if (id === undefined) throw invalidModel(model, `its vocabulary has no token ${name}`);
			return id;
		};
		this.tokenizer = tokenizer;
		this.#before = [idOf('<s>'), idOf('[INST]'), idOf('[BEGIN_AUDIO]')];
		this.#turnEnd = idOf('[/INST]');
		this.#transcribe = idOf('[TRANSCRIBE]');
	}

	make(request: TranscriptionRequest, context: RunContext): Prompt {
		warnOfWhatIsLeftOut(request, ['translate', 'words', 'prompt'], context);
		const spoken = request.language?.toLowerCase().split(/[-_]/)[0];
		const known = spoken === undefined || /^[a-z]{2}$/.test(spoken);
		if (!known)
			context.warn({
				setting: 'language',
				message: 'this model knows languages by two letters, such as en; it finds out',
			});
		const language = spoken !== undefined && known ? this.tokenizer.encodePlain(`lang:${spoken}`) : [];
		return {before: this.#before, after: [this.#turnEnd, ...language, this.#transcribe]};
	}
}
