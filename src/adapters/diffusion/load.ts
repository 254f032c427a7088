import {graphLifecycle} from '../../backends/onnx/graph-lifecycle.ts';
import type {OnnxSession} from '../../backends/onnx/session.ts';
import {tellingWarnings} from '../../backends/onnx/telling-warnings.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import {draw} from './draw.ts';
import type {DiffusionOptions} from './options.ts';
import {openStudio} from './studio.ts';

/** Opens the folders of a pipeline. Throws `model-invalid`, `load-failed`, `cancelled`. */
export async function load({
	model,
	options,
	session,
	device,
	progress,
	signal,
}: LoadRequest<DiffusionOptions, OnnxSession>): Promise<Engine<'image'>> {
	const studio = await openStudio({model, options, session, device, progress, signal});
	return {
		tasks: {image: tellingWarnings(session, (request, context) => draw(studio, request, context))},
		...graphLifecycle(model, session, device, 1),
		facts: {width: studio.habits.width, height: studio.habits.height, steps: studio.habits.steps},
	};
}
