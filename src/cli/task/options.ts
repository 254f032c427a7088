import {MofaError} from '../../contract/error.ts';
import {isOn, listOf, textOf, type Options} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';

export interface TaskOptions {
	/** Null: the default one of the task. */
	readonly model: string | null;
	/** Fields of the request. */
	readonly fields: Readonly<Record<string, unknown>>;
	/** The file of a whole request, `-` for standard input. */
	readonly request: string | null;
	/** A path, `-` for standard output, or null where nothing was said. */
	readonly output: string | null;
	readonly json: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export function readTaskOptions(options: Options): TaskOptions {
	const model = textOf(options, 'model');
	return {
		model: model === undefined ? null : resolveModelName(model),
		fields: Object.fromEntries(listOf(options, 'set').map(fieldOf)),
		request: textOf(options, 'request') ?? null,
		output: textOf(options, 'output') ?? null,
		json: isOn(options, 'json'),
		daemon: isOn(options, 'daemon'),
	};
}

/** `top=3` is a number, `name=cat` a text, and `labels=["a"]` a list. */
function fieldOf(text: string): readonly [string, unknown] {
	const at = text.indexOf('=');
	if (at < 1) throw new MofaError('invalid-request', {path: '--set', expected: `name=value, not "${text}"`});
	const value = text.slice(at + 1);
	try {
		return [text.slice(0, at), JSON.parse(value) as unknown];
	} catch {
		return [text.slice(0, at), value];
	}
}
