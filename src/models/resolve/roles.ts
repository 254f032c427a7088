/**
 * How an adapter asks for a file, the same for files of the registry, the Hub, the cache and a folder:
 *
 * | role | file |
 * |---|---|
 * | `weights`, `weights-2`, … | the weights; further parts of them |
 * | `weights-GRAPH` | one of several graphs: `weights-encoder_model`, `weights-unet` |
 * | `weights-data`, `weights-GRAPH-data`, … | what an ONNX graph keeps outside itself |
 * | `projector` | lets a GGUF model see or hear |
 * | `config`, `tokenizer` | `config.json`, `tokenizer.json` |
 * | its own name | everything else: `voices/af_heart.bin`, `preprocessor_config.json` |
 */
export function companionRole(file: string): string {
	if (file === 'config.json') return 'config';
	return file === 'tokenizer.json' ? 'tokenizer' : file;
}

export const partRole = (index: number): string => (index === 0 ? 'weights' : `weights-${index + 1}`);

/** `stem` is the graph's name without its type and its ending. `onnx/` and a last `model` say nothing. */
export function graphRole(stem: string, alone: boolean): string {
	if (alone) return 'weights';
	const parts = stem.split('/').filter((part, index) => index > 0 || part !== 'onnx');
	const telling = parts.length > 1 && parts.at(-1) === 'model' ? parts.slice(0, -1) : parts;
	return `weights-${telling.join('-')}`;
}

export const dataRole = (graph: string, index: number): string =>
	index === 0 ? `${graph}-data` : `${graph}-data-${index + 1}`;
