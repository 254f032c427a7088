/**
 * How long does a list of ten thousand cached models take? Each is a repository of its own, with a GGUF file, a
 * configuration and a card. Timed: the library alone with its index in memory (as in the daemon), and from the index on
 * disk (as at a start). The first list, which reads every header, is there to be read.
 */
import {mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {performance} from 'node:perf_hooks';
import {Library} from '../../../src/models/library.ts';
import {tinyLlama, writeGguf} from '../../helpers/gguf.ts';
import {print} from '../measure.ts';

const count = 10_000;
const root = mkdtempSync(path.join(os.tmpdir(), 'mofa-bench-'));
const hubCache = path.join(root, 'hub');
const index = path.join(root, 'models-index.json');
const model = writeGguf(tinyLlama);

try {
	for (let at = 0; at < count; at += 1) makeRepository(at);
	const first = await timed(open());
	print({name: 'list of 10,000 models, the first, which reads every header', value: first, unit: 'ms'});
	const resident = open();
	await resident.list();
	const memory = await best(9, () => timed(resident));
	print({name: 'list of 10,000 models, index in memory', value: memory, unit: 'ms', limit: 200});
	const disk = await best(9, () => timed(open()));
	print({name: 'list of 10,000 models, index on disk', value: disk, unit: 'ms', limit: 400});
	print({name: 'headers read by lists after the first', value: resident.reads, unit: '', limit: 0});
	print({name: 'index of 10,000 models', value: statSync(index).size / 2 ** 20, unit: 'MiB'});
	const one = await best(5, async () => {
		const start = performance.now();
		await resident.find('org-7/model-7-gguf:Q8_0');
		return performance.now() - start;
	});
	print({name: 'one of 10,000 models by its name', value: one, unit: 'ms'});
} finally {
	rmSync(root, {recursive: true, force: true});
}

function open(): Library {
	return new Library({starters: path.join(root, 'none'), hubCache, index});
}

async function timed(library: Library): Promise<number> {
	const start = performance.now();
	const {length} = await library.list();
	const took = performance.now() - start;
	if (length !== count) throw new Error(`${length} models in place of ${count}`);
	return took;
}

async function best(rounds: number, measure: () => Promise<number>): Promise<number> {
	let least = Infinity;
	for (let round = 0; round < rounds; round += 1) least = Math.min(least, await measure());
	return least;
}

/** An hour old: what changed just now is looked at again. */
function makeRepository(at: number): void {
	const folder = path.join(hubCache, `models--org-${at % 97}--Model-${at}-GGUF`);
	const commit = at.toString(16).padStart(40, '0');
	const snapshot = path.join(folder, 'snapshots', commit);
	for (const made of ['blobs', 'refs', path.join('snapshots', commit)])
		mkdirSync(path.join(folder, made), {recursive: true});
	writeFileSync(path.join(folder, 'refs', 'main'), commit);
	const files = {[`Model-${at}-Q8_0.gguf`]: model, 'config.json': '{}', 'README.md': '---\nlicense: mit\n---\n'};
	for (const [file, content] of Object.entries(files)) {
		const blob = `${at}-${file.length}`;
		writeFileSync(path.join(folder, 'blobs', blob), content);
		symlinkSync(`../../blobs/${blob}`, path.join(snapshot, file));
	}
	const then = new Date(Date.now() - 3_600_000);
	for (const inside of ['blobs', 'refs', 'refs/main', 'snapshots', `snapshots/${commit}`])
		utimesSync(path.join(folder, inside), then, then);
}
