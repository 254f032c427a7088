import {expect, test} from 'vitest';
import {runTask, startFixture} from '../helpers/start-fixture.ts';

async function untilEnd(events: AsyncIterator<unknown>): Promise<void> {
	while ((await events.next()).done !== true);
}

test('an engine that says it is broken takes its runner along, and that is what its request fails with', async () => {
	await using runner = await startFixture('breaks');
	const events = runTask(runner, 'chat');
	expect(await events.next()).toMatchObject({value: {text: 'so '}});
	await expect(untilEnd(events)).rejects.toMatchObject({
		code: 'runner-failed',
		data: {model: 'scripted', reason: 'exited', detail: expect.stringMatching(/its program ended: too bad/)},
	});
	// Whoever was told may ask again at once, and must find no runner that only seems to be there.
	expect(await runner.died).toMatchObject({code: 'runner-failed'});
});

test('an engine that only fails a request stays', async () => {
	await using runner = await startFixture('breaks');
	await expect(untilEnd(runTask(runner, 'wrong'))).rejects.toMatchObject({code: 'internal'});
	await expect(untilEnd(runTask(runner, 'wrong'))).rejects.toMatchObject({code: 'internal'});
});
