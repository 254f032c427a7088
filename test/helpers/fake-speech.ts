import type {Warning} from '../../src/contract/task.ts';
import type {SpeechEvent} from '../../src/tasks/speech.ts';

/** Two seconds of a tone at 8 kHz, as a model would send them. `broken`: fails after the first. */
export async function* fakeSpeech({
	warnings = [],
	broken,
}: {readonly warnings?: readonly Warning[]; readonly broken?: Error} = {}): AsyncGenerator<
	SpeechEvent | {readonly type: 'warning'; readonly warning: Warning}
> {
	for (const warning of warnings) yield {type: 'warning', warning};
	yield {type: 'audio-start', sampleRate: 8000, channels: 1};
	yield {type: 'audio-delta', samples: tone()};
	if (broken !== undefined) throw broken;
	yield {type: 'audio-delta', samples: tone()};
	yield {type: 'speech-end', usage: {characters: 5, audioSeconds: 2, computeMs: 3}};
}

/** One second. */
function tone(): Float32Array {
	return Float32Array.from({length: 8000}, (_, index) => Math.sin((index * 440 * 2 * Math.PI) / 8000) / 2);
}
