// Writes the type declarations of the library, as they are published.
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';

const doors = ['index', 'testing'];
/** What a plugin that computes with them has, and nobody else needs. Everything else that is imported ships with mofa. */
const optional = ['onnxruntime-node', '@huggingface/transformers'];

export function declareTypes(root, folder) {
	const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
	// Whether types are right is asked by `npm run check`; each export says its own, so that nothing has to be worked out here.
	const project = ['-p', 'src/tsconfig.json', '--noCheck', '--outDir', folder];
	execFileSync(process.execPath, [compiler, ...project], {cwd: root, stdio: 'inherit'});
	const reached = reachedFrom(doors.map(door => path.join(folder, `${door}.d.ts`)));
	for (const file of readdirSync(folder, {recursive: true}).map(name => path.join(folder, name)))
		if (reached.has(file)) writeFileSync(file, withOptionalImports(readFileSync(file, 'utf8')));
		else if (file.endsWith('.d.ts')) rmSync(file);
}

/** The compiler writes a declaration for every source; those that the doors of the library do not lead to are of no use. */
function reachedFrom(starts) {
	const reached = new Set();
	const visit = file => {
		if (reached.has(file) || !existsSync(file)) return;
		reached.add(file);
		for (const [, wanted] of readFileSync(file, 'utf8').matchAll(
			/(?:from |import\(|import )['"](\.[^'"]+)\.(?:js|ts)x?['"]/g,
		))
			visit(path.resolve(path.dirname(file), `${wanted}.d.ts`));
	};
	for (const start of starts) visit(start);
	return reached;
}

/** Without the package its types are `any`, and not an error in whatever is compiled with them. */
function withOptionalImports(declarations) {
	const line = new RegExp(`^import .* from ['"](?:${optional.join('|')})['"];$`, 'gm');
	return declarations.replaceAll(line, found => `// @ts-ignore\n${found}`);
}
