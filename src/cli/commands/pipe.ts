import {createReadStream} from 'node:fs';
import type {Client} from '../../client/client.ts';
import {MofaError} from '../../contract/error.ts';
import type {PipelinePlan, PipelineSpec, PlannedStage} from '../../contract/pipeline.ts';
import type {AnyPacket} from '../../contract/stage.ts';
import {parseStageWord} from '../../lib/stage-word.ts';
import {exitCodes} from '../exit-code.ts';
import type {Invocation} from '../invocation.ts';
import {FrameFile, FrameSink} from '../pipe/frame-sink.ts';
import {inputPackets} from '../pipe/input.ts';
import {readPipeOptions, type PipeOptions} from '../pipe/options.ts';
import {mainSink, sideSink, sidesWithoutPlace, type PacketSink} from '../pipe/output.ts';
import {pipe, warn} from '../pipe/pipe.ts';
import {planText} from '../pipe/plan-text.ts';
import {pipelineOfFile, pipelineOfWords} from '../pipe/read-pipeline.ts';
import {refusedSetting} from '../pipe/refused-setting.ts';
import {statisticsText} from '../pipe/statistics-text.ts';
import {ExplainedFailure, usageFailure} from '../report-failure.ts';
import {findPlayer, playerNames, type FoundPlayer} from '../speak/player.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** 1. what was asked for, 2. who would do it, 3. where it may go, 4. do it. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal, words} = invocation;
	// 1.
	const options = readPipeOptions(invocation.options);
	if (words.length === 0 && options.file === null)
		return usageFailure(terminal, 'there are no stages', 'name some, as in mofa pipe llm tts, or give a file with -f');
	if (words.length > 0 && options.file !== null)
		return usageFailure(terminal, 'the stages come from the words or from the file, not from both');
	const written =
		options.file === null ? pipelineOfWords(words, options.loop) : await pipelineOfFile(options.file, options.loop);
	// 2.
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const pipeline = await meantBy(written, client);
	if (options.save !== null) return save(options.save, pipeline, client, options, terminal);
	const plan = await planOf(pipeline, client);
	if (options.plan) {
		if (options.json) await writeJson(terminal.stdout, plan);
		else await terminal.stdout.write(planText(plan, terminal.stdout));
		return exitCodes.ok;
	}
	// 3.
	const fileOf = sideFiles(pipeline, plan);
	const refusal = refusalOf(plan, options, fileOf, terminal);
	if (refusal !== null) return usageFailure(terminal, refusal.message, refusal.next);
	const {signal} = invocation;
	const places = {terminal, output: options.output, player: options.play ? await playerFor(terminal) : null, signal};
	const main = options.frames ? frameSink(options.output, invocation) : await mainSink(plan.emits, places);
	const last = plan.stages.at(-1)?.id ?? '';
	const sides = new Map<string, PacketSink>();
	for (const stage of plan.stages)
		if (stage.output && stage.id !== last) sides.set(stage.id, await sideSink(stage.emits, fileOf(stage), places));
	// 4.
	const end = await pipe({
		client,
		pipeline,
		input: inputOf(invocation, options, plan),
		sinkOf: stage => (stage === last ? main : sides.get(stage)),
		sinks: [main, ...sides.values()],
		terminal,
		signal,
	});
	if (options.stats) await terminal.stderr.write(statisticsText(end, terminal.stderr));
	return exitCodes.ok;
}

function frameSink(output: string | null, {terminal, signal}: Invocation): PacketSink {
	return output === null || output === '-' ? new FrameSink(terminal.stdout, signal) : new FrameFile(output, signal);
}

/** A single word may be the name of a saved pipeline. */
async function meantBy(written: PipelineSpec, client: Client): Promise<PipelineSpec> {
	// What a file holds in its place is refused by whoever plans it.
	if (!Array.isArray(written.stages)) return written;
	const [word, ...others] = written.stages as PipelineSpec['stages'];
	if (typeof word !== 'string' || others.length > 0 || !/^[\w.-]+$/.test(word)) return written;
	const saved = (await client.savedPipelines()).find(({name}) => name === word.toLowerCase());
	if (saved === undefined) return written;
	return {...saved.pipeline, ...(written.loop === true ? {loop: true} : {})};
}

async function planOf(pipeline: PipelineSpec, client: Client): Promise<PipelinePlan> {
	try {
		return await client.planPipeline(pipeline);
	} catch (error) {
		throw withPlace(error, pipeline);
	}
}

/** Where a setting that is missing would be typed. */
function withPlace(error: unknown, {stages}: PipelineSpec): unknown {
	const refused = refusedSetting(error);
	if (refused === null || !Array.isArray(stages)) return error;
	const {stage, setting, expected} = refused;
	const word = stages.find(
		one => typeof one === 'string' && parseStageWord(one).stage === stage.replace(/\d+$/, '') && !has(one, setting),
	);
	if (typeof word !== 'string') return error;
	const next = `add it behind the stage: '${word}${word.includes('?') ? '&' : '?'}${setting}=…'`;
	return new ExplainedFailure({message: `${stage} needs ${setting}: ${expected}`, next}, error);
}

