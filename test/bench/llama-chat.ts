import {statSync} from 'node:fs';
import {gguf} from '../../src/adapters/gguf.ts';
import type {LoadSettings} from '../../src/contract/adapter.ts';
import type {AnyEngine} from '../../src/contract/engine.ts';
import {device, threads} from './llama.ts';

const signal: AbortSignal = new AbortController().signal;

/** The adapter as the daemon loads it, in this process; the template adds nothing to the prompt. */
export function loadChat(file: string, settings: LoadSettings): Promise<AnyEngine> {
	const variant = {
		tag: 'bench',
		format: 'gguf',
		files: [{role: 'weights', url: `file://${file}`, bytes: statSync(file).size}],
		options: {template: '{{ messages[0].content }}'},
	};
	return gguf.load(
		{
			id: 'bench',
			manifest: {schema: 1, name: 'bench', family: 'llama', tasks: ['chat'], license: 'none', variants: [variant]},
			variant,
			paths: {weights: file},
		},
		{signal, progress: () => undefined, device, threads, settings},
	);
}

/** Tokens written. */
export async function collectChat(engine: AnyEngine, text: string, maxTokens: number): Promise<number> {
	const request = {messages: [{role: 'user', content: text} as const], maxTokens, sampling: {seed: 1}};
	for await (const event of engine.tasks.chat!(request, {signal, warn: () => undefined}))
		if (event.type === 'chat-end') return event.usage.completionTokens;
	return 0;
}
