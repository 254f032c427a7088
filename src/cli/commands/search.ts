import type {SearchHit} from '../../contract/store.ts';
import {MofaError} from '../../contract/error.ts';
import {exitCodes} from '../exit-code.ts';
import {relativeTime} from '../human-time.ts';
import {isOn, textOf, type Invocation, type Options} from '../invocation.ts';
import {folderQuestion} from '../search/question.ts';
import {Spinner} from '../spinner.ts';
import {styled} from '../style.ts';
import {table} from '../table.ts';
import {writeLine, type Output} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** A folder and a question are about its files; any other words look for models. */
export async function run(invocation: Invocation): Promise<number> {
	const {words, options, terminal} = invocation;
	const about = folderQuestion(words);
	if (about !== null) {
		const {searchPassages} = await import('../search/search-passages.ts');
		return searchPassages(about, invocation);
	}
	const query = words.join(' ');
	const hits = await ask(query, invocation);
	if (isOn(options, 'json')) await writeJson(terminal.stdout, hits);
	else if (hits.length > 0) await terminal.stdout.write(hitTable(hits, terminal.stdout));
	else await writeLine(terminal.stderr, `nothing that mofa can run matches "${query}"; fewer words find more`);
	return exitCodes.ok;
}

async function ask(query: string, {store, options, terminal, signal}: Invocation): Promise<readonly SearchHit[]> {
	const limit = readLimit(options);
	using spinner = new Spinner(terminal);
	spinner.show('searching');
	return await (await store()).search({query, task: textOf(options, 'task') ?? null, limit}, signal);
}

function readLimit(options: Options): number {
	const text = textOf(options, 'limit') ?? '20';
	const limit = Number(text);
	if (Number.isInteger(limit) && limit >= 1 && limit <= 100) return limit;
	throw new MofaError('invalid-request', {path: '--limit', expected: `a number from 1 to 100, not "${text}"`});
}

function hitTable(hits: readonly SearchHit[], stdout: Output): string {
	const now = Date.now();
	return table(
		['NAME', 'TASK', 'FORMAT', 'DOWNLOADS', 'LIKES', 'UPDATED', 'NOTE'],
		hits.map(hit => [
			hit.name,
			hit.task ?? '-',
			hit.format,
			hit.source === 'registry' && hit.downloads === 0 ? '-' : readableCount(hit.downloads),
			hit.source === 'registry' && hit.likes === 0 ? '-' : readableCount(hit.likes),
			hit.updatedAt === null ? '-' : relativeTime(hit.updatedAt, now),
			noteOf(hit),
		]),
		(cell, _, row) => (hits[row]?.runs === false ? styled(stdout, 'dim', cell) : cell),
		stdout,
	);
}

function noteOf({sizes, gated, runs, because}: SearchHit): string {
	return [
		...(runs && sizes.length > 0 ? [sizesText(sizes)] : []),
		...(gated ? ['licence to accept first'] : []),
		...(runs ? [] : [because ?? 'does not run here']),
	].join('; ');
}

/** Lines of voices have more than a hundred. */
function sizesText(sizes: readonly string[]): string {
	const shown = sizes.slice(0, 8).join(', ');
	return sizes.length > 8 ? `${shown} and ${sizes.length - 8} more` : shown;
}

function readableCount(count: number): string {
	if (count >= 999_500) return `${(count / 1e6).toFixed(1)}M`;
	return count >= 1000 ? `${Math.round(count / 1000)}k` : String(count);
}
