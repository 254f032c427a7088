import {graphFootprint} from '../../backends/onnx/model-files.ts';
import type {OnlineRecognizer} from '../../backends/sherpa/online.ts';
import type {SherpaSession} from '../../backends/sherpa/sherpa.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import {warnOfWhatIsLeftOut} from '../../tasks/transcribing/left-out.ts';
import {streamingKind} from './kinds.ts';
import {listen} from './listen.ts';

/** Hertz of everything these families hear, and bands they hear in. */
const sampleRate = 16_000;
const bands = 80;

/** Kaldi's own rules, which sherpa-onnx has by default. */
const endpoints = {silence: 2.4, pause: 1.2, longest: 20};

export async function load({
	model,
	session,
	device,
	threads,
	signal,
}: LoadRequest<unknown, SherpaSession>): Promise<Engine<'transcription'>> {
	const {modelConfig, ...kind} = await streamingKind(model);
	signal.throwIfAborted();
	const recognizer = session.openOnline({
		model: model.manifest.name,
		featConfig: {sampleRate, featureDim: bands},
		modelConfig: {...modelConfig, numThreads: threads, provider: 'cpu', debug: 0},
		endpoints,
	});
	tryOnce(recognizer, kind.window);
	return {
		tasks: {
			transcription(request, context) {
				warnOfWhatIsLeftOut(request, ['language', 'translate', 'prompt', 'temperature'], context);
				if (!kind.times) warnOfWhatIsLeftOut(request, ['words'], context);
				return listen(recognizer, {...kind, sampleRate}, request, context.signal);
			},
		},
		footprint: graphFootprint(model, device),
		slots: 4,
		usefulThreads: device.cores,
		[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
	};
}

/** Graphs that do not fit each other end the process: better while loading than in the first answer. */
function tryOnce(recognizer: OnlineRecognizer, window: number): void {
	const sound = recognizer.begin();
	sound.accept(new Float32Array(Math.round((window / 100 + 0.1) * sampleRate)));
	sound.step();
}
