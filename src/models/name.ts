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
 * The address of a page of a repository is understood as well, of a file too: it stands for the build with that file.
 * Throws `invalid-request` saying what is wrong with it. Upper and lower case are kept; who compares ignores them.
 */
export function parseName(text: string, workingFolder: string = process.cwd()): ModelName {
	const trimmed = text.trim();
	if (trimmed === '') throw invalid('the name of a model', 'nothing');
	if (trimmed.length > longest) throw invalid(`a name of at most ${longest} characters`, `${trimmed.length} of them`);
	if (hasControl(trimmed)) throw invalid('a name without control characters', trimmed);
	if (/^~(?=[/\\]|$)/.test(trimmed)) return {kind: 'path', path: path.resolve(os.homedir(), `.${trimmed.slice(1)}`)};
	if (isPath(trimmed)) return {kind: 'path', path: absolute(trimmed, workingFolder)};
	const atHub = address.exec(trimmed);
	if (atHub === null && /^[a-z]+:\/\//i.test(trimmed))
		throw invalid('a name, or an address on huggingface.co', trimmed);
	return atHub === null && !trimmed.includes('/')
		? registered(trimmed)
		: repository(trimmed.slice(atHub?.[0].length ?? 0), atHub !== null);
}

/** As a user would type it. */
export function formatName(name: ModelName): string {
	if (name.kind === 'path') return name.path;
	if (name.kind === 'registered') return name.tag === null ? name.name : `${name.name}:${name.tag}`;
	const revision = name.revision === null ? '' : `@${name.revision}`;
	return `${name.repository}${revision}${name.variant === null ? '' : `:${name.variant}`}`;
}

const longest = 4096;
/** No repository, branch or build has a longer name. */
const longestWord = 200;
const hasControl = (text: string): boolean => /\p{Cc}/u.test(text);
const address = /^(?:https?:\/\/)?(?:www\.)?(?:hf\.co|huggingface\.co)\//i;
const word = /^[A-Za-z0-9][\w.-]*$/;

function isPath(text: string): boolean {
	if (/^(\.{1,2}([/\\]|$)|[/\\]|[a-z]:[/\\])/i.test(text)) return true;
	// `org/repo:file.gguf` names a build by its file.
	return /\.gguf$/i.test(text) && !address.test(text) && !/^[^/\\:]+\/[^/\\:]+:./.test(text);
}

/** A drive means nothing elsewhere than on Windows, and a folder of that name is not what was meant. */
const absolute = (text: string, workingFolder: string): string =>
	/^[a-z]:[/\\]/i.test(text) && !path.isAbsolute(text) ? text : path.resolve(workingFolder, text);

function registered(text: string): ModelName {
	const colon = text.indexOf(':');
	const name = colon < 0 ? text : text.slice(0, colon);
	const tag = colon < 0 ? null : text.slice(colon + 1);
	if (!isWord(name)) throw invalid('a name of letters, digits, ".", "-" and "_"', text);
	if (tag !== null && !isWord(tag)) throw invalid('a size or a build after the colon, such as 8b or 8b-q8_0', text);
	return {kind: 'registered', name, tag};
}

function repository(text: string, isAddress: boolean): ModelName {
	const plain = isAddress ? text.replace(/[?#].*$/, '').replace(/\/+$/, '') : text;
	const page = isAddress ? /^([^/]+\/[^/@:]+)\/(tree|blob|resolve)\/([^/]+)(?:\/(.*))?$/.exec(plain) : null;
	const match = /^([^/@:]+)\/([^/@:]+)(?:@([^:]*))?(?::(.*))?$/.exec(page?.[1] ?? plain);
	const [, owner = '', model = '', afterAt = null, afterColon = null] = match ?? [];
	const revision = page === null ? afterAt : decoded(page[3]);
	const variant = page === null ? afterColon : page[2] === 'tree' ? null : buildOf(decoded(page[4]));
	if (!isWord(owner) || !isWord(model) || model.includes('..')) throw invalid('a repository such as org/name', text);
	if (revision !== null && !isRevision(revision)) throw invalid('a branch, a tag or a commit after the @', text);
	if (variant !== null && !isVariant(variant)) throw invalid('a build after the colon, such as Q4_K_M', text);
	return {kind: 'repository', repository: `${owner}/${model}`, variant, revision};
}

const isWord = (text: string): boolean => text.length <= longestWord && word.test(text);

const isRevision = (text: string): boolean =>
	text.length <= longestWord && /^\w[\w./-]*$/.test(text) && !text.includes('..') && !text.endsWith('/');

const isVariant = (text: string): boolean =>
	text.length <= longestWord && /^\w[\w./-]*$/.test(text) && !text.includes('..');

/** A file is named by what stands before its ending: no two builds share that. Others than weights name none. */
function buildOf(file: string): string | null {
	const match = /([^/]+?)(?:-\d{5}-of-\d{5})?\.(?:gguf|onnx|safetensors)$/i.exec(file);
	return match?.[1] ?? null;
}

function decoded(text: string | undefined): string {
	try {
		return decodeURIComponent(text ?? '');
	} catch {
		return text ?? '';
	}
}

function invalid(expected: string, found: string): MofaError {
	const shown = JSON.stringify(found.slice(0, 80));
	return new MofaError('invalid-request', {path: 'model', expected: `${expected}, not ${shown}`});
}
