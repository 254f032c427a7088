import {expect} from 'vitest';
import type {AnyAdapter} from '../../src/contract/adapter.ts';
import type {Warning} from '../../src/contract/task.ts';
import {Descriptions} from '../../src/models/cache/descriptions.ts';
import {pathModel} from '../../src/models/path-model.ts';
import {speech, type SpeechRequest, type SpeechResult} from '../../src/tasks/speech.ts';

export interface LoadedSpeaker extends AsyncDisposable {
	say(request: SpeechRequest, warnings?: Warning[]): Promise<SpeechResult>;
}

const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;

/** A model by its path, in this process; the adapter must be the one that serves it. */
export async function loadSpeaker(adapter: AnyAdapter, file: string): Promise<LoadedSpeaker> {
	const {installed} = await pathModel(file, new Descriptions());
	expect(installed.manifest.tasks).toEqual(['speech']);
	expect(adapter.serves(installed.manifest, installed.variant)).toBe(true);
	const signal = new AbortController().signal;
	const engine = await adapter.load(installed, {signal, progress() {}, device, threads: 1, settings: {}});
	const handler = engine.tasks.speech;
	if (handler === undefined) throw new Error('it does not speak');
	return {
		say: (request, warnings = []) =>
			speech.collect(handler(request, {signal, warn: warning => void warnings.push(warning)})),
		[Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
	};
}
