// Runs every case in cases/, one process each and one after the other, and prints what each measured against its limit.
// A case prints JSON lines {name, ratio?, value, base?, unit, limit?, direction?}; every ratio is against a base of the same run.
// node test/bench/main.js [part of a name …] [--json]
import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');
const outdir = path.join(root, 'node_modules', '.cache', 'bench');
const json = process.argv.includes('--json');
const wanted = process.argv.slice(2).filter(argument => !argument.startsWith('-'));
const cases = readdirSync(path.join(import.meta.dirname, 'cases'))
	.filter(file => file.endsWith('.ts') && (wanted.length === 0 || wanted.some(part => file.includes(part))))
	.toSorted();

mkdirSync(outdir, {recursive: true});
await build({
	absWorkingDir: root,
	entryPoints: cases.map(file => path.join('test/bench/cases', file)),
	outdir,
	outExtension: {'.js': '.mjs'},
	bundle: true,
	platform: 'node',
	format: 'esm',
	target: 'node20.19',
	external: ['node-llama-cpp', 'esbuild'],
	banner: {
		js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);",
	},
	logLevel: 'warning',
});

let missed = 0;
for (const file of cases) {
	const name = path.basename(file, '.ts');
	const {stdout, stderr, status} = spawnSync(process.execPath, [path.join(outdir, `${name}.mjs`)], {
		cwd: root,
		encoding: 'utf8',
		timeout: 600_000,
	});
	const results = stdout
		.split('\n')
		.filter(line => line.startsWith('{'))
		.map(line => JSON.parse(line));
	if (results.length === 0)
		console.error(
			`${name}: ${status === 0 ? (stderr.trim().split('\n').at(-1) ?? 'nothing measured') : `failed\n${stderr}`}`,
		);
	if (status !== 0) missed += 1;
	for (const result of results) {
		if (!within(result)) missed += 1;
		console.log(json ? JSON.stringify(result) : line(result));
	}
}
process.exitCode = missed === 0 ? 0 : 1;

/** A figure without a limit is there to be read. */
function within({ratio, value, limit, direction = 'below'}) {
	if (limit === undefined) return true;
	const figure = ratio ?? value;
	return direction === 'above' ? figure >= limit : figure <= limit;
}

function line(result) {
	const {name, ratio, value, base, unit = '', limit, direction = 'below'} = result;
	const figure = ratio === undefined ? `${short(value)} ${unit}` : short(ratio);
	const against = ratio === undefined || base === undefined ? '' : `   (${short(value)} ÷ ${short(base)} ${unit})`;
	const bound = limit === undefined ? '' : `   ${direction === 'above' ? '≥' : '≤'} ${limit}`;
	return `${within(result) ? 'ok    ' : 'MISSED'} ${name}: ${figure}${bound}${against}`;
}

function short(value) {
	return Number(value.toPrecision(3)).toLocaleString('en', {maximumFractionDigits: 6});
}
