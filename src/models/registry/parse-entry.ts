import {checkFileName, checkRepository, checkRevision} from '../hub/safe-name.ts';
import type {RegistryEntry} from './entry.ts';

/** What is wrong with an entry, and where: `/sizes/8b/variants/0/files: is missing`. */
export class MalformedEntry extends Error {}

/**
 * Checks what the program relies on, with bounds. The whole schema is held by `npm run registry:check`, whose library would
 * cost the command line a tenth of its start; entries of users come here only. Throws `MalformedEntry`.
 */
export function parseEntry(value: unknown): RegistryEntry {
	const entry = record(value, '');
	if (entry['schema'] !== 1) fail('/schema', 'is not 1: it was written for another version of mofa');
	word(entry['name'], '/name');
	words(entry['aliases'], '/aliases', word);
	for (const key of ['description', 'family', 'license']) text(entry[key], `/${key}`, true);
	if (typeof entry['runs'] !== 'boolean') fail('/runs', 'is neither true nor false');
	if (entry['tasks'] === undefined) fail('/tasks', 'is missing');
	facts(entry, '');
	const companions = new Set<string>();
	for (const [name, files] of entriesOf(entry['companions'] ?? {}, '/companions')) {
		companions.add(name);
		checkFiles(files, `/companions/${name}`);
	}
	const sizes = record(entry['sizes'], '/sizes');
	for (const [name, size] of entriesOf(sizes, '/sizes')) {
		word(name, '/sizes');
		checkSize(record(size, `/sizes/${name}`), `/sizes/${name}`, companions);
	}
	const standard = text(entry['default'], '/default', true);
	if (standard === undefined || !Object.hasOwn(sizes, standard)) fail('/default', 'is none of the sizes');
	return value as RegistryEntry;
}

type Fields = Readonly<Record<string, unknown>>;

const longestText = 1000;
const mostItems = 1000;

function checkSize(size: Fields, place: string, companions: ReadonlySet<string>): void {
	facts(size, place);
	words(size['aliases'], `${place}/aliases`, word);
	for (const key of ['parameters', 'activeParameters', 'contextLength']) count(size[key], `${place}/${key}`);
	text(size['sibling'] ?? undefined, `${place}/sibling`);
	const variants = list(size['variants'], `${place}/variants`);
	if (variants.length === 0) fail(`${place}/variants`, 'is empty');
	for (const [index, variant] of variants.entries()) {
		const at = `${place}/variants/${index}`;
		checkVariant(record(variant, at), at, companions);
	}
}

function checkVariant(variant: Fields, place: string, companions: ReadonlySet<string>): void {
	word(variant['tag'], `${place}/tag`);
	text(variant['format'], `${place}/format`, true);
	text(variant['quantization'], `${place}/quantization`);
	facts(variant, place);
	if (typeof variant['repository'] !== 'string') fail(`${place}/repository`, 'is no repository');
	checkSource(variant, place);
	checkFiles(variant['files'], `${place}/files`);
	if (variant['companions'] === undefined) return;
	for (const name of list(variant['companions'], `${place}/companions`))
		if (typeof name !== 'string' || !companions.has(name))
			fail(`${place}/companions`, 'names files that are not there');
}

function checkFiles(value: unknown, place: string): void {
	const files = list(value, place);
	if (files.length === 0) fail(place, 'is empty');
	for (const [index, item] of files.entries()) {
		const file = record(item, `${place}/${index}`);
		text(file['role'], `${place}/${index}/role`, true);
		guarded(`${place}/${index}/file`, () => checkFileName(file['file'], 'the entry'));
		count(file['bytes'], `${place}/${index}/bytes`);
		checkSource(file, `${place}/${index}`);
	}
}

function checkSource({repository, revision}: Fields, place: string): void {
	if (repository !== undefined)
		guarded(`${place}/repository`, () => checkRepository(text(repository, place, true) ?? ''));
	if (revision !== undefined) guarded(`${place}/revision`, () => checkRevision(text(revision, place, true) ?? ''));
}

/** What a line, a size or a build may say. */
function facts(fields: Fields, place: string): void {
	for (const key of ['family', 'license', 'licenseUrl', 'because']) text(fields[key], `${place}/${key}`);
	for (const key of ['tasks', 'accepts', 'languages', 'voices']) words(fields[key], `${place}/${key}`, text);
	for (const key of ['runs', 'gated', 'nonCommercial'])
		if (!['boolean', 'undefined'].includes(typeof fields[key])) fail(`${place}/${key}`, 'is neither true nor false');
	if (fields['options'] !== undefined) record(fields['options'], `${place}/options`);
}

/** The house's own checks say it in words already. */
function guarded(place: string, check: () => void): void {
	try {
		check();
	} catch {
		fail(place, 'is no harmless name');
	}
}

function record(value: unknown, place: string): Fields {
	if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
	return fail(place, value === undefined ? 'is missing' : 'is no object');
}

function entriesOf(value: unknown, place: string): ReadonlyArray<[string, unknown]> {
	const entries = Object.entries(record(value, place));
	return entries.length > mostItems ? fail(place, `has more than ${mostItems} items`) : entries;
}

function list(value: unknown, place: string): readonly unknown[] {
	if (!Array.isArray(value)) return fail(place, value === undefined ? 'is missing' : 'is no list');
	return value.length > mostItems ? fail(place, `has more than ${mostItems} items`) : value;
}

function words(value: unknown, place: string, check: (item: unknown, place: string) => unknown): void {
	if (value === undefined) return;
	for (const item of list(value, place)) if (check(item, place) === undefined) fail(place, 'holds what is no text');
}

function text(value: unknown, place: string, needed = false): string | undefined {
	if (value === undefined && !needed) return undefined;
	if (typeof value !== 'string' || value === '') return fail(place, value === undefined ? 'is missing' : 'is no text');
	return value.length > longestText ? fail(place, `is longer than ${longestText} characters`) : value;
}

function word(value: unknown, place: string): string {
	const found = text(value, place, true) ?? '';
	return /^[a-z0-9][a-z0-9._-]{0,59}$/.test(found)
		? found
		: fail(place, 'is no word of small letters, digits, ".", "-" and "_"');
}

function count(value: unknown, place: string): void {
	const good = value === null || value === undefined || (Number.isSafeInteger(value) && Number(value) > 0);
	if (!good) fail(place, 'is no whole number above zero');
}

function fail(place: string, problem: string): never {
	throw new MalformedEntry(`${place || '/'}: ${problem}`);
}
