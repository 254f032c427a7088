import type {Warning} from '../../contract/task.ts';
import {isEmpty} from './is-empty.ts';

/** Warnings of one request, and characters of a name in them. */
const mostWarnings = 64;
const longestName = 128;

/**
 * One warning for each field inside `given` that asks for something and that the schema which made `parsed` has never heard of,
 * named by its path: `messages[2].cache_control`. What the schema left alone, as it does JSON of the client's own, is not
 * looked into.
 */
export function droppedFields(given: unknown, parsed: unknown, at = ''): readonly Warning[] {
	const warnings: Warning[] = [];
	for (const setting of dropped(given, parsed, at)) {
		if (warnings.length === mostWarnings) break;
		warnings.push({setting, message: 'not a parameter of this endpoint; ignored'});
	}
	return warnings;
}

function* dropped(given: unknown, parsed: unknown, at: string): Generator<string> {
	// A text stands for a list of one text in places: then there is nothing to compare.
	if (given === parsed || !isObject(given) || !isObject(parsed) || Array.isArray(given) !== Array.isArray(parsed))
		return;
	for (const [name, value] of Object.entries(given)) {
		if (isEmpty(value)) continue;
		const path = Array.isArray(given) ? `${at}[${name}]` : `${at}${at === '' ? '' : '.'}${name.slice(0, longestName)}`;
		const kept = Object.hasOwn(parsed, name) ? parsed[name] : undefined;
		if (kept === undefined) yield path;
		else yield* dropped(value, kept, path);
	}
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null;
