import {isRepository} from '../../client/is-repository.ts';
import {MofaError} from '../../contract/error.ts';
import type {ModelStore} from '../../contract/store.ts';
import {similar} from '../../lib/similar.ts';
import {explainPull} from '../pull/explain-pull.ts';
import {pullModel} from '../pull/pull-model.ts';
import {tellingOf} from '../pull/pull-reporter.ts';
import {quoted} from '../../lib/quoted.ts';
import {ExplainedFailure} from '../report-failure.ts';
import type {Terminal} from '../terminal.ts';

export interface PullOffer {
	readonly store: ModelStore;
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
	readonly yes: boolean;
}

/**
 * Fetches a model that `run` was asked for and that is not here; resolves to its name. The person who watches sees
 * what comes and can stop it; a script has to say `--yes`. Throws the failure to report when nothing can be fetched.
 */
export async function pullMissing(missing: MofaError<'model-not-found'>, offer: PullOffer): Promise<string> {
	const {model} = missing.data;
	const {store, terminal, signal, yes} = offer;
	const known = await knownName(missing, store);
	if (!terminal.stderr.isTerminal && !yes)
		throw new MofaError('model-not-found', {model, similar: [known]}, {cause: missing});
	const telling = tellingOf(terminal, {quiet: false, json: false});
	try {
		const resume = `mofa pull ${quoted(model)}`;
		const pulled = await pullModel({store, model, terminal, telling, yes, signal, resume});
		if (pulled !== null) return pulled.model.name;
	} catch (error) {
		if (MofaError.from(error).code === 'cancelled') throw error;
		throw new ExplainedFailure(await explainPull(error, model), error);
	}
	const declined = {message: `${model} was not downloaded`, next: `mofa fit ${quoted(model)}`};
	throw new ExplainedFailure(declined, new MofaError('does-not-fit', {model, needs: {}, has: {}, passedOver: []}));
}

/** Throws `model-not-found` for what nobody knows, with names of the registry that are near. */
async function knownName(missing: MofaError<'model-not-found'>, store: ModelStore): Promise<string> {
	const {model, similar: here} = missing.data;
	if (isRepository(model)) return model;
	const sizes = (await store.registered()).map(({name}) => name);
	const names = [...new Set(sizes.map(withoutSize))];
	if (names.some(name => name.toLowerCase() === withoutSize(model).toLowerCase())) return model;
	const near = [...new Set([...here, ...similar(model, [...names, ...sizes])])];
	throw new MofaError('model-not-found', {model, similar: near}, {cause: missing});
}

/** Each model is registered by its sizes; the bare name means one of them. */
const withoutSize = (name: string): string => name.replace(/:.*$/, '');
