import * as z from 'zod';
import type {TaskStage} from '../../contract/stage.ts';
import type {CompletionEvent, CompletionRequest} from '../completion.ts';
import {parseWith} from '../parse.ts';
import {sampling} from './chat.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const settingsSchema = z.looseObject({
	maxTokens: z.int().min(0).optional(),
	stop: z.union([text.transform(one => [one]), z.array(z.string())]).optional(),
	suffix: text.optional(),
});

/** A turn of text, as it is, goes on as the model continues it. */
export const completionStage: TaskStage<CompletionRequest, CompletionEvent> = {
	takes: 'turn',
	open(settings) {
		const {maxTokens, stop, suffix, ...others} = parseWith(settingsSchema, settings);
		const frame = {
			...(maxTokens === undefined ? {} : {maxTokens}),
			...(stop === undefined ? {} : {stop}),
			...(suffix === undefined ? {} : {suffix}),
			...(Object.keys(others).length === 0 ? {} : {sampling: sampling(others)}),
		};
		return {
			request(values) {
				const prompt = values.flatMap(value => (value.medium === 'text' ? [value.value] : [])).join('');
				return prompt.trim() === '' ? null : {...frame, prompt};
			},
			*packets(event) {
				if (event.type === 'text-delta') yield {type: 'value', medium: 'text', value: event.text};
			},
		};
	},
};
