import type {Backend} from '../../contract/backend.ts';
import type {OnnxSession} from './session.ts';
import {InProcessSession} from './in-process-session.ts';
import {probedFrom, probeOnnx} from './probe.ts';

/** ONNX Runtime, through onnxruntime-node, and the model classes of @huggingface/transformers on it. */
export const onnx: Backend<OnnxSession> = {
	name: 'onnx',
	probe: device => probeOnnx(device),
	probedFrom: device => probedFrom(device),
	open: options => InProcessSession.open(options),
};
