import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import type {Audio} from '../../contract/media.ts';
import type {AnyPacket, AnyValue} from '../../contract/stage.ts';
import {inputPackets} from '../pipe/input.ts';
import type {Terminal} from '../terminal.ts';

export interface InputsAsk {
	readonly words: readonly string[];
	/** What the task takes. */
	readonly accepts: readonly string[];
	readonly terminal: Terminal;
	readonly signal: AbortSignal;
}

/** Each word is a file where there is one by that name, standard input where it is `-`, and else a text; texts side by side are one. */
export async function* readInputs(ask: InputsAsk): AsyncGenerator<AnyPacket> {
	let texts: string[] = [];
	for (const word of ask.words) {
		const source = await sourceOf(word, ask);
		if (source === null && !isVector(word, ask)) texts.push(word);
		else {
			yield* textOf(texts, ask);
			texts = [];
			yield* source === null ? vectorOf(word) : packetsOf(word, source, ask);
		}
	}
	yield* textOf(texts, ask);
}

/** All of them, with the pieces of a text or a sound put together. */
export async function gatherInputs(ask: InputsAsk): Promise<readonly AnyValue[]> {
	const values: AnyValue[] = [];
	const sound: Audio[] = [];
	for await (const packet of readInputs(ask)) {
		if (packet.type === 'signal') continue;
		const last = values.at(-1);
		if (packet.medium === 'audio') sound.push(packet.value);
		else if (packet.medium === 'text' && last?.medium === 'text')
			values[values.length - 1] = {...packet, value: `${last.value}${packet.value}`};
		else values.push(packet);
	}
	const [first] = sound;
	if (first !== undefined) values.unshift({type: 'value', medium: 'audio', value: joined(first, sound)});
	return values;
}

/** Null where the word is no name of a file. */
async function sourceOf(word: string, {terminal, signal}: InputsAsk): Promise<AsyncIterable<Uint8Array> | null> {
	if (word === '-') return terminal.stdin.chunks(signal);
	const facts = await stat(word).catch(() => null);
	if (facts === null) return null;
	if (facts.isDirectory())
		throw new MofaError('invalid-request', {path: word, expected: 'a file or a text, not a folder'});
	return fileBytes(word, signal);
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

function packetsOf(word: string, bytes: AsyncIterable<Uint8Array>, ask: InputsAsk): AsyncIterable<AnyPacket> {
	const {accepts, terminal} = ask;
	const source = word === '-' ? 'standard input' : word;
	const search = terminal.env['PATH'] ?? '';
	return inputPackets(bytes, {source, accepts, raw: null, loop: false, search, onCut: () => undefined});
}

function* textOf(texts: readonly string[], {accepts}: InputsAsk): Generator<AnyPacket> {
	const [first] = texts;
	if (first !== undefined && !accepts.includes('text'))
		throw new MofaError('invalid-request', {path: first, expected: `a file that is there: ${accepts.join(' or ')}`});
	if (first !== undefined) yield {type: 'value', medium: 'text', value: texts.join(' ')};
}

/** Numbers are a vector only to a task that takes nothing that can be written otherwise. */
const isVector = (word: string, {accepts}: InputsAsk): boolean =>
	accepts.includes('vector') && !accepts.includes('text') && /^\s*\[/.test(word);

function* vectorOf(word: string): Generator<AnyPacket> {
	const invalid = (): MofaError => new MofaError('invalid-request', {path: word, expected: 'numbers, as in [0.5, 1]'});
	let numbers: unknown;
	try {
		numbers = JSON.parse(word);
	} catch {
		throw invalid();
	}
	if (!Array.isArray(numbers) || !numbers.every(number => typeof number === 'number')) throw invalid();
	yield {type: 'value', medium: 'vector', value: Float32Array.from(numbers)};
}

function joined(first: Audio, pieces: readonly Audio[]): Audio {
	const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.samples.length, 0));
	let at = 0;
	for (const piece of pieces) {
		samples.set(piece.samples, at);
		at += piece.samples.length;
	}
	return {...first, samples};
}
