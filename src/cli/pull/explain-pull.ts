import type {Explanation} from '../../client/explain.ts';
import {MofaError} from '../../contract/error.ts';
import {quoted} from '../../lib/quoted.ts';

/** A failure of a pull or a fit, where the general words would be about this machine instead of the Hub. */
export async function explainPull(error: unknown, model: string): Promise<Explanation> {
	const {explain} = await import('../../client/explain.ts');
	const general = explain(error);
	if (MofaError.is(error, 'model-not-found')) {
		const {similar, model: missing} = error.data;
		return {
			message: notFound(model, missing),
			next: similar.length > 0 ? `did you mean ${similar.join(', ')}?` : `mofa search ${quoted(wordsOf(model))}`,
		};
	}
	// What the store expects of a name follows; for a hosted service's name that it means a default model.
	if (MofaError.is(error, 'invalid-request') && error.data.path === 'model')
		return {message: `"${model}" cannot be downloaded: it should be ${error.data.expected}`, next: null};
	if (MofaError.is(error, 'does-not-fit'))
		return {
			...general,
			next: `mofa fit ${quoted(model)} shows every variant; mofa pull ${quoted(model)} --yes downloads it all the same`,
		};
	return general;
}

/** A short name may be known while the repository behind it is gone. */
function notFound(model: string, missing: string): string {
	if (model.includes('/')) return `the Hub has no model called "${model}", or you may not see it`;
	if (missing.includes('/')) return `the Hub does not have ${missing}, where "${model}" is kept, or you may not see it`;
	return `no model called "${model}" is known`;
}

/** `org/Some_Model:Q4` is worth a search for `Some Model`. */
function wordsOf(model: string): string {
	const name = model.replace(/[:@].*$/, '').replace(/^.*\//, '');
	return name.replaceAll(/[_-]+/g, ' ').trim() || model;
}
