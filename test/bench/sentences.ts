import {readFileSync} from 'node:fs';

/** So many texts of ten to thirty words or thereabouts, out of the project's own pages: words come back as they do in any language. */
export function sentences(count: number): readonly string[] {
	const words = ['README.md', 'src/README.md', 'src/backends/onnx/README.md']
		.map(file => readFileSync(file, 'utf8').replaceAll(/[`*#|]/g, ' '))
		.join(' ')
		.split(/\s+/);
	let at = 0;
	return Array.from({length: count}, (_, index) => {
		const length = 8 + ((index * 7) % 13);
		if (at + length > words.length) at = 0;
		at += length;
		return words.slice(at - length, at).join(' ');
	});
}
