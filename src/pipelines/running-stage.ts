import {MofaError} from '../contract/error.ts';
import type {PlannedStage, StageStatistics} from '../contract/pipeline.ts';
import type {AnyPacket} from '../contract/stage.ts';
import type {AnyTask, TaskName} from '../contract/task.ts';
import {Asker} from './asker.ts';
import {openTalk} from './check-settings.ts';
import type {Exit} from './exit.ts';
import type {PipelineHost} from './host.ts';
import {Inbox, type Slot} from './inbox.ts';
import {Meter} from './meter.ts';
import {runOperation} from './operation-body.ts';
import {Outlet} from './outlet.ts';
import {end, secondsOf} from './packets.ts';
import type {ParsedStage} from './parse.ts';
import {Seat} from './seat.ts';
import {Spoken} from './spoken.ts';
import {TaskBody} from './task-body.ts';

export interface RunningStageOptions {
	readonly stage: ParsedStage;
	readonly plan: PlannedStage;
	readonly host: PipelineHost;
	/** The stages that take what this one gives. */
	readonly behind: readonly RunningStage[];
	/** The stages whose packets it takes; `input` is none. */
	readonly before: readonly ParsedStage[];
	readonly capacity: number;
	readonly exit: Exit;
	readonly now: () => number;
}

/** One stage of a pipeline that runs: its queue, what it does, where that goes, and what it took. */
export class RunningStage {
	readonly id: string;
	readonly #options: RunningStageOptions;
	readonly #inbox: Inbox;
	readonly #outlet: Outlet;
	readonly #meter: Meter;
	readonly #stopping = new AbortController();
	readonly #seat: Seat | undefined;
	readonly #hears: boolean;
	readonly #keeps: boolean;
	readonly #spoken: Spoken | undefined;
	/** Of what it gave before it was interrupted, what was heard. */
	#heard: string | null = null;
	#asker: Asker | undefined;
	#failedEarly: {readonly error: unknown} | undefined;

	constructor(options: RunningStageOptions) {
		const {stage, plan, behind, capacity, exit, now} = options;
		this.id = stage.id;
		this.#options = options;
		this.#meter = new Meter(now);
		this.#hears = hears(stage);
		const {before} = options;
		this.#keeps = this.#hears || (before.length === stage.from.length && before.every(hears));
		this.#inbox = new Inbox({capacity, keeps: this.#keeps, onInterrupt: () => this.#interrupted()});
		const slots = [...behind.map(one => one.#inbox.slot()), ...(plan.output ? [exit.slot(stage.id)] : [])];
		this.#outlet = new Outlet(slots, value => {
			this.#meter.gave(value);
			this.#spoken?.said(secondsOf(value));
		});
		this.#seat = 'task' in stage.does ? this.#seatFor(stage.does.task) : undefined;
		this.#spoken = plan.output && plan.emits.includes('audio') && plan.task !== null ? new Spoken() : undefined;
	}

	get fromInput(): boolean {
		return this.#options.stage.from.includes('input');
	}

	inputSlot(): Slot {
		return this.#inbox.slot();
	}

	isBehind(other: RunningStage): boolean {
		return other.#options.behind.some(one => one === this || this.isBehind(one));
	}

	/** A model that cannot be had fails its stage before the first value comes, unless there is another way. */
	warm(): void {
		this.#seat?.warm().catch((error: unknown) => {
			if (this.#options.stage.policy.kind !== 'fail' || this.#stopping.signal.aborted) return;
			this.#failedEarly = {error};
			this.stop();
		});
	}

	/** Until its input has ended or it was stopped; then its lease is given back. */
	async run(): Promise<void> {
		try {
			await this.#run(this.#options.stage);
			if (this.#failedEarly !== undefined) throw this.#failedEarly.error;
		} catch (error) {
			throw this.#failedEarly?.error ?? error;
		} finally {
			this.#meter.ended();
			this.#inbox.stop();
			await this.#seat?.leave();
		}
	}

	stop(): void {
		this.#stopping.abort();
		this.#inbox.stop();
	}

	/** Those behind it get no more, and finish. */
	endOutput(): void {
		this.#outlet.pass(end);
	}

	statistics(): StageStatistics {
		return this.#meter.statistics(this.id, this.#seat?.model ?? null);
	}

	failureOf(error: unknown): MofaError {
		const failure = MofaError.from(error);
		if (failure.code === 'cancelled' || failure.code === 'stage-failed') return failure;
		const model = this.#seat?.model ?? null;
		return new MofaError('stage-failed', {stage: this.id, model, failure: failure.toWire()}, {cause: error});
	}

	async #run({does, settings, policy}: ParsedStage): Promise<void> {
		const {now, exit} = this.#options;
		const parts = {inbox: this.#inbox, outlet: this.#outlet, meter: this.#meter, now};
		if ('operation' in does || this.#seat === undefined) {
			if ('operation' in does) await runOperation({...parts, operate: does.operation.open(settings)});
			return;
		}
		const {task} = does;
		const open = openTalk(task, settings);
		this.#asker = new Asker({
			...parts,
			seat: this.#seat,
			policy,
			signal: this.#stopping.signal,
			warn: warning => exit.tell({type: 'stage-warning', stage: this.id, warning}),
			parse: request => task.parse(request),
			packets: (event): Iterable<AnyPacket> => open.talk.packets(event),
		});
		await new TaskBody({
			...parts,
			keeps: this.#keeps,
			heard: () => {
				const heard = this.#heard;
				this.#heard = null;
				return heard;
			},
			spoken: this.#spoken,
			asker: this.#asker,
			open,
			replays: policy.kind === 'retry' || policy.kind === 'fallback',
		}).run();
	}

	#seatFor(task: AnyTask): Seat {
		const {stage, plan, host, exit, now} = this.#options;
		return new Seat({
			leases: host.leases,
			ask: {
				model: plan.model ?? '',
				// A name that is in the table of tasks is a TaskName.
				task: task.name as TaskName,
				...(Object.keys(stage.load).length === 0 ? {} : {settings: stage.load}),
			},
			signal: this.#stopping.signal,
			holds: plan.holds ?? 'run',
			now,
			progress: (model, fraction) => exit.tell({type: 'load-progress', stage: this.id, model, fraction}),
			granted: (model, {queueMs, loadMs}) => {
				this.#meter.waited(queueMs, loadMs);
				exit.tell({type: 'stage-ready', stage: this.id, model, waitedMs: queueMs + loadMs});
			},
		});
	}

	/** Who hears what somebody says goes on hearing; an answer is forgotten. */
	#interrupted(): void {
		this.#heard = heardBehind(this.#options.behind);
		this.#outlet.interrupted(!this.#hears);
		if (!this.#hears) this.#asker?.interrupt();
	}

	/** Of the turn that this stage says now, or said last, what was heard; null: all of it, or nobody knows. */
	heard(): string | null {
		const {behind, exit, plan} = this.#options;
		if (plan.task === null) return heardBehind(behind);
		return this.#spoken?.within(exit.heardSeconds(this.id, this.#spoken.turn)) ?? null;
	}
}

const hears = ({does}: ParsedStage): boolean =>
	'task' in does ? does.task.stage?.hears === true : does.operation.ends === true;

function heardBehind(behind: readonly RunningStage[]): string | null {
	for (const stage of behind) {
		const heard = stage.heard();
		if (heard !== null) return heard;
	}
	return null;
}
