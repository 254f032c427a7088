import type {Client} from '../../client/client.ts';
import {packetName} from '../../client/packet-name.ts';
import {MofaError} from '../../contract/error.ts';
import type {PipelineEvent, PipelineSpec} from '../../contract/pipeline.ts';
import type {AnyPacket} from '../../contract/stage.ts';
import {Spinner} from '../spinner.ts';
import {styled} from '../style.ts';
import {inOneLine} from '../table.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import type {PacketSink} from './output.ts';

export interface PipeAsk {
	readonly client: Client;
	readonly pipeline: PipelineSpec;
	readonly input: AsyncIterable<AnyPacket>;
	/** For what leaves that stage; undefined: nobody wants it. */
	readonly sinkOf: (stage: string) => PacketSink | undefined;
	readonly sinks: readonly PacketSink[];
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
}

export type PipeEnd = Extract<PipelineEvent, {readonly type: 'pipeline-end'}>;

/** Runs a pipeline into its sinks. What came before a failure stays in them. Throws what the pipeline throws, and `OutputClosed`. */
export async function pipe(ask: PipeAsk): Promise<PipeEnd> {
	try {
		const end = await flow(ask);
		for (const sink of ask.sinks) await sink.close('done');
		if (ask.signal.aborted) throw new MofaError('cancelled', {});
		return end;
	} catch (error) {
		await Promise.allSettled(ask.sinks.map(sink => sink.close('cut')));
		throw error;
	}
}

async function flow({client, pipeline, input, sinkOf, terminal, signal}: PipeAsk): Promise<PipeEnd> {
	using spinner = new Spinner(terminal);
	const loading = new Map<string, number>();
	const show = (): void => {
		const parts = [...loading].map(([model, fraction]) => `${model} ${Math.round(fraction * 100)}%`);
		if (parts.length === 0) spinner.stop();
		else spinner.show(`loading ${parts.join(', ')}`);
	};
	for await (const event of client.runPipeline({pipeline, input, signal})) {
		if (event.type === 'load-progress') {
			loading.set(event.model, event.fraction);
			show();
		} else if (event.type === 'stage-ready') {
			loading.delete(event.model);
			show();
		} else if (event.type === 'stage-warning') {
			spinner.stop();
			await warn(terminal, `${event.stage}: ${packetName(event.warning.setting)}: ${event.warning.message}`);
		} else if (event.type === 'packet-out') {
			spinner.stop();
			await sinkOf(event.stage)?.write(event.packet);
		} else if (event.type === 'pipeline-end') return event;
	}
	throw signal.aborted ? new MofaError('cancelled', {}) : new Error('the pipeline ended without its closing event');
}

export async function warn({stderr}: Terminal, words: string): Promise<void> {
	await writeLine(stderr, `${styled(stderr, 'yellow', 'warning:')} ${inOneLine(words)}`);
}
