import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {connect} from 'node:net';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {binary, guidePresent, longFormat, patience, until, User, type Daemon} from '../helpers/user.ts';

describe.skipIf(!guidePresent)('a client that goes away in the middle of an answer', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
		await user.run(['run', 'guide', 'Hello']);
	}, patience.timeout);
	afterEach(async () => {
		expect((await daemon.client.version()).pid).toBe(daemon.pid);
	});
	afterAll(() => user[Symbol.asyncDispose]());

	test.each(['the socket', 'the port'])(
		'frees its slot within a second when its connection to %s breaks',
		async door => {
			const socket =
				door === 'the socket' ? connect(user.paths.socket) : connect(Number(new URL(daemon.url).port), '127.0.0.1');
			const body = JSON.stringify({
				model: 'guide',
				stream: true,
				messages: [{role: 'user', content: 'numbers'}],
				response_format: {type: 'json_schema', json_schema: {name: 'long', schema: longFormat.schema}},
			});
			socket.write(
				`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
			);
			let heard = '';
			while (!heard.includes('"content":"[')) heard += String((await once(socket, 'data'))[0]);
			expect(await active()).toBe(1);
			socket.destroy();
			await slotIsFree();
		},
	);

	test('frees its slot within a second when the reader of standard output has had enough', async () => {
		const writer = spawn(process.execPath, [binary, 'run', 'guide', '-f', user.longSchema(), 'numbers'], {
			env: user.env,
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		const ended = once(writer, 'close');
		await once(writer.stdout, 'data');
		expect(await active()).toBe(1);
		writer.stdout.destroy();
		await slotIsFree();
		expect(await ended).toEqual([141, null]);
	});

	test('frees its slot within a second when the command is told to end', async () => {
		const running = user.start(['run', 'guide', '-f', user.longSchema(), 'numbers']);
		await running.says('stdout', /\d/);
		running.child.kill('SIGTERM');
		await slotIsFree();
		expect((await running.ended).code).toBe(130);
	});

	test('frees its slot within a second when it asked for a whole answer and hung up', async () => {
		const controller = new AbortController();
		const answer = fetch(`${daemon.url}/v1/chat/completions`, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: JSON.stringify({
				model: 'guide',
				messages: [{role: 'user', content: 'numbers'}],
				response_format: {type: 'json_schema', json_schema: {name: 'long', schema: longFormat.schema}},
			}),
			signal: controller.signal,
		});
		const refused = expect(answer).rejects.toThrow('abort');
		await until('the answer is being written', async () => (await active()) === 1);
		controller.abort();
		await refused;
		await slotIsFree();
	});

	async function active(): Promise<number | undefined> {
		return (await daemon.client.residents())[0]?.active;
	}

	const slotIsFree = (): Promise<void> => until('the slot is free', async () => (await active()) === 0, 1000);
});
