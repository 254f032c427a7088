import {MofaError} from '../../contract/error.ts';
import type {ReplyHeaders} from './exchange.ts';
import type {RepositoryFile} from './hub.ts';
import {parseTreePage, unexpectedAnswer} from './parse-answers.ts';

interface Page {
	readonly value: unknown;
	readonly headers: ReplyHeaders;
	readonly url: URL;
}

/** Files of one repository; what has more is a data set, not a model. */
const mostFiles = 100_000;
/** The Hub sends a thousand entries each, folders among them. */
const mostPages = 1000;

/** Every file of a commit, page by page. Throws `model-invalid` for too many files, and for a name that is refused. */
export async function listTree(
	repository: string,
	commit: string,
	endpoint: string,
	ask: (url: URL) => Promise<Page>,
): Promise<readonly RepositoryFile[]> {
	const files = new Map<string, RepositoryFile>();
	let next: URL | null = new URL(
		`${endpoint}/api/models/${repository}/tree/${encodeURIComponent(commit)}?recursive=true&expand=false`,
	);
	for (let pages = 0; next !== null; pages += 1) {
		if (files.size > mostFiles || pages === mostPages)
			throw new MofaError('model-invalid', {model: repository, problem: `it has more than ${mostFiles} files`});
		const {value, headers, url}: Page = await ask(next);
		for (const entry of parseTreePage(value, repository, url.host)) {
			// Two answers about one name cannot both be true.
			if (files.has(entry.file)) throw unexpectedAnswer(url.host);
			files.set(entry.file, entry);
		}
		next = nextPage(headers['link'], url, endpoint);
	}
	return [...files.values()];
}

/** The next page must be on the same host: a listing is no reason to talk to another. Mirrors name the Hub's own. */
function nextPage(link: string | undefined, from: URL, endpoint: string): URL | null {
	const target = /<([^<>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
	if (target === undefined) return null;
	if (!URL.canParse(target, from.href)) throw unexpectedAnswer(from.host);
	const next = new URL(target, from);
	if (next.origin === from.origin) return next;
	if (next.origin === 'https://huggingface.co') return new URL(endpoint + next.pathname + next.search);
	throw unexpectedAnswer(from.host);
}
