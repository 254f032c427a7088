import type {TaskStage} from '../../contract/stage.ts';
import type {EmbeddingEvent, EmbeddingRequest} from '../embedding.ts';

/** A turn of text is one vector. */
export const embeddingStage: TaskStage<EmbeddingRequest, EmbeddingEvent> = {
	takes: 'turn',
	variant: 'purpose',
	open: settings => ({
		request(values) {
			const text = values.flatMap(value => (value.medium === 'text' ? [value.value] : [])).join('');
			return text.trim() === '' ? null : {...settings, inputs: [text.trim()]};
		},
		*packets(event) {
			if (event.type === 'vector') yield {type: 'value', medium: 'vector', value: event.vector};
		},
	}),
};
