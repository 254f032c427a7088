import type {Client, RunEvent} from '../../client/client.ts';
import {modelOptions} from '../../client/model-options.ts';
import {namingPicture, pictureName, type NamedPicture} from '../../client/picture-names.ts';
import {MofaError} from '../../contract/error.ts';
import type {Image} from '../../contract/media.ts';
import type {RequestOf, Warning} from '../../contract/task.ts';
import {similar} from '../../lib/similar.ts';
import {Spinner} from '../spinner.ts';
import {styled} from '../style.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import type {RunOptions} from './options.ts';
import {AnswerPrinter} from './printer.ts';
import {formatStatistics, type Usage} from './statistics.ts';

export interface Question {
	readonly model: string;
	readonly task: 'chat' | 'completion';
	readonly prompt: string;
	/** What the question is about; only a chat takes them. */
	readonly pictures: readonly NamedPicture[];
}

type Event = RunEvent<'chat'> | RunEvent<'completion'>;

/** Asks one thing and prints the answer as it comes. What was printed before a failure stays. */
export async function printAnswer(
	client: Client,
	question: Question,
	options: RunOptions,
	terminal: Terminal,
	signal: AbortSignal,
): Promise<void> {
	const started = performance.now();
	const printer = new AnswerPrinter(terminal, options);
	using spinner = new Spinner(terminal);
	const request = chatRequest(question.prompt, question.pictures, options);
	const warned = new Set<string>();
	let loadMs = 0;
	let usage: Usage | undefined;
	spinner.show(`loading ${question.model}`);
	try {
		for await (const event of ask(client, question, request, options, signal)) {
			if (isVisible(event, printer)) spinner.stop();
			if (event.type === 'text-delta') await printer.text(event.text);
			else if (event.type === 'thinking-delta') await printer.thinking(event.text);
			else if (event.type === 'warning') {
				const setting = pictureName(event.warning.setting, request.messages, question.pictures);
				await warnOnce(terminal, warned, {setting, message: withNearest(event.warning, options)});
			} else if (event.type === 'load-progress') spinner.show(loadingText(event));
			else if (event.type === 'load-end') {
				loadMs = event.waitedMs;
				spinner.show(`${event.model} is reading`);
			} else if (event.type === 'chat-end' || event.type === 'completion-end') usage = event.usage;
		}
		if (signal.aborted) throw new MofaError('cancelled', {});
	} catch (error) {
		throw namingPicture(error, request.messages, question.pictures);
	} finally {
		spinner.stop();
		await printer.end();
	}
	if (options.verbose && usage !== undefined)
		await terminal.stderr.write(formatStatistics({totalMs: performance.now() - started, loadMs, usage}));
}

export function loadingText({model, fraction}: {readonly model: string; readonly fraction: number}): string {
	return `loading ${model} ${Math.round(fraction * 100)}%`;
}

function ask(
	client: Client,
	{model, task, prompt}: Question,
	chat: RequestOf<'chat'>,
	options: RunOptions,
	signal: AbortSignal,
): AsyncIterable<Event> {
	const load = {model, settings: options.settings.load, keepAlive: options.keepAlive, signal};
	return task === 'chat'
		? client.run({...load, task, request: chat})
		: client.run({...load, task, request: {prompt, ...generation(options)}});
}

function chatRequest(prompt: string, pictures: readonly NamedPicture[], options: RunOptions): RequestOf<'chat'> {
	const {system, think} = options;
	return {
		messages: [
			...(system === undefined ? [] : [{role: 'system' as const, content: system}]),
			{
				role: 'user',
				content:
					pictures.length === 0 ? prompt : [...pictures.map(({image}) => asPart(image)), {type: 'text', text: prompt}],
			},
		],
		...(think !== undefined && {think}),
		...generation(options),
	};
}

const asPart = (image: Image): {readonly type: 'image'; readonly image: Image} => ({type: 'image', image});

function generation({settings, format}: RunOptions): Omit<RequestOf<'completion'>, 'prompt'> {
	const {load: _load, ...generation} = settings;
	return {...generation, ...(format !== undefined && {format: format.format})};
}

function isVisible(event: Event, printer: AnswerPrinter): boolean {
	return (
		event.type === 'text-delta' ||
		event.type === 'warning' ||
		(event.type === 'thinking-delta' && printer.showsThinking)
	);
}

/** An option that no model has is a slip of the hand, where one is near that some have. */
function withNearest({setting, message}: Warning, {settings}: RunOptions): string {
	const isTyped = Object.hasOwn(settings.sampling.unknown ?? {}, setting);
	const [near] = isTyped ? similar(setting.slice(0, 100), Object.keys(modelOptions), 1) : [];
	return near === undefined ? message : `${message}; did you mean ${near}?`;
}

async function warnOnce(
	{stderr}: Terminal,
	warned: Set<string>,
	{setting, message}: {readonly setting: string; readonly message: string},
): Promise<void> {
	const line = `${setting}: ${message}`;
	if (warned.has(line)) return;
	warned.add(line);
	await writeLine(stderr, `${styled(stderr, 'yellow', 'warning:')} ${line}`);
}
