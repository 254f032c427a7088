import type {AnyValue, PipelineForm} from '../../contract/stage.ts';
import type {ChatEvent, ChatMessage, ChatRequest} from '../chat.ts';
import {leftToStages} from './left-to-stages.ts';
import {textOf, textValue} from './text-of.ts';
import {writtenText} from './written-text.ts';

/** The last question goes in. What was said before does not: only a stage could remember it, and each request is a run. */
export const chatFromPipeline: PipelineForm<ChatRequest, ChatEvent> = {
	async *values({messages, ...settings}, warn) {
		leftToStages(settings, warn);
		const question = messages.findLast(({role}) => role === 'user');
		if (messages.some(message => message !== question))
			warn({setting: 'messages', message: 'only the last question goes into a saved pipeline'});
		if (question !== undefined) yield* valuesOf(question);
	},
	async *events(values, _request, statistics) {
		for await (const text of textOf(values)) yield {type: 'text-delta', text};
		yield {type: 'chat-end', reason: 'stop', usage: writtenText(statistics())};
	},
};

function* valuesOf({content}: ChatMessage): Generator<AnyValue> {
	if (typeof content === 'string') {
		yield textValue(content);
		return;
	}
	for (const part of content)
		if (part.type === 'text') yield textValue(part.text);
		else if (part.type === 'image') yield {type: 'value', medium: 'image', value: part.image};
		else yield {type: 'value', medium: 'audio', value: part.audio};
}
