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
	if (!(Symbol.asyncIterator in input))
		return each(input.map((packet, index) => judged(packet, accepts, `input.${index}`)));
	const packets = input[Symbol.asyncIterator]();
	const first = nextStep(packets, accepts);
	// A failure that comes later is met by whoever reads the first packet.
	first.catch(() => undefined);
	try {
		await Promise.race([first, nextTurn()]);
	} catch (error) {
		void packets.return?.().then(undefined, () => undefined);
		throw error;
	}
	return judgedLater(packets, first, accepts);
}

type Step = IteratorResult<AnyPacket, undefined>;

/** Not a generator: leaving must not wait for the next packet. */
function judgedLater(
	packets: AsyncIterator<unknown>,
	begun: Promise<Step>,
	accepts: readonly string[],
): AsyncIterable<AnyPacket> {
	let first: Promise<Step> | undefined = begun;
	return {
		[Symbol.asyncIterator]: () => ({
			async next(): Promise<Step> {
				const step = first ?? nextStep(packets, accepts);
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

async function nextStep(packets: AsyncIterator<unknown>, accepts: readonly string[]): Promise<Step> {
	const step = await packets.next();
	return step.done === true
		? {done: true, value: undefined}
		: {done: false, value: judged(step.value, accepts, 'input')};
}

function judged(input: unknown, accepts: readonly string[], path: string): AnyPacket {
	const packet = parsePacket(input, path);
	if (packet.type === 'signal' || accepts.includes(packet.medium)) return packet;
	const expected = `${accepts.join(' or ')}, which is what the pipeline takes, not ${packet.medium}`;
	throw new MofaError('invalid-request', {path, expected});
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
	yield* items;
}
