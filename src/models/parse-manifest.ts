import type {ModelManifest} from '../contract/manifest.ts';

/** What is wrong with a manifest, and where: `variants.0.files.1.url: is no path beside it`. */
export class MalformedManifest extends Error {
	override readonly name = 'MalformedManifest';
}

/**
 * A manifest that did not come with mofa: what the program relies on is checked, with bounds. Its files lie beside it.
 * Throws `MalformedManifest`. Pure.
 */
export function parseManifest(value: unknown): ModelManifest {
	const manifest = record(value, 'the manifest');
	if (manifest['schema'] !== 1) fail('schema', 'is not 1');
	word(manifest['name'], 'name', /^[a-z0-9][\w.-]{0,63}$/i);
	word(manifest['family'], 'family', /^[\w.+-]{1,80}$/);
	word(manifest['license'], 'license', /^[^\n]{1,200}$/);
	for (const [index, task] of list(manifest['tasks'], 'tasks').entries())
		word(task, `tasks.${index}`, /^[a-z][a-z0-9-]{0,63}$/);
	for (const [index, medium] of list(manifest['accepts'] ?? [], 'accepts').entries())
		word(medium, `accepts.${index}`, /^[a-z][a-z0-9-]{0,63}$/);
	if (manifest['description'] !== undefined) word(manifest['description'], 'description', /^[^\n]{1,1000}$/);
	const variants = list(manifest['variants'], 'variants');
	if (variants.length === 0) fail('variants', 'is empty');
	for (const [index, variant] of variants.entries()) checkVariant(variant, `variants.${index}`);
	return value as ModelManifest;
}

function checkVariant(value: unknown, place: string): void {
	const variant = record(value, place);
	word(variant['tag'], `${place}.tag`, /^[\w.-]{1,64}$/);
	word(variant['format'], `${place}.format`, /^[\w.-]{1,64}$/);
	if (variant['options'] !== undefined) record(variant['options'], `${place}.options`);
	for (const [index, item] of list(variant['files'], `${place}.files`).entries()) {
		const at = `${place}.files.${index}`;
		const file = record(item, at);
		word(file['role'], `${at}.role`, /^[\w.-]{1,64}$/);
		const {url, bytes} = file;
		if (typeof url !== 'string' || !/^(\.\/)?[\w.-]+(\/[\w.-]+)*$/.test(url) || url.split('/').includes('..'))
			fail(`${at}.url`, 'is no path beside it, such as ./model.onnx');
		if (bytes !== undefined && !Number.isSafeInteger(bytes)) fail(`${at}.bytes`, 'is no number of bytes');
	}
}

type Fields = Readonly<Record<string, unknown>>;

const most = 1000;

function record(value: unknown, place: string): Fields {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(place, 'is no object');
	return value as Fields;
}

function list(value: unknown, place: string): readonly unknown[] {
	return Array.isArray(value) && value.length <= most ? value : fail(place, `is no list of at most ${most}`);
}

function word(value: unknown, place: string, pattern: RegExp): void {
	if (typeof value !== 'string' || !pattern.test(value)) fail(place, 'is missing, or nothing that can stand there');
}

function fail(place: string, what: string): never {
	throw new MalformedManifest(`${place}: ${what}`);
}
