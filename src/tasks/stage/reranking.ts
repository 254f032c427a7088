import * as z from 'zod';
import type {TaskStage} from '../../contract/stage.ts';
import {parseWith} from '../parse.ts';
import type {RerankingEvent, RerankingRequest} from '../reranking.ts';

const settingsSchema = z.looseObject({
	/** What the texts shall answer. */
	query: z.string('a question'),
	/** So many of the best go on. */
	top: z.int('a whole number').min(1, 'at least 1').default(1),
});

/** The texts of a turn are the documents, of a single one its lines; the best of them go on, the best first. */
export const rerankingStage: TaskStage<RerankingRequest, RerankingEvent> = {
	takes: 'turn',
	open(settings) {
		const {query, top, ...others} = parseWith(settingsSchema, settings);
		let documents: readonly string[] = [];
		let scores: Array<{readonly index: number; readonly score: number}> = [];
		return {
			request(values) {
				documents = documentsOf(values.flatMap(value => (value.medium === 'text' ? [value.value] : [])));
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

/** Lines stay lines where they go on, so whoever prints them shows each on its own. */
function documentsOf(texts: readonly string[]): readonly string[] {
	const filled = texts.filter(text => text.trim() !== '');
	const [only = ''] = filled;
	if (filled.length !== 1 || !only.trim().includes('\n')) return filled;
	return only
		.split(/\r?\n/)
		.filter(line => line.trim() !== '')
		.map(line => `${line}\n`);
}
