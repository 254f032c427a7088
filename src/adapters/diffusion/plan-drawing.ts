import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import type {ImageRequest, SchedulerName} from '../../tasks/image.ts';
import type {Habits} from './habits.ts';
import type {LatentShape, Network} from './network.ts';
import {chooseScheduler} from './schedulers/choose-scheduler.ts';
import {planSchedule} from './schedulers/plan-schedule.ts';
import type {Schedule} from './schedulers/schedule.ts';
import {schedulerSettings} from './schedulers/settings.ts';

/** What is to be done for a request, decided before anything is computed. */
export interface Drawing {
	/** Pixels. */
	readonly width: number;
	readonly height: number;
	readonly shape: LatentShape;
	readonly scheduler: SchedulerName;
	/** Levels of noise as Karras spaces them. */
	readonly karras: boolean;
	readonly schedule: Schedule;
	/** Of a picture from nothing. */
	readonly steps: number;
	readonly guidance: number;
	/** The network looks twice: with the prompt, and with what is not to be drawn. */
	readonly steered: boolean;
	/** Null: from nothing. */
	readonly strength: number | null;
	readonly warnings: readonly Warning[];
}

export interface DrawingFacts {
	readonly habits: Habits;
	readonly network: Pick<Network, 'kind' | 'fixed' | 'toldGuidance'>;
	readonly channels: number;
	/** Pixels for each latent pixel. */
	readonly factor: number;
	/** Sides must divide by it. */
	readonly multiple: number;
	/** Of the picture that is begun from. */
	readonly picture: {readonly width: number; readonly height: number} | null;
}

const usualStrength = 0.8;
/** Of the pixels that the model was made for: memory and time grow faster than they do. */
const mostTimes = 16;
/** Pixels that are never too many; four times as many ask a small network for gigabytes, and for minutes a step. */
const alwaysFree = 2 ** 18;
/** A photograph is larger than a model can draw; up to this much more than its own size it is left as it is. */
const freeTimes = 2;

/** Throws `invalid-request` naming the field. Pure. */
export function planDrawing(request: ImageRequest, facts: DrawingFacts): Drawing {
	const {habits, network, factor, channels} = facts;
	const {width, height, shrunk} = sizeOf(request, facts);
	const strength = request.image === undefined ? null : (request.strength ?? usualStrength);
	const flow = network.kind !== 'unet';
	const chosen = chooseScheduler(habits.scheduler, flow);
	const kind = request.scheduler ?? chosen.name;
	if ((kind === 'flow-euler') !== flow)
		throw invalid(
			'scheduler',
			flow ? 'flow-euler, the only one for this model' : 'another than flow-euler, for this model',
		);
	const steps = request.steps ?? enough(habits.steps, strength);
	const shape = {channels, width: width / factor, height: height / factor};
	const settings = schedulerSettings(kind, habits.scheduler);
	const length = (shape.width / 2) * (shape.height / 2);
	const guidance = request.guidance ?? habits.guidance;
	const steered = guidance > 1 && !network.toldGuidance;
	return {
		width,
		height,
		shape,
		scheduler: kind,
		karras: settings.sigmas.shape === 'karras' && (kind === 'euler' || kind === 'dpm++-2m'),
		schedule: planSchedule(settings, {steps, strength, length, even: network.kind === 'flux'}),
		steps,
		guidance,
		steered,
		strength,
		warnings: [
			...(request.scheduler === undefined && chosen.note !== null
				? [{setting: 'scheduler', message: chosen.note}]
				: []),
			...(shrunk
				? [{setting: 'image', message: `it is larger than the model draws, so it is made ${width} × ${height}`}]
				: []),
			...unheard(request, steered),
		],
	};
}

/** A model of one step would not come near a picture that it begins from. */
function enough(steps: number, strength: number | null): number {
	if (strength === null || strength === 0 || Math.floor(steps * strength) >= 1) return steps;
	return Math.min(1000, Math.ceil(1 / strength));
}

function unheard({negativePrompt = ''}: ImageRequest, steered: boolean): readonly Warning[] {
	if (negativePrompt === '' || steered) return [];
	return [
		{
			setting: 'negativePrompt',
			message: 'it has no effect: only a guidance above 1, on models that take one, steers away from it',
		},
	];
}

interface Size {
	readonly width: number;
	readonly height: number;
	readonly shrunk: boolean;
}

function sizeOf(request: ImageRequest, facts: DrawingFacts): Size {
	const {
		multiple,
		habits,
		network: {fixed},
		factor,
	} = facts;
	if (fixed !== null) return onlySize(request, {width: fixed.width * factor, height: fixed.height * factor});
	for (const side of ['width', 'height'] as const) {
		const asked = request[side];
		if (asked !== undefined && asked % multiple !== 0)
			throw invalid(
				side,
				`a multiple of ${multiple}, such as ${Math.max(multiple, Math.round(asked / multiple) * multiple)}`,
			);
	}
	const size = facts.picture === null ? ownSize(request, habits) : sizeOfPicture(request, facts.picture, facts);
	const most = Math.max(alwaysFree, habits.width * habits.height * mostTimes);
	if (size.width * size.height > most)
		throw invalid(
			request.width === undefined ? 'height' : 'width',
			`less: at most ${Math.floor(most / 1e5) / 10} million pixels with this model, which was made for ${habits.width} × ${habits.height}`,
		);
	return size;
}

function onlySize({width, height}: ImageRequest, only: {width: number; height: number}): Size {
	if (width !== undefined && width !== only.width) throw invalid('width', `${only.width}, the only one of this model`);
	if (height !== undefined && height !== only.height)
		throw invalid('height', `${only.height}, the only one of this model`);
	return {...only, shrunk: false};
}

const ownSize = ({width, height}: ImageRequest, habits: Habits): Size => ({
	width: width ?? habits.width,
	height: height ?? habits.height,
	shrunk: false,
});

/** As large as the picture, or as one of its shape that the model can draw; one side that is asked for leads the other. */
function sizeOfPicture(
	{width, height}: ImageRequest,
	picture: {readonly width: number; readonly height: number},
	{multiple, habits}: DrawingFacts,
): Size {
	// The nearest one, up or down: always down made a photograph of 4:3 one of 3:2.
	const whole = (side: number): number => Math.max(multiple, Math.round(side / multiple) * multiple);
	if (width !== undefined || height !== undefined)
		return {
			width: width ?? whole((picture.width * (height ?? 0)) / picture.height),
			height: height ?? whole((picture.height * (width ?? 0)) / picture.width),
			shrunk: false,
		};
	const area = picture.width * picture.height;
	const most = habits.width * habits.height;
	const shrunk = area > most * freeTimes;
	const scale = shrunk ? Math.sqrt(most / area) : 1;
	return {width: whole(picture.width * scale), height: whole(picture.height * scale), shrunk};
}

const invalid = (path: string, expected: string): MofaError => new MofaError('invalid-request', {path, expected});
