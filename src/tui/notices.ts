import {explain} from '../client/explain.ts';
import type {ModelDetails} from '../contract/report.ts';
import type {EventOf} from '../contract/task.ts';
import {formatByteSize} from '../lib/byte-size.ts';
import type {ChatMessage} from './chat-settings.ts';
import {emptyLine, span, textLines, type Line, type Span} from './styled-text.ts';

/** What the chat says for itself, as rows. Failures take their words from the client. */

export function note(text: string): readonly Line[] {
	return textLines(text, 'dim');
}

export function warningLines(text: string): readonly Line[] {
	return [[span('warning: ', 'warning'), span(text)]];
}

export function failureLines(error: unknown): readonly Line[] {
	const {message, next} = explain(error);
	return [...textLines(message, 'failure'), ...(next === null ? [] : note(next))];
}

/** `name  summary` rows with the summaries under each other. */
export function table(rows: ReadonlyArray<readonly [name: string, summary: string]>, most = 26): readonly Line[] {
	const width = Math.min(most, Math.max(...rows.map(([name]) => name.length))) + 2;
	return rows.flatMap(([name, summary]): readonly Line[] => {
		const [head, ...others] = summary.split('\n');
		const rest = others.map(other => [span(`  ${' '.repeat(width)}${other}`)]);
		const gap = name.length < width ? name.padEnd(width) : `${name}  `;
		return [[span(`  ${gap}`, 'marker'), span(head ?? '')], ...rest];
	});
}

export const completionNote: readonly Line[] = note(
	'This model was not made for conversation: it continues what you write.',
);

export function welcomeLines({
	model,
	because,
	task,
}: {
	readonly model: string;
	readonly because: string | null;
	readonly task: 'chat' | 'completion';
}): readonly Line[] {
	return [
		[span(model, 'heading'), ...(because === null ? [] : [span(`  ${because}`, 'dim')])],
		...(task === 'completion' ? completionNote : []),
		...note('/help for commands, Ctrl-D to leave'),
	];
}

export function modelLines(details: ModelDetails): readonly Line[] {
	const rows: ReadonlyArray<readonly [string, string | null]> = [
		['model', details.name],
		['description', details.description],
		['family', details.family],
		['parameters', details.parameters === null ? null : formatCount(details.parameters)],
		['context length', details.contextLength === null ? null : `${details.contextLength} tokens`],
		['format', [details.format, details.quantization].filter(part => part !== null).join(' ')],
		['size', formatByteSize(details.bytes)],
		['tasks', details.tasks.join(', ')],
		['license', firstLine(details.license)],
		[
			'runs with',
			details.choice.ok
				? [details.choice.adapter, details.choice.accelerator].filter(part => part !== null).join(' on ')
				: 'nothing here',
		],
		['file', details.files[0]?.path ?? null],
	];
	return table(rows.flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, value] as const])));
}

export function messageLines(messages: readonly ChatMessage[]): readonly Line[] {
	return messages.flatMap((message, index) => [
		...(index === 0 ? [] : [emptyLine]),
		[span(message.role, 'marker')],
		...textLines(contentText(message)),
	]);
}

export function contentText({content}: ChatMessage): string {
	if (typeof content === 'string') return content;
	return content.map(part => (part.type === 'text' ? part.text : `[${part.type}]`)).join('');
}

export type Usage = Extract<EventOf<'chat'>, {readonly type: 'chat-end'}>['usage'];

/** Times in milliseconds; `firstMs` from sending to the first visible token, null when there was none. */
export function statisticsLine(
	usage: Usage,
	times: {readonly totalMs: number; readonly loadMs: number; readonly firstMs: number | null},
): Span {
	const fresh = usage.promptTokens - usage.cachedTokens;
	const parts = [
		`${usage.promptTokens} tokens in${usage.cachedTokens > 0 ? ` (${usage.cachedTokens} cached)` : ''}${rate(fresh, usage.promptMs)}`,
		`${usage.completionTokens} out${rate(usage.completionTokens, usage.completionMs)}`,
		...(times.loadMs >= 1 ? [`load ${seconds(times.loadMs)}`] : []),
		...(times.firstMs === null ? [] : [`first token ${seconds(times.firstMs)}`]),
		`total ${seconds(times.totalMs)}`,
	];
	return span(parts.join(' · '), 'dim');
}

export function seconds(ms: number): string {
	if (ms < 1000) return `${Math.round(ms)} ms`;
	return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

function rate(tokens: number, ms: number): string {
	return tokens > 0 && ms > 0 ? `, ${((tokens * 1000) / ms).toFixed(1)}/s` : '';
}

function formatCount(count: number): string {
	if (count >= 1e9) return `${(count / 1e9).toFixed(1)} B`;
	return count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : String(count);
}

function firstLine(text: string): string {
	return text.trim().split('\n')[0] ?? '';
}
