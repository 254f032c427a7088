import {open} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';

/** What strangers' servers and tools leave where a graph should be, by its first signs. */
const knownStarts: Readonly<Record<string, string>> = {
	'<': 'it is a web page',
	'version https://git-lfs': 'it is a pointer of Git LFS: the file itself was never fetched',
	gguf: 'it is a GGUF file, not an ONNX graph',
	pk: 'it is a ZIP archive, not an ONNX graph',
	'{': 'it is JSON, not an ONNX graph',
};

/**
 * Says in plain words what the runtime would call a broken protobuf. Throws `model-invalid`; `file-error` where it cannot be read.
 */
export async function lookAtFile(file: string): Promise<void> {
	const start = await firstBytes(file);
	if (start.length === 0) throw new MofaError('model-invalid', {model: file, problem: 'it is empty'});
	const text = start.toString('latin1').trimStart().toLowerCase();
	for (const [sign, problem] of Object.entries(knownStarts))
		if (text.startsWith(sign)) throw new MofaError('model-invalid', {model: file, problem});
}

async function firstBytes(file: string): Promise<Buffer> {
	try {
		await using handle = await open(file);
		if (!(await handle.stat()).isFile()) throw new MofaError('model-invalid', {model: file, problem: 'it is no file'});
		const {buffer, bytesRead} = await handle.read(Buffer.alloc(64), 0, 64, 0);
		return buffer.subarray(0, bytesRead);
	} catch (error) {
		if (MofaError.is(error)) throw error;
		throw new MofaError('file-error', {path: file, problem: error instanceof Error ? error.message : String(error)});
	}
}
