import type {Warning} from '../../contract/task.ts';
import type {TranscriptionRequest} from '../../tasks/transcription.ts';
import {invalid} from '../envelope.ts';
import {keepAliveOf} from './generation-fields.ts';

const formats = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;

export type TranscriptionFormat = (typeof formats)[number];

export interface TranscriptionAsk {
	readonly model: string;
	/** All but the sound. */
	readonly request: Omit<TranscriptionRequest, 'audio'>;
	readonly format: TranscriptionFormat;
	readonly stream: boolean;
	/** What `verbose_json` tells the times of. */
	readonly granularities: ReadonlySet<'word' | 'segment'>;
	readonly keepAlive?: number | undefined;
	readonly warnings: readonly Warning[];
}

const known: ReadonlySet<string> = new Set(
	'file model language languages prompt response_format temperature timestamp_granularities stream keep_alive'.split(
		' ',
	),
);
/** They ask for nothing that could be missed: mofa cuts long sound by itself. */
const harmless: ReadonlySet<string> = new Set(['user', 'metadata', 'chunking_strategy']);

/** OpenAI's form as our transcription task has it. Throws `invalid-request` in the client's own words. */
export function parseTranscription(
	form: ReadonlyMap<string, readonly string[]>,
	task: 'transcribe' | 'translate',
): TranscriptionAsk {
	const fields = new Fields(form);
	const format = formatOf(fields.text('response_format'));
	const granularities = granularitiesOf(fields.list('timestamp_granularities'), format);
	const stream = fields.boolean('stream');
	if (stream && format !== 'json' && format !== 'text')
		throw invalid('stream', `false for ${format}: only text can be streamed`);
	const language = languageOf(fields);
	const temperature = fields.number('temperature', 0, 1);
	const prompt = fields.text('prompt');
	if (task === 'translate' && language !== undefined) throw invalid('language', 'nothing: a translation is English');
	return {
		model: fields.required('model'),
		request: {
			...(language === undefined ? {} : {language}),
			...(prompt === undefined ? {} : {prompt}),
			// OpenAI's own default stands for as certain as it can be, which is what an absent one is here.
			...(temperature === undefined || temperature === 0 ? {} : {temperature}),
			...(granularities.has('word') ? {words: true} : {}),
			...(task === 'translate' ? {translate: true} : {}),
		},
		format,
		stream,
		granularities,
		keepAlive: keepAliveOf(fields.text('keep_alive')),
		warnings: fields.unknown(),
	};
}

/** A list's name is written with brackets after it, or without. */
class Fields {
	readonly #form: ReadonlyMap<string, readonly string[]>;

	constructor(form: ReadonlyMap<string, readonly string[]>) {
		this.#form = form;
	}

	text(name: string): string | undefined {
		const value = this.#form.get(name)?.at(-1);
		return value === undefined || value === '' ? undefined : value;
	}

	required(name: string): string {
		const value = this.text(name);
		if (value === undefined || value.length > 4096) throw invalid(name, 'the name of a model');
		return value;
	}

	list(name: string): readonly string[] {
		return [...(this.#form.get(name) ?? []), ...(this.#form.get(`${name}[]`) ?? [])].filter(value => value !== '');
	}

	boolean(name: string): boolean {
		const value = this.text(name) ?? 'false';
		if (!/^(true|false|1|0)$/i.test(value)) throw invalid(name, 'true or false');
		return /^(true|1)$/i.test(value);
	}

	number(name: string, least: number, most: number): number | undefined {
		const value = this.text(name);
		if (value === undefined) return undefined;
		const number = value.trim() === '' ? Number.NaN : Number(value);
		if (number >= least && number <= most) return number;
		throw invalid(name, `a number from ${least} to ${most}`);
	}

	unknown(): readonly Warning[] {
		return [...this.#form]
			.map(([name, values]) => ({name: name.replace(/\[.*$/, ''), values}))
			.filter(({name, values}) => !known.has(name) && !harmless.has(name) && values.some(value => value !== ''))
			.slice(0, 64)
			.map(({name}) => ({setting: name.slice(0, 128), message: 'not a parameter that mofa knows here; ignored'}));
	}
}

function formatOf(wanted: string | undefined): TranscriptionFormat {
	const format = formats.find(name => name === (wanted ?? 'json'));
	if (format === undefined)
		throw invalid('response_format', `${formats.join(', ')}, not ${(wanted ?? '').slice(0, 100)}`);
	return format;
}

function granularitiesOf(wanted: readonly string[], format: TranscriptionFormat): ReadonlySet<'word' | 'segment'> {
	const named = wanted.map(name => {
		if (name === 'word' || name === 'segment') return name;
		throw invalid('timestamp_granularities', `word or segment, not ${name.slice(0, 100)}`);
	});
	if (named.includes('word') && format !== 'verbose_json')
		throw invalid('timestamp_granularities', `response_format verbose_json beside it, not ${format}`);
	return new Set(named.length === 0 ? ['segment'] : named);
}

function languageOf(fields: Fields): string | undefined {
	const [only, ...others] = fields.list('languages');
	if (others.length > 0) throw invalid('languages', 'one language at most');
	return fields.text('language') ?? only;
}
