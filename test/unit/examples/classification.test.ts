import {statSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {AnyAdapter} from '../../../src/contract/adapter.ts';
import type {Plugin} from '../../../src/contract/plugin.ts';
import type {AnyTask} from '../../../src/contract/task.ts';
import {openPlugin} from '../../../src/plugins/open-plugin.ts';
import {openModel, testAdapter} from '../../../src/testing.ts';
import {classificationPlugin, drawShape, shapes} from '../../helpers/shapes.ts';
import {testDevice} from '../../helpers/stories.ts';

const folder = path.join(classificationPlugin, 'models/shapes');

interface Labels {
	readonly labels: ReadonlyArray<{readonly label: string; readonly probability: number}>;
}

async function parts(): Promise<{plugin: Plugin; task: AnyTask; adapter: AnyAdapter}> {
	const {plugin} = await openPlugin(classificationPlugin);
	const [task] = plugin.tasks ?? [];
	const [adapter] = plugin.adapters ?? [];
	if (task === undefined || adapter === undefined) throw new Error('the plugin brings no task and no adapter');
	return {plugin, task, adapter};
}

const request = (shape: string, more: object = {}): object => ({
	image: {bytes: drawShape(shape), mediaType: 'image/png'},
	...more,
});

test(
	'the example of a plugin with a task of its own keeps what mofa asks of adapters',
	{timeout: 120_000},
	async () => {
		const {task, adapter} = await parts();
		const checks = await testAdapter({
			adapter,
			model: await openModel(folder),
			tasks: [task],
			requests: {classification: [() => request('star'), () => request('cross', {top: 2})]},
			deterministic: ['classification'],
		});
		expect(checks.length).toBeGreaterThan(15);
	},
);

test('its model is small, and tells every shape from every other in several sizes and colours', async () => {
	expect(statSync(path.join(folder, 'shapes.onnx')).size).toBeLessThan(30_000);
	const {task, adapter} = await parts();
	const model = await openModel(folder);
	const {signal} = new AbortController();
	const engine = await adapter.load(model, {signal, device: testDevice, settings: {}, threads: 1, progress: () => {}});
	const handlers = engine.tasks as unknown as Readonly<
		Record<string, (request: unknown, context: object) => AsyncIterable<{type: string}>>
	>;
	const looks = [
		{},
		{side: 64, front: [20, 40, 220], back: [230, 220, 60]},
		{side: 300, front: [240, 240, 240], back: [10, 60, 30], radius: 0.85},
	] as const;
	try {
		for (const shape of shapes)
			for (const look of looks) {
				const image = {bytes: drawShape(shape, look), mediaType: 'image/png'};
				const events = handlers['classification']?.(task.parse({image}), {signal, warn: () => undefined});
				if (events === undefined) throw new Error('no handler');
				const {labels} = (await task.collect(events)) as Labels;
				expect({shape, look, found: labels[0]?.label}).toEqual({shape, look, found: shape});
				expect(labels.reduce((sum, {probability}) => sum + probability, 0)).toBeCloseTo(1, 4);
			}
	} finally {
		await engine[Symbol.asyncDispose]();
	}
});
