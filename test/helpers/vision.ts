import {readFileSync} from 'node:fs';
import path from 'node:path';
import {visionChat} from '../../src/adapters/vision-chat.ts';
import type {AnyEngine} from '../../src/contract/engine.ts';
import type {Image} from '../../src/contract/media.ts';
import type {Warning} from '../../src/contract/task.ts';
import {encodePng} from '../../src/media/picture/png.ts';
import {chat, type ChatEvent, type ChatMessage, type ChatRequest, type ChatResult} from '../../src/tasks/chat.ts';
import {repositoryRoot} from './bundle.ts';
import {device, folderModel} from './speech-model.ts';

/** What stands beside the tiny models that see; `test/parity/vision.py` makes both. */
export interface VisionReference {
	readonly pictures: ReadonlyArray<{
		/** Width, height, and what tells pictures of one size apart. */
		readonly size: readonly [number, number, number];
		readonly features: Sample;
		readonly pixels: Sample;
	}>;
	readonly cases: ReadonlyArray<{
		readonly name: string;
		/** The user's and the model's in turn: texts, and numbers of pictures. */
		readonly turns: ReadonlyArray<ReadonlyArray<string | number>>;
		readonly tokens: readonly number[];
		readonly written: readonly number[];
	}>;
}

export interface Sample {
	readonly shape: readonly number[];
	readonly step: number;
	readonly values: readonly number[];
}

export const visionFixture = (name: string): string => path.join(repositoryRoot, 'test/fixtures/vision', name);

export function visionReference(name: string): VisionReference {
	return JSON.parse(readFileSync(path.join(visionFixture(name), 'reference.json'), 'utf8')) as VisionReference;
}

/** The picture that Python made by the same rule. */
export function rulePicture([width, height, seed]: readonly [number, number, number]): Image {
	const data = new Uint8Array(width * height * 3);
	for (let y = 0; y < height; y += 1)
		for (let x = 0; x < width; x += 1)
			for (let c = 0; c < 3; c += 1)
				data[(y * width + x) * 3 + c] = (x * x * 3 + y * 5 * seed + x * y * 7 + c * 40 + seed * 11) % 256;
	return {bytes: encodePng({data, width, height, channels: 3}), mediaType: 'image/png'};
}

/** A conversation as the task takes it. */
export function conversationOf(
	turns: VisionReference['cases'][number]['turns'],
	pictures: readonly Image[],
): readonly ChatMessage[] {
	return turns.map((turn, index): ChatMessage => {
		if (index % 2 === 1) return {role: 'assistant', content: turn.join('')};
		return {
			role: 'user',
			content: turn.map(part => {
				const image = typeof part === 'number' ? pictures[part] : undefined;
				return image === undefined ? {type: 'text', text: String(part)} : {type: 'image', image};
			}),
		};
	});
}

export async function loadVision(folder: string): Promise<AnyEngine> {
	const signal = new AbortController().signal;
	const model = await folderModel(folder);
	return visionChat.load(model, {signal, progress() {}, device, threads: 1, settings: {}});
}

export interface SeeOptions {
	readonly signal?: AbortSignal;
	readonly warnings?: Warning[];
}

export function chatEvents(
	engine: AnyEngine,
	request: ChatRequest,
	{signal = new AbortController().signal, warnings}: SeeOptions = {},
): AsyncIterable<ChatEvent> {
	const handler = engine.tasks.chat;
	if (handler === undefined) throw new Error('it does not chat');
	return handler(request, {signal, warn: warning => void warnings?.push(warning)});
}

export const answered = (engine: AnyEngine, request: ChatRequest, options?: SeeOptions): Promise<ChatResult> =>
	chat.collect(chatEvents(engine, request, options));
