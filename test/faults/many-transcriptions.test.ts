import {readdirSync, readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {isPresent, sharedFile} from '../helpers/real-sound.ts';
import {childrenOf} from '../helpers/processes.ts';
import {guidePresent, newUser, patience} from '../helpers/user.ts';

const model = sharedFile('models', 'spelling-cnn', 'spelling_cnn_mel.shrunk.onnx');
const words = ['seven', 'w', 'four'];
const present = guidePresent && isPresent(model, ...words.map(word => sharedFile('media', 'spoken-words', word)));

const clip = (word: string): Blob => {
	const folder = sharedFile('media', 'spoken-words', word);
	return new Blob([readFileSync(`${folder}/${readdirSync(folder).toSorted()[0] ?? ''}`)], {type: 'audio/wav'});
};

async function transcribe(url: string, sound: Blob): Promise<{readonly status: number; readonly text: string}> {
	const form = new FormData();
	form.append('model', model);
	form.append('file', sound, 'word.wav');
	const response = await fetch(`${url}/v1/audio/transcriptions`, {method: 'POST', body: form});
	const body = (await response.json()) as {readonly text?: string; readonly error?: {readonly message: string}};
	return {status: response.status, text: body.text ?? body.error?.message ?? ''};
}

/** Resident bytes of a process, from the kernel. */
function residentBytes(pid: number): number {
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

describe.skipIf(!present || process.platform !== 'linux')('many transcriptions', {timeout: 300_000}, () => {
	test('a hundred at once are all right, whoever asks first', async () => {
		const {url, client} = await newUser({MOFA_HOST: '127.0.0.1:0'}).daemon();
		const sounds = new Map(words.map(word => [word, clip(word)]));
		const alone = new Map<string, string>();
		for (const [word, sound] of sounds) alone.set(word, (await transcribe(url, sound)).text);
		const asked = Array.from({length: 100}, (_, index) => words[index % words.length] ?? '');
		const answers = await Promise.all(asked.map(word => transcribe(url, sounds.get(word) ?? new Blob([]))));
		expect(answers).toEqual(asked.map(word => ({status: 200, text: alone.get(word)})));
		expect(await client.residents()).toMatchObject([{active: 0}]);
	});

	test('a thousand in a row leave the runner as large as the first hundred did', async () => {
		const {url, pid} = await newUser({MOFA_HOST: '127.0.0.1:0'}).daemon();
		const sound = clip('seven');
		const round = async (count: number): Promise<void> => {
			for (let index = 0; index < count; index += 1) expect((await transcribe(url, sound)).status).toBe(200);
		};
		await round(100);
		const [runner = 0] = childrenOf(pid);
		const before = {runner: residentBytes(runner), daemon: residentBytes(pid)};
		await round(900);
		expect(childrenOf(pid)).toEqual([runner]);
		const grown = (now: number, then: number): number => (now - then) / 2 ** 20;
		expect(grown(residentBytes(runner), before.runner)).toBeLessThan(24);
		expect(grown(residentBytes(pid), before.daemon)).toBeLessThan(48);
	});

	test(
		'a runner that is killed fails its own request in one sentence, and the next one is served',
		patience,
		async () => {
			const {url, pid} = await newUser({MOFA_HOST: '127.0.0.1:0'}).daemon();
			const sound = clip('seven');
			const right = await transcribe(url, sound);
			const [runner = 0] = childrenOf(pid);
			const running = Array.from({length: 20}, () => transcribe(url, sound));
			process.kill(runner, 'SIGKILL');
			for (const answer of await Promise.all(running))
				if (answer.status !== 200) expect(answer.text).toMatch(/the process that ran .* failed \(killed\)/);
			expect(await transcribe(url, sound)).toEqual(right);
		},
	);
});
