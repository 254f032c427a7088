/** What a file that is no GGUF file really is, by its first bytes, in words that follow "it is"; null when nothing is known. */
export function foreignFormat(start: Buffer): string | null {
	const text = start.toString('latin1');
	const found = formats.find(({matches}) => matches(text));
	return found?.is ?? null;
}

const formats: ReadonlyArray<{readonly matches: (start: string) => boolean; readonly is: string}> = [
	{
		matches: start => start.startsWith('version https://git-lfs'),
		is: 'a Git LFS pointer: the file itself was never downloaded (git lfs pull)',
	},
	{
		matches: start => /^\s*<(!doctype|html|head|\?xml)/i.test(start),
		is: 'a web page: the download link led to a page, not to the file',
	},
	{matches: start => /^.{4}\0\0\0\0\{"/s.test(start), is: 'a safetensors file: mofa runs GGUF files with llama.cpp'},
	{
		matches: start => start.startsWith('PK\u0003\u0004'),
		is: 'a zip archive, perhaps a PyTorch pickle: those can run any code when opened, so mofa never does',
	},
	{
		matches: start => start.startsWith('\u0080\u0002') || start.startsWith('\u0080\u0004'),
		is: 'a Python pickle: those can run any code when opened, so mofa never does',
	},
	{
		matches: start => /^(lmgg|fmgg|tjgg|alggm)/.test(start),
		is: 'a GGML file from before GGUF: convert it with llama.cpp',
	},
	{matches: start => start.startsWith('FUGG'), is: 'a big-endian GGUF file, which this machine cannot run'},
	{matches: start => /^\s*[{[]/.test(start), is: 'JSON, perhaps an error message saved in place of the file'},
	{matches: start => start.startsWith('\u001f\u008b'), is: 'a gzip archive: unpack it first'},
];
