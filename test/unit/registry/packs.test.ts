import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import type {Closure, Pack} from '../../../src/backends/packs/pack.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';

const folder = path.join(repositoryRoot, 'registry/backends');
const names = readdirSync(folder).filter(name => name.endsWith('.json'));
const read = <T>(file: string): T => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as T;

describe.each(names)('%s', name => {
	const pack = read<Pack>(name);
	const {packages} = read<Closure>(pack.closure);
	const places = new Set(Object.keys(packages));

	test('is called what its file is called, and finds its entry and the packages beside it in its closure', () => {
		expect(`${pack.name}.json`).toBe(name);
		const roots = [/^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(pack.build?.source ?? pack.entry)?.[0] ?? ''];
		for (const dependency of Object.keys(pack.dependencies ?? {})) roots.push(`node_modules/${dependency}`);
		expect(roots.filter(root => !places.has(root))).toEqual([]);
	});

	test('has all that its packages need, each with its integrity: npm ci fetches nothing else', () => {
		const own = new Set(Object.values(pack.platforms).flatMap(platform => platform.packages.map(one => one.name)));
		const missing = Object.entries(packages).flatMap(([place, {dependencies = {}}]) =>
			Object.keys(dependencies as object).filter(needed => !own.has(needed) && !isWithin(place, needed)),
		);
		expect(missing).toEqual([]);
		const unsafe = Object.entries(packages).filter(([, {integrity}]) => !String(integrity).startsWith('sha512-'));
		expect(unsafe).toEqual([]);
	});

	test('deletes nothing but folders of its own packages, and never those of its platform', () => {
		for (const [platform, {leaveOut = []}] of Object.entries(pack.platforms)) {
			expect(leaveOut.filter(left => !left.startsWith('node_modules/') || left.includes('..'))).toEqual([]);
			expect(leaveOut.filter(left => left.endsWith(platform.replace('-', '/')))).toEqual([]);
		}
	});

	/** Found as node finds it: beside, or in a folder above. */
	function isWithin(place: string, needed: string): boolean {
		for (let from = place; from !== ''; from = from.replace(/\/?node_modules\/(?:@[^/]+\/)?[^/]+$/, ''))
			if (places.has(`${from}/node_modules/${needed}`)) return true;
		return places.has(`node_modules/${needed}`);
	}
});

test('the onnx pack and the checkout are the same versions', () => {
	const {devDependencies} = JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'));
	const pack = read<Pack>('onnx-cpu.json');
	expect(pack.version).toBe(devDependencies['onnxruntime-node']);
	expect(pack.dependencies).toEqual({'@huggingface/transformers': devDependencies['@huggingface/transformers']});
});
