import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import {onnx} from '../../src/backends/onnx/onnx.ts';
import type {OnnxSession} from '../../src/backends/onnx/session.ts';
import {testDevice} from './stories.ts';
import {temporaryFolder} from './temporary-folder.ts';

/** Real models of a few megabytes, beside the checkout. */
export const sharedModels: string = path.resolve(import.meta.dirname, '../../../shared/models');
export const sharedModelsPresent: boolean = existsSync(sharedModels);
if (!sharedModelsPresent) console.warn(`SKIPPED: tests of real ONNX models need ${sharedModels}`);

/** ONNX Runtime in this process until the test ends. */
export async function openOnnx(threads = 1): Promise<OnnxSession> {
	const session = await onnx.open({signal: new AbortController().signal, device: testDevice, threads});
	onTestFinished(() => session[Symbol.asyncDispose]());
	return session;
}

/** A file of the running test's own. */
export function placeFile(content: Uint8Array, name = 'model.onnx', folder: string = temporaryFolder()): string {
	const file = path.join(folder, name);
	mkdirSync(path.dirname(file), {recursive: true});
	writeFileSync(file, content);
	return file;
}
