import os from 'node:os';
import path from 'node:path';
import {MofaError} from '../contract/error.ts';

/** What a user types to mean a model. */
export type ModelName =
	| {readonly kind: 'path'; readonly path: string}
	/** One word, of the registry, an alias or what ships with mofa; the tag is a size, a build, or both: `8b-q8_0`. */
	| {readonly kind: 'registered'; readonly name: string; readonly tag: string | null}
	/** A repository of the Hub; the variant is a build (`Q4_K_M`), the revision a branch, a tag or a commit. */
	| {
			readonly kind: 'repository';
			readonly repository: string;
			readonly variant: string | null;
			readonly revision: string | null;
	  };

/**
 * ```
 * name       = path | [address] repository ["@" revision] [":" variant] | word [":" tag]
 * address    = ["https://"] ("hf.co" | "huggingface.co") "/"
 * repository = word "/" word
 * path       = "./…" | "../…" | "/…" | "~/…" | "C:\…" | "….gguf"
 * ```
 * Throws `invalid-request` saying what is wrong with it. Upper and lower case are kept; who compares ignores them.
 */
export function parseName(text: string, workingFolder: string = process.cwd()): ModelName {
	const trimmed = text.trim();
	if (trimmed === '') throw invalid('the name of a model', 'nothing');
	if (trimmed.length > longest) throw invalid(`a name of at most ${longest} characters`, `${trimmed.length}`);
	if (/^~(?=[/\\]|$)/.test(trimmed)) return {kind: 'path', path: path.join(os.homedir(), trimmed.slice(1))};
	if (looksLikePath(trimmed)) return {kind: 'path', path: path.resolve(workingFolder, trimmed)};
	const atHub = address.exec(trimmed);
	return atHub === null && !trimmed.includes('/')
		? registered(trimmed)
		: repository(trimmed.slice(atHub?.[0].length ?? 0));
}

/** As a user would type it. */
export function formatName(name: ModelName): string {
	if (name.kind === 'path') return name.path;
	if (name.kind === 'registered') return name.tag === null ? name.name : `${name.name}:${name.tag}`;
	const revision = name.revision === null ? '' : `@${name.revision}`;
	return `${name.repository}${revision}${name.variant === null ? '' : `:${name.variant}`}`;
}

const longest = 4096;
const address = /^(?:https?:\/\/)?(?:www\.)?(?:hf\.co|huggingface\.co)\//i;
const word = /^[A-Za-z0-9][\w.-]*$/;
const revisionForm = /^[\w][\w./-]*$/;

function looksLikePath(text: string): boolean {
	return /^(\.{1,2}([/\\]|$)|[/\\]|[a-z]:[/\\])/i.test(text) || (/\.gguf$/i.test(text) && !address.test(text));
}

function registered(text: string): ModelName {
	const [name = '', ...rest] = text.split(':');
	const tag = rest.join(':');
	if (!word.test(name)) throw invalid('a name of letters, digits, ".", "-" and "_"', text);
	if (rest.length > 0 && !word.test(tag))
		throw invalid('a size or a build after the colon, such as 8b or 8b-q8_0', text);
	return {kind: 'registered', name, tag: rest.length === 0 ? null : tag};
}

function repository(text: string): ModelName {
	// The address of a page: https://huggingface.co/org/repo/tree/main
	const page = /^([^/]+\/[^/]+)\/(?:tree|blob|resolve)\/([^/?#]+)/.exec(text);
	const plain = page === null ? text.replace(/[/?#]+$/, '') : `${page[1]}@${page[2]}`;
	const match = /^([^/@:]+\/[^/@:]+)(?:@([^:]+))?(?::(.+))?$/.exec(plain);
	const [, name, revision = null, variant = null] = match ?? [];
	const [owner = '', model = ''] = name?.split('/') ?? [];
	if (!word.test(owner) || !word.test(model) || /\.\./.test(plain))
		throw invalid('a repository such as org/name', text);
	if (revision !== null && !revisionForm.test(revision)) throw invalid('a branch, a tag or a commit after the @', text);
	if (variant !== null && !/^[\w./-]+$/.test(variant)) throw invalid('a build after the colon, such as Q4_K_M', text);
	return {kind: 'repository', repository: `${owner}/${model}`, variant, revision};
}

function invalid(expected: string, found: string): MofaError {
	return new MofaError('invalid-request', {path: 'model', expected: `${expected}, not "${found.slice(0, 80)}"`});
}