const has = (word: string, setting: string): boolean => parseStageWord(word).settings.some(([key]) => key === setting);

async function save(
	name: string,
	pipeline: PipelineSpec,
	client: Client,
	{force}: PipeOptions,
	{stdout}: Terminal,
): Promise<number> {
	const {name: saved, accepts, emits} = await client.savePipeline({name, pipeline, force});
	await writeLine(stdout, `saved ${saved}: ${accepts.join('|')} → ${emits.join('|')}; mofa pipe ${saved} runs it`);
	return exitCodes.ok;
}

/** The `file` of each `tee`; what a loop puts in front has none. */
function sideFiles({stages}: PipelineSpec, plan: PipelinePlan): (stage: PlannedStage) => string | null {
	const added = plan.stages.length - stages.length;
	const files = new Map(
		stages.map((stage, index) => [plan.stages[index + added]?.id ?? '', fileSetting(stage)] as const),
	);
	return ({id}) => files.get(id) ?? null;
}

function fileSetting(stage: PipelineSpec['stages'][number]): string | null {
	const file =
		typeof stage === 'string'
			? parseStageWord(stage).settings.find(([key]) => key === 'file')?.[1]
			: stage.stage === 'tee'
				? stage.settings?.['file']
				: undefined;
	return typeof file === 'string' ? file : null;
}

interface Refusal {
	readonly message: string;
	readonly next: string;
}

/** Sound on a terminal is noise that can break it. */
function refusalOf(
	plan: PipelinePlan,
	{output, play, frames, input, text, loop}: PipeOptions,
	fileOf: (stage: PlannedStage) => string | null,
	{stdin, stdout}: Terminal,
): Refusal | null {
	const [side] = sidesWithoutPlace(plan, fileOf);
	if (side !== undefined)
		return {
			message: `what ${side.id} gives is no text, and only the last stage has standard output`,
			next: `put tee?file=name.${side.emits.includes('image') ? 'png' : 'wav'} where it shall be kept`,
		};
	const readable = plan.emits.every(medium => medium !== 'audio');
	if (play && !plan.emits.includes('audio'))
		return {message: `${plan.emits.join(' and ')} cannot be played`, next: 'end with a stage that speaks, such as tts'};
	if (stdout.isTerminal && output === null && !play && (frames || !readable))
		return {
			message: `${frames ? 'packets are' : `${plan.emits.join(' and ')} is`} nothing for a terminal to show`,
			next: plan.emits.includes('audio')
				? 'add --play to hear it or -o answer.wav to keep it, or pipe it on'
				: 'pipe it on, or add -o <file>',
		};
	if (stdin.isTerminal && input === null && text === null && !(loop && plan.accepts.includes('text')))
		return {
			message: `nothing comes in: ${plan.stages[0]?.id ?? 'the first stage'} wants ${plan.accepts.join(' or ')}`,
			next: plan.accepts.includes('text')
				? 'give a text with -t, a file with -i, or pipe something in'
				: 'give a file with -i, or pipe something in',
		};
	return null;
}

async function playerFor({env}: Terminal): Promise<FoundPlayer> {
	const player = await findPlayer(env['PATH'] ?? '');
	if (player !== null) return player;
	throw new ExplainedFailure(
		{
			message: 'no program that plays sound is on this machine',
			next: `install one of ${playerNames}, or keep it in a file: mofa pipe … -o answer.wav`,
		},
		new MofaError('backend-unavailable', {backend: 'sound', reason: 'not-installed', hint: playerNames}),
	);
}

/** The file, else standard input unless there is a text; then the text. */
async function* inputOf(
	{terminal, signal}: Invocation,
	{input, text, raw, loop}: PipeOptions,
	{accepts}: PipelinePlan,
): AsyncGenerator<AnyPacket> {
	let cut = false;
	if (input !== null || text === null) {
		const source = input ?? 'standard input';
		const bytes = input === null ? terminal.stdin.chunks(signal) : fileBytes(input, signal);
		const search = terminal.env['PATH'] ?? '';
		yield* inputPackets(bytes, {source, accepts, raw, loop, search, onCut: () => (cut = true)});
		if (cut) await warn(terminal, `${source} ends before it says it does; what came is used`);
	}
	if (text !== null) {
		if (!accepts.includes('text'))
			throw new MofaError('invalid-request', {
				path: '--text',
				expected: `nothing: the first stage takes ${accepts.join(' or ')}`,
			});
		yield {type: 'value', medium: 'text', value: text};
	}
}

async function* fileBytes(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
	try {
		yield* createReadStream(file, {signal}) as AsyncIterable<Uint8Array>;
	} catch (error) {
		if (signal.aborted) return;
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: file, problem}, {cause: error});
	}
}
