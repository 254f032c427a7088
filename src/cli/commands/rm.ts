import type {Client} from '../../client/client.ts';
import type {Explanation} from '../../client/explain.ts';
import {MofaError} from '../../contract/error.ts';
import type {ModelReport} from '../../contract/report.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {quoted} from '../../lib/quoted.ts';
import {confirm} from '../confirm.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {ExplainedFailure, usageFailure} from '../report-failure.ts';
import {writeLine} from '../terminal.ts';

/** Every name is looked up before anything is deleted, so a misspelt one costs nothing. */
export async function run({client: connect, words, options, terminal}: Invocation): Promise<number> {
	const client = await connect();
	const listed = await client.models();
	const removals: Removal[] = [];
	for (const word of words) removals.push(await removalOf(word, listed, client));
	const answer = await confirm(terminal, questionOf(removals), {yes: isOn(options, 'yes'), byDefault: false});
	if (answer === 'unasked') return usageFailure(terminal, 'nobody is there to confirm the deletion', 'add --yes');
	if (answer === 'no') {
		await writeLine(terminal.stderr, 'nothing was deleted');
		return exitCodes.failure;
	}
	for (const removal of removals) {
		const {freedBytes} = await client.removeModel(removal.name, {force: isOn(options, 'force')});
		await writeLine(terminal.stdout, toldOf(removal, freedBytes));
	}
	return exitCodes.ok;
}

interface Removal {
	readonly kind: 'model' | 'download' | 'second-name';
	/** What the store is asked to remove. */
	readonly name: string;
	readonly model: Pick<ModelReport, 'name' | 'bytes'>;
}

/** 1. a second name leaves its model alone, 2. a whole model, 3. what there is of one that was not fetched whole. */
async function removalOf(word: string, listed: readonly ModelReport[], client: Client): Promise<Removal> {
	const typed = word.trim().toLowerCase();
	// 1.
	const aliased = listed.find(({aliases}) => aliases.some(alias => alias.toLowerCase() === typed));
	if (aliased !== undefined) return {kind: 'second-name', name: word.trim(), model: aliased};
	// 3. before 2., which has no words for it
	const unfinished = listed.find(({name, state}) => state === 'partial' && name.toLowerCase() === typed);
	if (unfinished !== undefined) return {kind: 'download', name: unfinished.name, model: unfinished};
	// 2.
	const model = await client.model(resolveModelName(word));
	const kept = whyKept(model);
	if (kept !== null)
		throw new ExplainedFailure(kept, new MofaError('invalid-request', {path: 'model', expected: kept.message}));
	return {kind: 'model', name: model.name, model};
}

/** What is not mofa's to delete is said before anybody is asked whether to. */
function whyKept({name, source, origin}: ModelReport): Explanation | null {
	if (source === 'starter') return {message: `${name} ships with mofa, and is not deleted`, next: null};
	if (source === 'plugin')
		return {message: `${name} goes with its plugin`, next: `mofa plugin remove ${quoted(origin ?? '')}`};
	return source === 'file' ? {message: `${name} is a file of yours`, next: 'delete the file itself'} : null;
}

function questionOf(removals: readonly Removal[]): string {
	const freed = removals.filter(({kind}) => kind !== 'second-name');
	const size = formatByteSize(freed.reduce((sum, {model}) => sum + model.bytes, 0));
	if (freed.length > 0) return `Delete ${removals.map(({name}) => name).join(', ')} (${size})?`;
	return `Forget ${removals.map(({name, model}) => `${name}, a second name of ${model.name}`).join('; ')}?`;
}

function toldOf({kind, name, model}: Removal, freedBytes: number): string {
	if (kind === 'second-name') return `forgot ${name}; ${model.name} stays`;
	const what = kind === 'download' ? `the unfinished download of ${name}` : name;
	return `deleted ${what}, freed ${formatByteSize(freedBytes)}`;
}
