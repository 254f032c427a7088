import {onnxFile} from '../../src/lib/onnx-file.ts';

/** `y = x`, of any number of numbers: what a call costs beside its work. */
export const identityFile: Uint8Array = onnxFile({
	inputs: [{name: 'x', shape: ['n']}],
	outputs: [{name: 'y', shape: ['n']}],
	nodes: [{op: 'Identity', inputs: ['x'], outputs: ['y']}],
});
