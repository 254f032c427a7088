import type {DefaultModel} from '../contract/progress.ts';
import type {VoiceReport} from '../contract/report.ts';
import type {Library} from '../models/library.ts';

const task = 'speech';

/** The voices of one model, or of every one here that speaks: those of the default model first. */
export async function voicesOf(
	library: Library,
	name: string | undefined,
	chooseDefault: (task: string) => Promise<DefaultModel>,
): Promise<readonly VoiceReport[]> {
	if (name !== undefined) return voicesIn(library, name);
	const able = (await library.list()).filter(({state, tasks}) => state === 'present' && tasks.includes(task));
	if (able.length === 0) return [];
	const {model: first} = await chooseDefault(task);
	const names = new Set([first, ...able.map(model => model.name)]);
	// A model that is damaged has no voice; whoever asks for it by name is told why.
	const voices = await Promise.all([...names].map(model => voicesIn(library, model).catch(() => [])));
	return voices.flat();
}

async function voicesIn(library: Library, name: string): Promise<readonly VoiceReport[]> {
	const {manifest} = (await library.find(name)).installed;
	return (manifest.voices ?? []).map((voice, index) => ({
		name: voice.name,
		model: manifest.name,
		language: voice.language,
		description: voice.description ?? null,
		isDefault: index === 0,
	}));
}
