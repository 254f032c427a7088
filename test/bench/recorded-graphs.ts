import type {InferenceSession, Tensor} from 'onnxruntime-node';
import type {OnnxModule} from '../../src/backends/onnx/session.ts';

interface Call {
	readonly session: InferenceSession;
	readonly feeds: Readonly<Record<string, Tensor>>;
	readonly fetches: readonly string[];
}

type Run = (this: InferenceSession, feeds: Call['feeds'], ...others: readonly unknown[]) => Promise<unknown>;

export interface RecordedGraphs {
	/** Calls of graphs that the work made. */
	readonly count: number;
	/** The same inputs, in the same order, straight to the runtime. */
	again(): Promise<void>;
}

/** Does the work once, and keeps what it asked of the runtime. */
export async function recordGraphs(
	{InferenceSession: runtime}: OnnxModule,
	work: () => Promise<unknown>,
): Promise<RecordedGraphs> {
	const {prototype} = runtime as unknown as {readonly prototype: {run: Run}};
	const {run} = prototype;
	const calls: Call[] = [];
	prototype.run = function (feeds, ...others) {
		const [fetches] = others;
		calls.push({session: this, feeds, fetches: Array.isArray(fetches) ? fetches : this.outputNames});
		return Reflect.apply(run, this, [feeds, ...others]);
	};
	await work();
	prototype.run = run;
	return {
		count: calls.length,
		async again() {
			for (const {session, feeds, fetches} of calls) await session.run(feeds, fetches);
		},
	};
}
