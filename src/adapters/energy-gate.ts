import {builtIn as backend} from '../backends/built-in/built-in.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {Device} from '../contract/backend.ts';
import type {Footprint} from '../contract/engine.ts';
import {EnergyGate} from '../media/energy-gate.ts';
import {findVoices} from '../tasks/find-voices.ts';

/** Bytes one sound takes while it is listened to. */
const workingBytes = 1e6;
const sampleRate = 16_000;

/** Voices by loudness over the noise of the place: no model, and there on every machine. */
export const energyGate: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'energy-gate',
	backend,
	tasks: ['voice-activity'],
	serves: ({family}, {format}) => family === 'energy-gate' && format === 'built-in',
	parseOptions: () => ({}),
	estimate: (_model, _options, device) => footprint(device),
	async load({session, device}) {
		const {frameSamples} = new EnergyGate(sampleRate);
		return {
			tasks: {
				'voice-activity': findVoices({
					sampleRate,
					frameSamples,
					defaults: {threshold: 0.5, minSpeech: 0.1, minSilence: 0.2, padding: 0.05},
					begin() {
						const gate = new EnergyGate(sampleRate);
						return frame => gate.probability(frame);
					},
				}),
			},
			footprint: footprint(device),
			slots: 8,
			usefulThreads: 1,
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

const footprint = ({pools}: Device): Footprint => ({
	[pools['unified'] === undefined ? 'ram' : 'unified']: workingBytes,
});
