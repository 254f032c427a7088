import type {Warning} from '../contract/task.ts';
import {cutWarning} from '../tasks/cut-warning.ts';

/** The warnings of requests that are parts of one: each is told once, and texts that were cut are counted over all parts. */
export class GatheredWarnings {
	readonly #told = new Set<string>();
	readonly #cut = new Map<string, Warning & Required<Pick<Warning, 'cut'>>>();

	/** The warning, if it is to be told now; null where it was told already, or is counted. */
	hear(warning: Warning): Warning | null {
		const {setting, message, cut} = warning;
		if (cut !== undefined) {
			const key = `${setting} ${cut.tokens}`;
			const texts = cut.texts + (this.#cut.get(key)?.cut.texts ?? 0);
			this.#cut.set(key, {setting, message, cut: {...cut, texts}});
			return null;
		}
		const key = `${setting}: ${message}`;
		if (this.#told.has(key)) return null;
		this.#told.add(key);
		return warning;
	}

	/** What was counted until now, among so many texts of all parts. */
	counted(of: number): readonly Warning[] {
		const counted = [...this.#cut.values()];
		this.#cut.clear();
		return counted.map(({setting, cut}) => cutWarning(setting === 'documents' ? 'documents' : 'inputs', {...cut, of}));
	}
}
