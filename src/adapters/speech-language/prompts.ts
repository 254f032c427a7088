import type {ChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import type {RunContext} from '../../contract/task.ts';
import type {TranscriptionRequest} from '../../tasks/transcription.ts';

/** What stands around the sound. */
export interface Prompt {
	readonly before: readonly number[];
	readonly after: readonly number[];
}

/** How a family is asked to write down what it hears. */
export interface Prompts {
	readonly tokenizer: ChatTokenizer;
	/** Warns of what of the request the model cannot be asked for. */
	make(request: TranscriptionRequest, context: RunContext): Prompt;
}

/** In the words of a release's authors; absent: in those of its family. */
export interface Instructions {
	readonly transcribe?: string | undefined;
	readonly translate?: string | undefined;
}
