import type {RunContext} from '../../contract/task.ts';
import type {TranscriptionRequest} from '../transcription.ts';

type Setting = 'language' | 'translate' | 'words' | 'prompt' | 'temperature';

const reasons: Readonly<Record<Setting, string>> = {
	language: 'this model writes what it hears, whatever the language',
	translate: 'this model writes down what is said, and does not translate',
	words: 'this model does not tell when each word was said',
	prompt: 'this model takes no hints',
	temperature: 'this model always takes what is likeliest',
};

/** Warns of each setting of a request that the model cannot honour. */
export function warnOfWhatIsLeftOut(
	request: TranscriptionRequest,
	settings: readonly Setting[],
	{warn}: RunContext,
): void {
	for (const setting of settings) {
		const value = request[setting];
		if (value !== undefined && value !== false && value !== 0 && value !== '')
			warn({setting, message: reasons[setting]});
	}
}
