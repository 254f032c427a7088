import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {Template} from '@huggingface/jinja';
import {beforeAll, describe, expect, test} from 'vitest';
import {parseOptions} from '../../../src/adapters/gguf/options.ts';
import type {ModelManifest} from '../../../src/contract/manifest.ts';

/** What the generator's plain JavaScript modules give this test. */
interface Message {
	readonly role: string;
	readonly content: string;
	readonly tool_calls?: ReadonlyArray<{readonly name: string; readonly arguments: object}>;
}
interface Conversation {
	readonly messages: readonly Message[];
	readonly tools?: readonly object[];
}
interface Known {
	readonly commands: readonly unknown[];
	readonly settings: readonly unknown[];
}
interface Sources {
	readonly banned: ReadonlySet<string>;
}
interface Maker {
	readonly reference: () => Promise<Known>;
	readonly sources: () => Promise<Sources>;
	readonly makeConversations: (seed: number, sources: Sources) => () => Conversation;
	readonly normal: (text: string) => string;
	readonly testQuestions: () => readonly string[];
	readonly inventions: (answer: string, known: Known) => readonly string[];
	readonly toParts: (conversation: Conversation) => ReadonlyArray<{readonly text: string}>;
}

const guide = path.resolve(import.meta.dirname, '../../../registry/starter/guide');
const manifest = JSON.parse(readFileSync(path.join(guide, 'manifest.json'), 'utf8')) as ModelManifest;
const weights = readFileSync(path.join(guide, 'guide.gguf'));
const template = readFileSync(path.join(guide, 'make/template.jinja'), 'utf8');

describe('the starter guide', () => {
	let make: Maker;
	let known: Known;
	let conversations: readonly Conversation[];

	beforeAll(async () => {
		const modules = await Promise.all(
			['reference', 'corpus', 'check', 'chatml'].map(
				name => import(pathToFileURL(path.join(guide, 'make', `${name}.mjs`)).href) as Promise<object>,
			),
		);
		make = Object.assign({}, ...modules) as Maker;
		known = await make.reference();
		const next = make.makeConversations(1, await make.sources());
		conversations = Array.from({length: 6000}, next);
	});

	test('answers with its likeliest words, unless asked for others', () => {
		expect(parseOptions(manifest.variants[0]?.options ?? {}).sampling).toEqual({temperature: 0});
	});

	test('its manifest describes the file beside it', () => {
		const file = manifest.variants[0].files[0];
		expect(manifest.name).toBe('guide');
		expect(manifest.tasks).toContain('chat');
		expect(file).toEqual({
			role: 'weights',
			url: './guide.gguf',
			bytes: weights.length,
			sha256: createHash('sha256').update(weights).digest('hex'),
		});
	});

	test('it is a GGUF of 8 MB at most that carries its own chat template', () => {
		expect(weights.subarray(0, 4).toString('latin1')).toBe('GGUF');
		expect(weights.length).toBeLessThanOrEqual(8_000_000);
		expect(weights.includes(template)).toBe(true);
	});

	test('it says of itself how many parameters it has', () => {
		const said = conversations.flatMap(answersOf).find(answer => answer.includes('toy language model with'));
		expect(said).toContain(`with ${((manifest.parameters ?? 0) / 1e6).toFixed(1)} million parameters`);
	});

	test('every command, flag and setting in what it was taught exists', () => {
		const answers = new Set(conversations.flatMap(answersOf));
		const wrong = [...answers].flatMap(answer => make.inventions(answer, known));
		expect(answers.size).toBeGreaterThan(300);
		expect(wrong).toEqual([]);
	});

	test('a command, flag or setting that does not exist is noticed', () => {
		const answer = '`mofa fly x`, `mofa ps --all`, `--foo`, `cat a | mofa go`, `mofa config set nothing 1`, MOFA_X';
		expect(make.inventions(answer, known)).toEqual([
			'mofa fly',
			'mofa ps --all',
			'--foo',
			'mofa go',
			'mofa config set nothing',
			'MOFA_X',
		]);
	});

	test('the held-out questions are many, and none was trained on', () => {
		const held = make.testQuestions().map(make.normal);
		const trained = new Set(conversations.flatMap(questionsOf).map(make.normal));
		expect(new Set(held).size).toBeGreaterThanOrEqual(150);
		expect(held.filter(question => trained.has(question))).toEqual([]);
	});

	test('the same seed makes the same conversations', async () => {
		const next = make.makeConversations(1, await make.sources());
		expect(Array.from({length: 200}, next)).toEqual(conversations.slice(0, 200));
	});

	test('training lays conversations out as the chat template does', () => {
		const jinja = new Template(template);
		for (const conversation of [
			...conversations.slice(0, 100),
			...conversations.filter(({tools}) => tools).slice(0, 50),
		])
			expect(
				make
					.toParts(conversation)
					.map(({text}) => text)
					.join(''),
			).toBe(jinja.render({...conversation}));
	});
});

function answersOf({messages}: Conversation): string[] {
	return messages.filter(({role}) => role === 'assistant').map(({content}) => content);
}

function questionsOf({messages}: Conversation): string[] {
	return messages.filter(({role}) => role === 'user').map(({content}) => content);
}
