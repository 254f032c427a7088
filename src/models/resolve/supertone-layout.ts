/** What Supertone keeps beside the graphs of its voices, in place of a `config.json` that would say what they are. */
export const supertoneCompanion: RegExp = /^(onnx\/(tts|unicode_indexer)\.json|voice_styles\/[^/]+\.json)$/;

/** Whether files are a Supertonic as its authors lay it out; that of the library has other graphs. Pure. */
export const isSupertone = (files: readonly string[]): boolean =>
	['onnx/tts.json', 'onnx/vector_estimator.onnx'].every(wanted => files.includes(wanted));
