import {MofaError} from '../../contract/error.ts';
import {isOn, textOf, type Options} from '../invocation.ts';
import {readRawInput, type RawInput} from '../raw-input.ts';

export interface PipeOptions {
	readonly file: string | null;
	readonly input: string | null;
	readonly text: string | null;
	/** A path, `-` for standard output, or null where nothing was said. */
	readonly output: string | null;
	/** The input is bare samples of this form. */
	readonly raw: RawInput | null;
	readonly play: boolean;
	readonly loop: boolean;
	readonly plan: boolean;
	/** What the stages are to be called from now on; null: they run. */
	readonly save: string | null;
	/** Takes the place of what was saved under that name. */
	readonly force: boolean;
	readonly stats: boolean;
	readonly frames: boolean;
	readonly json: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export function readPipeOptions(options: Options): PipeOptions {
	const play = isOn(options, 'play');
	const frames = isOn(options, 'frames');
	const plan = isOn(options, 'plan');
	const save = textOf(options, 'save') ?? null;
	if (play && frames) throw invalid('--frames', 'no --play beside it: packets are nothing to hear');
	if (isOn(options, 'json') && !plan) throw invalid('--json', '--plan beside it: only the plan is printed as JSON');
	if (isOn(options, 'force') && save === null) throw invalid('--force', '--save beside it: only a name is replaced');
	if (plan && save !== null) throw invalid('--plan', 'no --save beside it: what is saved can be planned by its name');
	return {
		file: textOf(options, 'file') ?? null,
		input: textOf(options, 'input') ?? null,
		text: textOf(options, 'text') ?? null,
		output: textOf(options, 'output') ?? null,
		raw: readRawInput(options),
		play,
		loop: isOn(options, 'loop'),
		plan,
		save,
		force: isOn(options, 'force'),
		stats: isOn(options, 'stats'),
		frames,
		json: isOn(options, 'json'),
		daemon: isOn(options, 'daemon'),
	};
}

function invalid(path: string, expected: string): MofaError {
	return new MofaError('invalid-request', {path, expected});
}
