import {describe, expect, test} from 'vitest';
import {guidePresent, newUser, patience} from '../helpers/user.ts';

interface Served {
	readonly status: number;
	readonly retryAfter: string | null;
	readonly text: string;
}

describe.skipIf(!guidePresent)('a hundred clients at once', patience, () => {
	test('are all served where the queue is long enough', async () => {
		const {url, client, pid} = await newUser({MOFA_HOST: '127.0.0.1:0'}).daemon();
		const served = await crowd(url, 100);
		expect(served.filter(({status, text}) => status !== 200 || text === '')).toEqual([]);
		expect(await client.residents()).toMatchObject([{name: 'guide', active: 0}]);
		expect((await client.version()).pid).toBe(pid);
	});

	test('are each served or told when to come back where the queue is short, and the daemon serves on', async () => {
		const {url, client} = await newUser({MOFA_HOST: '127.0.0.1:0', MOFA_MAX_QUEUE: '5'}).daemon();
		const served = await crowd(url, 100);
		const turnedAway = served.filter(({status}) => status === 503);
		expect(served.filter(({status}) => status !== 200 && status !== 503)).toEqual([]);
		expect(turnedAway.filter(({retryAfter}) => !(Number(retryAfter) >= 1))).toEqual([]);
		expect(turnedAway.length).toBeGreaterThan(0);
		expect(served.length - turnedAway.length).toBeGreaterThanOrEqual(5);
		expect(await client.residents()).toMatchObject([{name: 'guide', active: 0}]);
		expect(await crowd(url, 1)).toMatchObject([{status: 200}]);
	});
});

function crowd(url: string, size: number): Promise<readonly Served[]> {
	return Promise.all(
		Array.from({length: size}, async (_, index): Promise<Served> => {
			const response = await fetch(`${url}/v1/chat/completions`, {
				method: 'POST',
				headers: {'content-type': 'application/json'},
				body: JSON.stringify({
					model: 'guide',
					stream: index % 2 === 0,
					max_tokens: 4,
					messages: [{role: 'user', content: `Question ${index}`}],
				}),
			});
			return {status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text()};
		}),
	);
}
