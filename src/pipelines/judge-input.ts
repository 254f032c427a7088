import {setImmediate as nextTurn} from 'node:timers/promises';
import {MofaError} from '../contract/error.ts';
import type {PipelineAsk, PipelinePlan} from '../contract/pipeline.ts';
import type {AnyPacket} from '../contract/stage.ts';
import {parsePacket} from './parse-packet.ts';

/**
 * The input of a planned pipeline, each packet checked: it may have come from anywhere. What is known of it by now is judged by
 * now, so that it can be refused before anything is told: a list as a whole, and of a stream what is there already. A stream is
 * not waited for: who speaks live may want to see the plan before the first word, and our own client sends nothing before it
 * has an answer. What comes later is judged when it comes. Throws `invalid-request` naming `input`, or its place in the list.
 */
export async function judgeInput(
	input: PipelineAsk['input'],
	{accepts}: Pick<PipelinePlan, 'accepts'>,
): Promise<AsyncIterable<AnyPacket>> {
	const judge = new Judge(accepts);
	if (!(Symbol.asyncIterator in input))
		return each(input.map((packet, index) => judge.packet(packet, `input.${index}`)));
	const packets = input[Symbol.asyncIterator]();
	const first = judge.step(packets);
	// A failure that comes later is met by whoever reads the first packet.
	first.catch(() => undefined);
	try {
		await Promise.race([first, nextTurn()]);
	} catch (error) {
		void packets.return?.().then(undefined, () => undefined);
		throw error;
	}
	return judgedLater(packets, first, judge);
}

type Step = IteratorResult<AnyPacket, undefined>;

/** In a row: they wait for no room, so that they must not be endless where nobody reads what comes of them. */
const mostSignals = 10_000;

/** Of one input. */
class Judge {
	readonly #accepts: readonly string[];
	#signals = 0;

	constructor(accepts: readonly string[]) {
		this.#accepts = accepts;
	}

	async step(packets: AsyncIterator<unknown>): Promise<Step> {
		const step = await packets.next();
		return step.done === true ? {done: true, value: undefined} : {done: false, value: this.packet(step.value, 'input')};
	}

	packet(input: unknown, path: string): AnyPacket {
		const packet = parsePacket(input, path);
		this.#signals = packet.type === 'signal' ? this.#signals + 1 : 0;
		if (this.#signals > mostSignals) throw invalid(path, `a value after at most ${mostSignals} signals`);
		if (packet.type === 'signal' || this.#accepts.includes(packet.medium)) return packet;
		throw invalid(path, `${this.#accepts.join(' or ')}, which is what the pipeline takes, not ${packet.medium}`);
	}
}

/** Not a generator: leaving must not wait for the next packet. */
function judgedLater(packets: AsyncIterator<unknown>, begun: Promise<Step>, judge: Judge): AsyncIterable<AnyPacket> {
	let first: Promise<Step> | undefined = begun;
	return {
		[Symbol.asyncIterator]: () => ({
			async next(): Promise<Step> {
				const step = first ?? judge.step(packets);
				first = undefined;
				return step;
			},
			async return() {
				await packets.return?.();
				return {done: true, value: undefined};
			},
		}),
	};
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
	yield* items;
}

const invalid = (path: string, expected: string): MofaError => new MofaError('invalid-request', {path, expected});
