import {cpSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {parseWav} from '../../src/media/wav.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {distance, type Sample} from '../helpers/speech-model.ts';
import {guidePresent, patience, User, type Daemon} from '../helpers/user.ts';

const model = path.join(repositoryRoot, 'test/fixtures/speech/supertonic');
const {spoken} = JSON.parse(readFileSync(path.join(model, 'reference.json'), 'utf8')) as {
	readonly spoken: ReadonlyArray<{readonly text: string; readonly language: string; readonly sound: Sample}>;
};

describe.skipIf(!guidePresent)('Supertonic by the path of its folder', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test('speaks into a file as the reference does, but for the bits of a file', async () => {
		const expected = spoken.find(({text, language}) => text === 'Hello there' && language === 'na');
		const file = user.file('hello.wav');
		const {code, out, err} = await user.run(['speak', 'Hello there', '--model', model, '-o', file]);
		expect({code, out, err}).toEqual({code: 0, out: '', err: ''});
		const sound = parseWav(readFileSync(file));
		expect(sound).toMatchObject({sampleRate: 44_100, channels: 1});
		if (sound === undefined || expected === undefined) throw new Error('there is nothing to compare');
		expect(distance(sound.samples, expected.sound)).toBeLessThan(1e-4);
	});

	test('tells its voices, and which there are when another is asked for', async () => {
		const {out} = await user.run(['voices', model]);
		expect(out).toMatch(/F1 +mul .*a woman\n.*M1 +mul .*a man\n$/);
		const file = user.file('nobody.wav');
		const {code, err} = await user.run(['speak', 'Hi', '-m', model, '--voice', 'nobody', '-o', file]);
		expect(code).toBe(2);
		expect(err).toContain('one of F1, M1, not nobody');
		expect(existsSync(file)).toBe(false);
	});

	test('takes its steps with the load', async () => {
		const ask = async (settings: object): Promise<string> => {
			const response = await fetch(`${daemon.url}/v1/tasks/speech`, {
				method: 'POST',
				headers: {'content-type': 'application/json'},
				body: JSON.stringify({model, settings, request: {text: 'Hi'}}),
			});
			return response.text();
		};
		const usual = await ask({steps: 5});
		expect(usual).toContain('speech-end');
		expect(await ask({steps: 500})).toContain('1 to 100 steps');
	});

	test('that is damaged is refused, and the daemon stays', async () => {
		const damaged = user.file('damaged');
		cpSync(model, damaged, {recursive: true});
		writeFileSync(path.join(damaged, 'onnx/vocoder.onnx'), 'no graph');
		const {code, err} = await user.run(['speak', 'Hi', '-m', damaged, '-o', user.file('x.wav')]);
		expect(code).toBe(7);
		expect(err).toContain('vocoder.onnx');
		expect((await daemon.client.version()).pid).toBe(daemon.pid);
	});
});
