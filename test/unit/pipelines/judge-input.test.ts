import {expect, test} from 'vitest';
import type {AnyPacket} from '../../../src/contract/stage.ts';
import {judgeInput} from '../../../src/pipelines/judge-input.ts';
import {signal, stream, text} from '../../helpers/fake-pipeline.ts';

const plan = {accepts: ['text']};

async function all(input: AsyncIterable<AnyPacket>): Promise<number> {
	let count = 0;
	for await (const _ of input) count += 1;
	return count;
}

test('of a stream that has nothing yet nothing is waited for, and its first packet is not lost', async () => {
	let say = (_packet: AnyPacket): void => undefined;
	const first = new Promise<AnyPacket>(resolve => (say = resolve));
	async function* later(): AsyncGenerator<AnyPacket> {
		yield await first;
		yield text('b');
	}
	const judged = await judgeInput(later(), plan);
	say(text('a'));
	expect(await all(judged)).toBe(2);
});

test('a stream that is refused is told to stop', async () => {
	let stopped = false;
	async function* wrong(): AsyncGenerator<AnyPacket> {
		try {
			yield {type: 'value', medium: 'smell', value: 1} as never;
			yield text('b');
		} finally {
			stopped = true;
		}
	}
	await expect(judgeInput(wrong(), plan)).rejects.toMatchObject({data: {path: 'input'}});
	expect(stopped).toBe(true);
});

test('signals without end and nothing between them are no conversation', async () => {
	const ends = (count: number): AnyPacket[] => Array.from({length: count}, () => signal('flush'));
	const spoken = [...ends(9000), text('a'), ...ends(9000)];
	expect(await all(await judgeInput(stream(spoken), plan))).toBe(18_001);
	expect(await all(await judgeInput(spoken, plan))).toBe(18_001);
	const endless = await judgeInput(stream(ends(20_000)), plan);
	await expect(all(endless)).rejects.toMatchObject({code: 'invalid-request', data: {path: 'input'}});
	await expect(judgeInput(ends(20_000), plan)).rejects.toMatchObject({data: {path: 'input.10000'}});
});
