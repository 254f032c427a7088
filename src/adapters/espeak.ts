import {espeak as backend} from '../backends/espeak/espeak.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {Device} from '../contract/backend.ts';
import {MofaError} from '../contract/error.ts';
import type {Footprint} from '../contract/engine.ts';
import type {Audio} from '../contract/media.ts';
import {parseWav} from '../media/wav.ts';
import {speakInSentences, type SentenceSettings} from '../tasks/speak-in-sentences.ts';

/** Characters; a sentence is a process, so it may be long. */
const longest = 400;
/** Words a minute: the program's own pace, and what it can do. */
const pace = {own: 175, least: 80, most: 450} as const;
/** Bytes of the process that speaks. */
const workingBytes = 40e6;

/** eSpeak NG as a voice: a machine's, in more than a hundred languages. */
export const espeak: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'espeak',
	backend,
	tasks: ['speech'],
	serves: ({family}, {format}) => family === 'espeak' && format === 'built-in',
	parseOptions: () => ({}),
	estimate: (_model, _options, device) => footprint(device),
	async load({model, session, device}) {
		const {name, voices = []} = model.manifest;
		if (voices.length === 0)
			throw new MofaError('model-invalid', {model: name, problem: 'its manifest lists no voices'});
		const say = async (text: string, {voice, speed, signal, warn}: SentenceSettings): Promise<Audio> => {
			const wanted = pace.own * speed;
			const wordsPerMinute = Math.max(pace.least, Math.min(pace.most, wanted));
			if (wordsPerMinute !== wanted)
				warn({
					setting: 'speed',
					message: `this voice speaks at ${(wordsPerMinute / pace.own).toFixed(2)} at most or least`,
				});
			const audio = parseWav(await session.speak({text, voice: voice.name, wordsPerMinute}, signal));
			if (audio === undefined) throw new Error('eSpeak wrote something else than a WAV file');
			return audio;
		};
		return {
			tasks: {speech: speakInSentences({voices, longest, say})},
			footprint: footprint(device),
			slots: 2,
			usefulThreads: 1,
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

function footprint(device: Device): Footprint {
	return {[device.pools['unified'] === undefined ? 'ram' : 'unified']: workingBytes};
}
