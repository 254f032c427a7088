import type {CutTexts, Warning} from '../contract/task.ts';

/** Of texts that are longer than a model reads. `documents` share what it reads with a question. */
export function cutWarning(setting: 'inputs' | 'documents', cut: CutTexts): Warning {
	const {texts, of, tokens} = cut;
	const room = `${tokens} tokens this model reads${setting === 'documents' ? ' beside the question' : ''}`;
	return {
		setting,
		message:
			of === 1
				? `the text is longer than the ${room}: its beginning counts`
				: `${texts} of ${of} texts are longer than the ${room}: their beginnings count`,
		cut,
	};
}
