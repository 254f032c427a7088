import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {importSharp} from '../../src/backends/pictures/import-sharp.ts';
import {hugePng, numberedGif} from '../helpers/pictures.ts';
import {childrenOf} from '../helpers/processes.ts';
import {patience, User, type Daemon} from '../helpers/user.ts';
import {rulePicture, visionFixture} from '../helpers/vision.ts';

const sharp = await importSharp();
const photo = rulePicture([64, 48, 3]).bytes;
const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);

interface Answer {
	readonly status: number;
	readonly param: string | null;
	readonly message: string;
	readonly text: string;
}

describe('pictures that people send to a model that sees', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
		await ask(photo);
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	async function ask(bytes: Uint8Array, type = 'png'): Promise<Answer> {
		const url = `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;
		const content = [
			{type: 'text', text: 'What is this?'},
			{type: 'image_url', image_url: {url}},
		];
		const response = await fetch(`${daemon.url}/v1/chat/completions`, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: JSON.stringify({
				model: visionFixture('idefics3'),
				messages: [{role: 'user', content}],
				max_tokens: 4,
				temperature: 0,
			}),
		});
		const body = (await response.json()) as {
			readonly choices?: ReadonlyArray<{readonly message: {readonly content: string}}>;
			readonly error?: {readonly message: string; readonly param: string | null};
		};
		return {
			status: response.status,
			param: body.error?.param ?? null,
			message: body.error?.message ?? '',
			text: body.choices?.[0]?.message.content ?? '',
		};
	}

	const refused: ReadonlyArray<readonly [string, () => Promise<Uint8Array>, string]> = [
		['half a JPEG', async () => half(await sharp(photo).jpeg().toBuffer()), 'jpeg'],
		['half a PNG', async () => half(photo), 'png'],
		['no bytes at all', async () => new Uint8Array(), 'png'],
		['a PNG of 20,000 × 20,000', async () => hugePng(20_000), 'png'],
		['a line', async () => sharp(photo).resize(900, 1, {fit: 'fill'}).png().toBuffer(), 'png'],
		['words', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'png'],
	];

	test.each(refused)(
		'%s is refused by its field, and the next is answered by the same process',
		async (_, make, type) => {
			const [runner] = childrenOf(daemon.pid);
			const {status, param, message} = await ask(await make(), type);
			expect(status, message).toBe(400);
			expect(param).toMatch(/^messages\.0\.content\.1/);
			expect((await ask(photo)).status).toBe(200);
			expect(childrenOf(daemon.pid)).toEqual([runner]);
		},
	);

	test('an animation, four inks, grey and what can be seen through are answered', async () => {
		const pictures = [
			[numberedGif(12), 'gif'],
			[await sharp(photo).toColourspace('cmyk').jpeg().toBuffer(), 'jpeg'],
			[await sharp(photo).toColourspace('b-w').png().toBuffer(), 'png'],
			[await sharp(photo).ensureAlpha(0.5).webp().toBuffer(), 'webp'],
		] as const;
		for (const [bytes, type] of pictures) {
			const {status, message} = await ask(bytes, type);
			expect(status, `${type}: ${message}`).toBe(200);
		}
	});

	test('twenty at once, every second of them damaged, are each answered as alone', async () => {
		const right = (await ask(photo)).text;
		const answers = await Promise.all(
			Array.from({length: 20}, (_, index) => ask(index % 2 === 0 ? photo : half(photo))),
		);
		for (const [index, {status, text}] of answers.entries())
			expect({status, text}).toEqual(index % 2 === 0 ? {status: 200, text: right} : {status: 400, text: ''});
	});
});
