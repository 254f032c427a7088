import type {Llama, LlamaModel, Token} from 'node-llama-cpp';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {llama, type LlamaSession} from '../../../../src/backends/llama/llama.ts';
import {TokenText} from '../../../../src/backends/llama/token-text.ts';
import {storiesPath, storiesPresent, testDevice} from '../../../helpers/stories.ts';

describe.skipIf(!storiesPresent)('text from tokens', () => {
	let session: LlamaSession;
	let model: LlamaModel;
	beforeAll(async () => {
		session = await llama.open({signal: new AbortController().signal, device: testDevice, threads: 1});
		const instance: Llama = session.llama;
		model = await instance.loadModel({modelPath: storiesPath});
	});
	afterAll(async () => {
		await model.dispose();
		await session[Symbol.asyncDispose]();
	});

	/** This vocabulary spells what it has no word for in bytes: token 3 is byte 0. */
	const bytes = (text: string): Token[] => [...new TextEncoder().encode(text)].map(byte => (byte + 3) as Token);
	const write = (tokens: readonly Token[]): string[] => {
		const text = new TokenText(model, [], new Set());
		return [...tokens.map(token => text.push(token)), text.end()];
	};

	test('holds a character back until its last byte is there', () => {
		expect(write(bytes('€'))).toEqual(['', '', '€', '']);
		expect(write(bytes('🦙'))).toEqual(['', '', '', '🦙', '']);
	});

	test('is whole however many tokens a character takes', () => {
		const text = 'naïve 🦙 und größer — 漢字';
		const pieces = write(model.tokenize(text));
		expect(pieces.join('').trim()).toBe(text);
		expect(pieces.join('')).not.toContain('\uFFFD');
	});

	test('gives out at the end what never became a character', () => {
		const pieces = write(bytes('🦙').slice(0, 2));
		expect(pieces.slice(0, 2)).toEqual(['', '']);
		expect(pieces.at(-1)).toContain('\uFFFD');
	});

	test('does not wait for ever on bytes that are no text', () => {
		const pieces = write(Array.from({length: 8}, () => (0xff + 3) as Token));
		expect(pieces.slice(0, 7).some(piece => piece !== '')).toBe(true);
	});

	test('keeps the space between the prompt and the first word', () => {
		const [prompt, next] = [model.tokenize('Once upon'), model.tokenize('Once upon a')];
		const text = new TokenText(model, prompt, new Set());
		expect(text.push(next.at(-1)!)).toBe(' a');
	});
});
