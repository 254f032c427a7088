import {z} from 'zod';
import type {TaskStage} from '../../contract/stage.ts';
import {parseWith} from '../parse.ts';
import type {RerankingEvent, RerankingRequest} from '../reranking.ts';

const settingsSchema = z.looseObject({
	/** What the texts shall answer. */
	query: z.string('a question, as in rerank?query=how do I begin'),
	/** So many of the best go on. */
	top: z.int('a whole number').min(1, 'at least 1').default(1),
});

/** The texts of a turn are the documents; the best of them go on, the best first. */
export const rerankingStage: TaskStage<RerankingRequest, RerankingEvent> = {
	takes: 'turn',
	open(settings) {
		const {query, top, ...others} = parseWith(settingsSchema, settings);
		let documents: readonly string[] = [];
		let scores: Array<{readonly index: number; readonly score: number}> = [];
		return {
			request(values) {
				documents = values.flatMap(value =>
					value.medium === 'text' && value.value.trim() !== '' ? [value.value] : [],
				);
				scores = [];
				return documents.length === 0 ? null : {...others, query, documents};
			},
			*packets(event) {
				if (event.type === 'score') scores.push({index: event.index, score: event.score});
				else
					for (const {index} of scores.toSorted((a, b) => b.score - a.score || a.index - b.index).slice(0, top))
						yield {type: 'value', medium: 'text', value: documents[index] ?? ''};
			},
		};
	},
};
