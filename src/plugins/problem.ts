/** Why something is not a plugin that can be used, in words. It goes into a report, and no further. */
export class PluginProblem extends Error {
	override readonly name = 'PluginProblem';

	/** The words of whatever was thrown, in one line of bounded length. */
	static wordsOf(error: unknown): string {
		const words = error instanceof Error ? error.message : String(error);
		const line = words.split('\n').find(text => text.trim() !== '') ?? '';
		return line.trim().slice(0, 500) || 'it failed without saying why';
	}
}
