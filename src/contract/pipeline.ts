import type {Footprint} from './engine.ts';
import type {AnyPacket} from './stage.ts';
import type {Warning} from './task.ts';

/** A pipeline as data: what the words of a shell, a JSON or a YAML file become. Untrusted until it was planned. */
export interface PipelineSpec {
	/** Words as in a shell (`llm:qwen3?system=Be brief`), or the same spelt out. */
	readonly stages: ReadonlyArray<string | StageSpec>;
	/** A conversation that goes on: sound is cut into turns, and speech interrupts an answer. */
	readonly loop?: boolean | undefined;
}

export interface StageSpec {
	/** `asr`, `llm`, `tts`, `vad`, any task's own name, or what needs no model: `gate`, `tee`, `map`, `filter`. */
	readonly stage: string;
	/** What others call it in `from`, and what failures and statistics name; absent: the stage, numbered where there are several. */
	readonly id?: string | undefined;
	/** Absent: the default model of the task. */
	readonly model?: string | undefined;
	/** What stands behind the `@`: a voice, a language. */
	readonly variant?: string | undefined;
	readonly settings?: Readonly<Record<string, unknown>> | undefined;
	/** Settings of the load, such as `contextLength`. */
	readonly load?: Readonly<Record<string, unknown>> | undefined;
	/** Earlier stages, or `input`; absent: the stage before. */
	readonly from?: string | readonly string[] | undefined;
	/** `fail`, `retry`, `skip` or `fallback:<model>`. */
	readonly onFailure?: string | undefined;
}

/** Checked, with a model for every stage, before anything is loaded. */
export interface PipelinePlan {
	readonly stages: readonly PlannedStage[];
	/** What the first stages take, and what the last ones give. */
	readonly accepts: readonly string[];
	readonly emits: readonly string[];
	/** Bytes per pool: of all models together, and what models may take on this machine. */
	readonly needs: Footprint;
	readonly has: Footprint;
	/** Whether all are loaded at once; else each is while its turn is, because of `because`. */
	readonly together: boolean;
	readonly because: string;
}

export interface PlannedStage {
	readonly id: string;
	readonly stage: string;
	/** Null for what needs no model. */
	readonly task: string | null;
	readonly model: string | null;
	/** Why this model. */
	readonly because: string;
	readonly adapter: string | null;
	readonly needs: Footprint;
	readonly accepts: readonly string[];
	readonly emits: readonly string[];
	/** `input`, or ids of earlier stages. */
	readonly from: readonly string[];
	/** Whether what it gives leaves the pipeline. */
	readonly output: boolean;
	readonly onFailure: string;
	/** `run`: the model is held from the beginning to the end; `turn`: only while it is asked. */
	readonly holds: 'run' | 'turn' | null;
}

/** Milliseconds, but for what is named otherwise. */
export interface StageStatistics {
	readonly stage: string;
	readonly model: string | null;
	/** Waiting for a slot or for room, and then for the model to load. */
	readonly queueMs: number;
	readonly loadMs: number;
	/** From the first value in to the first one out; null where none came. */
	readonly firstOutputMs: number | null;
	/** From the first value in to the end. */
	readonly totalMs: number;
	/** Of that, waiting for its model's next event: the time it worked. */
	readonly busyMs: number;
	readonly requests: number;
	readonly valuesIn: number;
	readonly valuesOut: number;
	/** Of the sound that it took or gave, whichever is its trade; null where there was none. */
	readonly audioSeconds: number | null;
	/** Seconds of work for each second of sound; below 1 is faster than it is heard. */
	readonly realTimeFactor: number | null;
	readonly tokens: number | null;
	readonly tokensPerSecond: number | null;
	/** Of values, on their way between stages. */
	readonly bytesCopied: number;
}

export type PipelineEvent =
	| {readonly type: 'plan-made'; readonly plan: PipelinePlan}
	| {readonly type: 'load-progress'; readonly stage: string; readonly model: string; readonly fraction: number}
	| {readonly type: 'stage-ready'; readonly stage: string; readonly model: string; readonly waitedMs: number}
	/** What leaves the pipeline: of the last stage, of every other without one behind it, and of each `tee`. */
	| {readonly type: 'packet-out'; readonly stage: string; readonly packet: AnyPacket}
	| {readonly type: 'stage-warning'; readonly stage: string; readonly warning: Warning}
	| {
			readonly type: 'pipeline-end';
			readonly stages: readonly StageStatistics[];
			/** The stage that worked longest; null where none did. */
			readonly bottleneck: string | null;
			readonly totalMs: number;
	  };

export interface PipelineAsk {
	readonly pipeline: PipelineSpec;
	/** Ends with its turn: no `end` is needed. A list is all there is, and is judged as a whole before anything is told. */
	readonly input: AsyncIterable<AnyPacket> | readonly AnyPacket[];
	readonly signal: AbortSignal;
}

/** Joins models. Throws `invalid-request` naming the stages, what a plan can throw, and `stage-failed`. */
export interface Pipelines {
	plan(pipeline: PipelineSpec): Promise<PipelinePlan>;
	run(ask: PipelineAsk): AsyncIterable<PipelineEvent>;
}

/** A pipeline with a name, by which it is asked like a model. */
export interface SavedPipeline {
	readonly name: string;
	readonly description: string | null;
	readonly pipeline: PipelineSpec;
	/** What goes in and what comes out, as planned when it was saved. */
	readonly accepts: readonly string[];
	readonly emits: readonly string[];
	/** What it can be asked for as a model: tasks with the same media. */
	readonly tasks: readonly string[];
	/** ISO 8601. */
	readonly savedAt: string;
}

export interface SavePipelineAsk {
	readonly name: string;
	readonly description?: string | undefined;
	readonly pipeline: PipelineSpec;
	/** Replaces one of the same name. */
	readonly force?: boolean | undefined;
}

/** Pipelines with names. They are removed as models are. */
export interface PipelineStore {
	/** By name. */
	savedPipelines(): Promise<readonly SavedPipeline[]>;
	/** Throws what a plan does, and `invalid-request` for a name that means something already. */
	savePipeline(ask: SavePipelineAsk): Promise<SavedPipeline>;
}
