import {describe, expect, test} from 'vitest';
import {isWorthReopening} from '../../../../src/backends/onnx/elastic-session.ts';
import {openFailure, shortWords} from '../../../../src/backends/onnx/failure.ts';
import {chooseProviders} from '../../../../src/backends/onnx/providers.ts';
import {sessionOptions} from '../../../../src/backends/onnx/session-options.ts';
import {MofaError} from '../../../../src/contract/error.ts';

describe('providers', () => {
	test('are looked for only where the machine has an accelerator, each once and the best first', () => {
		expect(chooseProviders({accelerators: []})).toEqual([]);
		expect(chooseProviders({accelerators: ['cuda:0', 'cuda:1']})).toEqual(['cuda', 'dml', 'webgpu']);
		expect(chooseProviders({accelerators: ['metal']})).toEqual(['coreml', 'webgpu']);
		expect(chooseProviders({accelerators: ['intel', 'amd']})).toEqual(['dml', 'webgpu']);
		expect(chooseProviders({accelerators: ['something new']})).toEqual([]);
	});

	test('have the processor behind them for operators they lack', () => {
		expect(sessionOptions(2, 'cuda').executionProviders).toEqual(['cuda', 'cpu']);
		expect(sessionOptions(2).executionProviders).toEqual(['cpu']);
	});
});

test('a graph gets the threads that were handed out, whole ones, and none of them spins', () => {
	expect(sessionOptions(3.7)).toMatchObject({intraOpNumThreads: 3, interOpNumThreads: 1});
	expect(sessionOptions(0)).toMatchObject({intraOpNumThreads: 1});
	expect(sessionOptions(2).extra).toEqual({
		session: {'intra_op.allow_spinning': '0', 'inter_op.allow_spinning': '0'},
	});
});

test('a graph that is called once in a while gives back what it computed with', () => {
	expect(sessionOptions(1, 'cpu', false)).toMatchObject({enableCpuMemArena: false});
	expect(sessionOptions(1)).not.toHaveProperty('enableCpuMemArena');
});

describe('a graph is opened again', () => {
	const state = {has: 2, wanted: 2, slowMs: 0, openMs: 100};

	test('at once where it has too many threads', () => {
		expect(isWorthReopening({...state, wanted: 1})).toBe(true);
	});

	test('with too few only when as much was computed with them as the change costs', () => {
		expect(isWorthReopening({...state, wanted: 4, slowMs: 99})).toBe(false);
		expect(isWorthReopening({...state, wanted: 4, slowMs: 100})).toBe(true);
	});

	test('never where it has the number that is wanted', () => {
		expect(isWorthReopening({...state, slowMs: 1e9})).toBe(false);
	});
});

describe("the runtime's words", () => {
	test('lose the path, the places in its source and its numbers', () => {
		expect(shortWords('/a/b.onnx', new Error('Load model from /a/b.onnx failed:Protobuf parsing failed.'))).toBe(
			'Protobuf parsing failed.',
		);
		expect(
			shortWords(
				'/a/b.onnx',
				new Error(
					'Exception during initialization: /onnxruntime_src/onnxruntime/core/optimizer/initializer.cc:32 ' +
						'onnxruntime::Initializer::Initializer(const onnx::TensorProto&, const std::filesystem::path&) ' +
						'[ONNXRuntimeError] : 1 : FAIL : tensorprotoutils.cc:1763 GetExtData External initializer: w is short\n',
				),
			),
		).toBe('External initializer: w is short');
	});

	test('are one line of bounded length without control characters', () => {
		const words = shortWords('', new Error(`${'long '.repeat(200)}\u001B[31m\nand more`));
		expect(words.length).toBeLessThanOrEqual(240);
		expect(words).not.toMatch(/\p{Cc}/u);
		expect(shortWords('', new Error(''))).toBe('it gave no reason');
	});

	test('about memory are no fault of the file', () => {
		expect(openFailure('/a.onnx', new Error('std::bad_alloc'))).toSatisfy(error => MofaError.is(error, 'load-failed'));
		expect(openFailure('/a.onnx', new Error('Protobuf parsing failed.'))).toSatisfy(error =>
			MofaError.is(error, 'model-invalid'),
		);
	});
});
