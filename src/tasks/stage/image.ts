import type {TaskStage} from '../../contract/stage.ts';
import type {ImageEvent, ImageRequest} from '../image.ts';

/** A turn of text is a prompt; a picture that comes with it is where the drawing begins. */
export const imageStage: TaskStage<ImageRequest, ImageEvent> = {
	takes: 'turn',
	open: settings => ({
		request(values) {
			const prompt = values
				.flatMap(value => (value.medium === 'text' ? [value.value] : []))
				.join('')
				.trim();
			const first = values.flatMap(value => (value.medium === 'image' ? [value.value] : []))[0];
			if (prompt === '' && first === undefined) return null;
			return {...settings, prompt, ...(first === undefined ? {} : {image: first})};
		},
		*packets(event) {
			if (event.type === 'image') yield {type: 'value', medium: 'image', value: event.image};
		},
	}),
};
