import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {ChatParts} from '../../../../src/adapters/vision-chat/chat.ts';
import {openParts} from '../../../../src/adapters/vision-chat/open-parts.ts';
import {pickingOf, pickNext} from '../../../../src/adapters/vision-chat/next-token.ts';
import type {SeenPicture} from '../../../../src/adapters/vision-chat/picture-encoder.ts';
import {onnx} from '../../../../src/backends/onnx/onnx.ts';
import type {OnnxSession} from '../../../../src/backends/onnx/session.ts';
import {device, folderModel} from '../../../helpers/speech-model.ts';
import {conversationOf, rulePicture, visionFixture, visionReference, type Sample} from '../../../helpers/vision.ts';

const signal = new AbortController().signal;

describe.each(['idefics3', 'qwen2_vl', 'llava', 'florence2'])('%s, as transformers computes it', name => {
	const {pictures, cases} = visionReference(name);
	const images = pictures.map(({size}) => rulePicture(size));
	let session: OnnxSession;
	let parts: ChatParts;
	beforeAll(async () => {
		session = await onnx.open({signal, device, threads: 1});
		parts = await openParts(await folderModel(visionFixture(name)), session, () => undefined);
	});
	afterAll(() => session[Symbol.asyncDispose]());

	const see = async (number: number): Promise<SeenPicture> => {
		const image = images[number];
		if (image === undefined) throw new Error(`no picture ${number}`);
		return parts.encoder.see(image, 'image', {signal, warn() {}});
	};

	test('sees in a picture what it sees', async () => {
		for (const [number, {features}] of pictures.entries()) expectClose((await see(number)).features, features);
	});

	test.each(cases)('reads and writes the same tokens: $name', async ({turns, tokens, written}) => {
		const order = turns.flat().filter(part => typeof part === 'number');
		const prompt = parts.prompts.make({messages: conversationOf(turns, images)}, await Promise.all(order.map(see)), {
			warn() {},
		});
		expect(prompt.tokens).toEqual(tokens);
		let {logits} = await parts.conversation.read(prompt, signal);
		const picking = pickingOf({}, parts.settings.sampling, parts.settings.neverTwice);
		const so = [...(prompt.written ?? prompt.tokens)];
		const own: number[] = [];
		while (own.length < written.length) {
			const token = pickNext(logits, so, picking, () => 0);
			so.push(token);
			own.push(token);
			logits = await parts.conversation.write(token, signal);
		}
		expect(own).toEqual(written);
	});
});

function expectClose(numbers: Float32Array, {shape, step, values}: Sample): void {
	expect(numbers).toHaveLength(shape.reduce((product, size) => product * size, 1));
	const apart = values.map((value, index) => Math.abs((numbers[index * step] ?? Number.NaN) - value));
	expect(Math.max(...apart)).toBeLessThan(1e-4);
}
