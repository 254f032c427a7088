import {existsSync, readlinkSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {guidePresent, longFormat, newUser, patience, until} from '../helpers/user.ts';
import {isAlive} from '../helpers/processes.ts';

describe.skipIf(!guidePresent)('what is killed without warning', patience, () => {
	test('a runner killed in the middle of an answer fails that answer within a second, and the next one works', async () => {
		const {client, pid} = await newUser().daemon();
		const ask = {
			model: 'guide',
			task: 'chat' as const,
			request: {messages: [{role: 'user' as const, content: 'numbers'}], format: longFormat},
			signal: new AbortController().signal,
		};
		let killed = 0;
		let failedAfter = 0;
		let runner = 0;
		const answer = (async () => {
			for await (const event of client.run(ask)) {
				if (event.type !== 'text-delta' || killed > 0) continue;
				runner = (await client.residents())[0]?.pid ?? 0;
				killed = performance.now();
				process.kill(runner, 'SIGKILL');
			}
		})().finally(() => {
			failedAfter = performance.now() - killed;
		});
		await expect(answer).rejects.toMatchObject({code: 'runner-failed', data: {model: 'guide', reason: 'killed'}});
		expect(failedAfter).toBeLessThan(1000);

		const texts: string[] = [];
		for await (const event of client.run({...ask, request: {messages: ask.request.messages, maxTokens: 4}}))
			if (event.type === 'text-delta') texts.push(event.text);
		expect(texts.join('')).not.toBe('');
		const [resident] = await client.residents();
		expect(resident?.pid).not.toBe(runner);
		expect((await client.version()).pid).toBe(pid);
	});

	test('after the daemon is killed the next command starts another, over what the dead one left behind', async () => {
		const user = newUser();
		const first = await user.daemon();
		expect((await user.run(['run', 'guide', 'Hello'])).code).toBe(0);
		const [resident] = await first.client.residents();
		const runner = resident?.pid ?? 0;
		expect(isAlive(runner)).toBe(true);

		process.kill(first.pid, 'SIGKILL');
		await until('the daemon is dead', () => !isAlive(first.pid));
		// A killed process clears nothing away.
		expect(readlinkSync(user.paths.lock)).toContain(String(first.pid));
		expect(existsSync(user.paths.socket)).toBe(true);
		await until('its runner has noticed', () => !isAlive(runner));

		const outcome = await user.run(['run', 'guide', '-o', 'temperature=0', 'Hello']);
		expect(outcome).toMatchObject({code: 0, err: ''});
		expect(outcome.out).not.toBe('');
		const second = user.daemonPid();
		expect(second).toBeDefined();
		expect(second).not.toBe(first.pid);
	});

	test('a command that is waiting when the daemon is killed says so in one line and ends', async () => {
		const user = newUser();
		const {pid} = await user.daemon();
		const running = user.start(['run', 'guide', '-f', user.longSchema(), 'numbers']);
		await running.says('stdout', /\d/);
		process.kill(pid, 'SIGKILL');
		const {code, err} = await running.ended;
		expect(code).toBe(1);
		expect(err.split('\n').filter(line => line.startsWith('error: '))).toHaveLength(1);
		expect(err).not.toMatch(/^\s+at /m);
	});

	test('a command killed without warning ends its answer in the daemon', async () => {
		const user = newUser();
		const {client} = await user.daemon();
		const running = user.start(['run', 'guide', '-f', user.longSchema(), 'numbers']);
		await running.says('stdout', /\d/);
		expect((await client.residents())[0]?.active).toBe(1);
		running.child.kill('SIGKILL');
		await until('its slot is free', async () => (await client.residents())[0]?.active === 0, 1000);
	});
});
