import {writeFile} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import type {PipelinePlan, PlannedStage} from '../../contract/pipeline.ts';
import type {AnyPacket, AnyValue} from '../../contract/stage.ts';
import {pictureEncoder, pictureFormatOf} from '../imagine/picture-format.ts';
import {OutputSink} from '../speak/output-sink.ts';
import type {FoundPlayer} from '../speak/player.ts';
import {playerSink} from '../speak/player-sink.ts';
import {sinkForFile} from '../speak/sink-for-file.ts';
import type {Sink} from '../speak/sink.ts';
import type {Output, Terminal} from '../terminal.ts';
import {AudioOut} from './audio-out.ts';
import {PictureOut} from './picture-out.ts';

/** Where one stage's packets go. */
export interface PacketSink {
	write(packet: AnyPacket): Promise<void>;
	/** What there is stays usable. */
	close(outcome: 'done' | 'cut'): Promise<void>;
}

export interface OutputOptions {
	readonly terminal: Terminal;
	/** A path, `-` for standard output, or null where nothing was said. */
	readonly output: string | null;
	readonly player: FoundPlayer | null;
	readonly signal: AbortSignal;
}

/** The last stage's: to standard output, a file, a player. Throws for a file whose kind nothing here writes. */
export async function mainSink(emits: readonly string[], options: OutputOptions): Promise<PacketSink> {
	const {terminal, output, player, signal} = options;
	const file = output === '-' ? null : output;
	const sinks = emits.includes('audio') ? await audioSinks(file, options) : [];
	if (emits.includes('image') && file !== null) await pictureEncoder(pictureFormatOf(file), terminal.env['PATH'] ?? '');
	// An interruption ends the player, and begins another; a file goes on.
	const audio = new AudioOut(() => sinks);
	const played = player === null ? null : new AudioOut(() => [playerSink(player, signal)]);
	const text = file === null ? new TextOut(terminal.stdout) : new TextFile(file);
	const pictures = new PictureOut(file, terminal);
	return {
		async write(packet) {
			if (packet.type === 'signal') {
				if (packet.kind === 'interrupt') await played?.close('cut');
				await text.over();
			} else if (packet.medium === 'audio') {
				await audio.write(packet.value);
				await played?.write(packet.value);
			} else if (packet.medium === 'text') await text.write(packet.value);
			else if (packet.medium === 'image') await pictures.write(packet.value);
			else await writeLines(packet, file, terminal.stdout);
		},
		async close(outcome) {
			await audio.close(outcome);
			await played?.close(outcome);
			await text.over();
		},
	};
}

async function audioSinks(file: string | null, {terminal, output, player}: OutputOptions): Promise<readonly Sink[]> {
	if (file !== null) return [await sinkForFile(file, terminal.env['PATH'] ?? '')];
	return output === '-' || player === null ? [new OutputSink(terminal.stdout)] : [];
}

/** A stage's beside the last: its text to standard error, one turn a line, or to a file of its own. */
export async function sideSink(
	emits: readonly string[],
	file: string | null,
	{terminal}: OutputOptions,
): Promise<PacketSink> {
	const heard = file !== null && emits.includes('audio');
	const sinks = heard ? [await sinkForFile(file, terminal.env['PATH'] ?? '')] : [];
	const audio = new AudioOut(() => sinks);
	const text = file === null ? new TextOut(terminal.stderr) : new TextFile(file);
	const pictures = new PictureOut(file, terminal);
	return {
		async write(packet) {
			if (packet.type === 'signal') await text.over();
			else if (packet.medium === 'audio') await audio.write(packet.value);
			else if (packet.medium === 'text') await text.write(packet.value);
			else if (file === null) return;
			else if (packet.medium === 'image') await pictures.write(packet.value);
			else await writeLines(packet, file, terminal.stderr);
		},
		async close(outcome) {
			await audio.close(outcome);
			await text.over();
		},
	};
}

/** Stages beside the last that give what only a file can hold. */
export function sidesWithoutPlace(
	{stages}: PipelinePlan,
	fileOf: (stage: PlannedStage) => string | null,
): readonly PlannedStage[] {
	return stages
		.slice(0, -1)
		.filter(stage => stage.output && fileOf(stage) === null && stage.emits.some(medium => medium !== 'text'));
}

/** Text as it comes, and an end of line where a turn ends without one. */
class TextOut {
	readonly #output: Output;
	#last = '\n';

	constructor(output: Output) {
		this.#output = output;
	}

	async write(text: string): Promise<void> {
		if (text === '') return;
		this.#last = text.at(-1) ?? '\n';
		await this.#output.write(text);
	}

	async over(): Promise<void> {
		if (this.#last !== '\n') await this.write('\n');
	}
}

class TextFile {
	readonly #file: string;
	#last = '\n';
	#begun = false;

	constructor(file: string) {
		this.#file = file;
	}

	async write(text: string): Promise<void> {
		if (text === '') return;
		this.#last = text.at(-1) ?? '\n';
		await guarded(this.#file, () => writeFile(this.#file, text, {flag: this.#begun ? 'a' : 'w'}));
		this.#begun = true;
	}

	async over(): Promise<void> {
		if (this.#last !== '\n') await this.write('\n');
	}
}

/** A line of JSON for each. */
async function writeLines(
	value: Exclude<AnyValue, {readonly medium: 'image'}>,
	file: string | null,
	output: Output,
): Promise<void> {
	const line = `${JSON.stringify(value.medium === 'vector' ? [...value.value] : value.value)}\n`;
	if (file === null) await output.write(line);
	else await guarded(file, () => writeFile(file, line, {flag: 'a'}));
}

async function guarded(file: string, work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: file, problem}, {cause: error});
	}
}
