import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {Measurements} from '../../../src/daemon/measurements.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

test('what was measured is known after a restart', async () => {
	const file = path.join(temporaryFolder(), 'state', 'measurements.json');
	await new Measurements(file).set('a', {footprint: {ram: 5}, loadMs: 7});
	expect(await new Measurements(file).get('a')).toEqual({footprint: {ram: 5}, loadMs: 7});
});

test('a damaged file costs what it held, and nothing else', async () => {
	const file = path.join(temporaryFolder(), 'measurements.json');
	writeFileSync(
		file,
		'{"a": {"footprint": {"ram": "much"}, "loadMs": 1}, "b": {"footprint": {"ram": 2}, "loadMs": 1}, "c": 3}',
	);
	const measurements = new Measurements(file);
	expect([await measurements.get('a'), await measurements.get('b'), await measurements.get('c')]).toEqual([
		undefined,
		{footprint: {ram: 2}, loadMs: 1},
		undefined,
	]);
	writeFileSync(file, '{"a": ');
	expect(await new Measurements(file).get('a')).toBeUndefined();
});

test('a place that cannot be written loses the measurement and fails nothing', async () => {
	const file = path.join(temporaryFolder(), 'file');
	writeFileSync(file, '');
	const measurements = new Measurements(path.join(file, 'measurements.json'));
	await measurements.set('a', {footprint: {}, loadMs: 1});
	expect(await measurements.get('a')).toEqual({footprint: {}, loadMs: 1});
});
