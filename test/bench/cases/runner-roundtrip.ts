import path from 'node:path';
import {runTask, startFixture} from '../../helpers/start-fixture.ts';
import {bundle, repositoryRoot} from '../../helpers/bundle.ts';

/**
 * What the process wall costs. Base of each ratio: the same async generator in this process, in the same run.
 * Prints one JSON line for each measure: {name, value, base, ratio, unit}.
 */

const eventsPerRun = 100_000;
const roundTrips = 2000;
const repeats = 5;

const entry = await bundle(path.join(repositoryRoot, 'test/fixtures/runners/flood.ts'));
await using runner = await startFixture('flood', {entry});

const across = (events: number): AsyncIterable<unknown> => runTask<unknown>(runner, 'count', {events});
print('runner events', await eventsPerSecond(across), await eventsPerSecond(inProcess), 'events/s');
print('runner round trip', await roundTripMicroseconds(across), await roundTripMicroseconds(inProcess), 'µs');

async function* inProcess(events: number): AsyncIterable<unknown> {
	for (let index = 0; index < events; index++) yield {type: 'text-delta', text: ' token'};
}

async function eventsPerSecond(produce: (events: number) => AsyncIterable<unknown>): Promise<number> {
	const rates: number[] = [];
	for (let repeat = 0; repeat < repeats; repeat++) {
		const from = performance.now();
		await drain(produce(eventsPerRun));
		rates.push((eventsPerRun / (performance.now() - from)) * 1000);
	}
	return Math.max(...rates);
}

/** From asking to the end of a stream of one event, at the median. */
async function roundTripMicroseconds(produce: (events: number) => AsyncIterable<unknown>): Promise<number> {
	const times: number[] = [];
	for (let trip = 0; trip < roundTrips; trip++) {
		const from = performance.now();
		await drain(produce(1));
		times.push((performance.now() - from) * 1000);
	}
	return times.sort((a, b) => a - b)[roundTrips / 2] ?? 0;
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
	for await (const _ of events);
}

function print(name: string, value: number, base: number, unit: string): void {
	console.log(JSON.stringify({name, value, base, ratio: value / base, unit}));
}
