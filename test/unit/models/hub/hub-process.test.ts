import {expect, test} from 'vitest';
import {seeded} from '../../../fixtures/hub/repository.ts';
import {startHubProcess} from '../../../fixtures/hub/start-hub-process.ts';

test('the test Hub runs in a process of its own, and counts what it sends', async () => {
	const files = {'model.gguf': {seed: 3, bytes: 5_000_000}};
	await using hub = await startHubProcess({repositories: [{name: 'org/model', files}]});
	const url = `${hub.endpoint}/org/model/resolve/${hub.commits['org/model']}/model.gguf`;
	const answer = await fetch(url, {headers: {range: 'bytes=1048570-3000000'}});
	expect(answer.status).toBe(206);
	expect(answer.url.startsWith(hub.cdn)).toBe(true);
	const expected = seeded(3, 5_000_000).subarray(1_048_570, 3_000_001);
	expect(Buffer.from(await answer.arrayBuffer()).equals(expected)).toBe(true);
	expect(await hub.statistics()).toEqual({requests: 2, sentBytes: expected.length});
});
