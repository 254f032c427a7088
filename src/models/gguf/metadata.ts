import type {ByteReader} from './byte-reader.ts';
import {Refused} from './refused.ts';

export type MetadataValue = string | number | boolean | ArraySummary;

/** Arrays hold vocabularies, which nothing here needs. */
export interface ArraySummary {
	readonly type: number;
	readonly length: number;
}

const mostEntries = 100_000;
const longestKey = 65_535;
const longestText = 16 * 2 ** 20;
const longestArray = 50_000_000;
const deepestArray = 3;

/** Reads so many key-value pairs. */
export async function readMetadata(reader: ByteReader, count: number): Promise<ReadonlyMap<string, MetadataValue>> {
	if (count > mostEntries) throw new Refused(`its header claims ${count} settings`);
	const metadata = new Map<string, MetadataValue>();
	for (let index = 0; index < count; index += 1) {
		const key = await readText(reader, longestKey);
		if (key === '') throw new Refused('its header has a setting without a name');
		if (metadata.has(key)) throw new Refused(`its header has ${JSON.stringify(key.slice(0, 80))} twice`);
		metadata.set(key, await readValue(reader, await reader.u32(), key));
	}
	return metadata;
}

export async function readText(
	reader: ByteReader,
	longest: number,
	encoding: 'utf8' | 'latin1' = 'utf8',
): Promise<string> {
	const bytes = await reader.u64();
	if (bytes > longest) throw new Refused(`a text in its header claims ${bytes} bytes`);
	return reader.text(bytes, encoding);
}

const arrayType = 9;
const textType = 8;

/** `enum gguf_type`: how to read a scalar, and how many bytes it has. */
const scalars: ReadonlyMap<
	number,
	{readonly bytes: number; readonly read: (reader: ByteReader) => Promise<number | boolean>}
> = new Map([
	[0, {bytes: 1, read: reader => reader.u8()}],
	[1, {bytes: 1, read: reader => reader.i8()}],
	[2, {bytes: 2, read: reader => reader.u16()}],
	[3, {bytes: 2, read: reader => reader.i16()}],
	[4, {bytes: 4, read: reader => reader.u32()}],
	[5, {bytes: 4, read: reader => reader.i32()}],
	[6, {bytes: 4, read: reader => reader.f32()}],
	[7, {bytes: 1, read: async reader => (await reader.u8()) !== 0}],
	[10, {bytes: 8, read: reader => reader.u64()}],
	[11, {bytes: 8, read: reader => reader.i64()}],
	[12, {bytes: 8, read: reader => reader.f64()}],
]);

async function readValue(reader: ByteReader, type: number, key: string): Promise<MetadataValue> {
	if (type === textType) return readText(reader, longestText);
	if (type === arrayType) return key === tokensKey ? readTokens(reader) : skipArray(reader, key, 1);
	const scalar = scalars.get(type);
	if (scalar === undefined)
		throw new Refused(`its setting ${JSON.stringify(key.slice(0, 80))} has the unknown type ${type}`);
	return scalar.read(reader);
}

const tokensKey = 'tokenizer.ggml.tokens';
const longestVocabulary = 64 * 2 ** 20;

/** The vocabulary is looked through, not kept: llama.cpp ends the process when a token is there twice. */
async function readTokens(reader: ByteReader): Promise<ArraySummary> {
	const type = await reader.u32();
	const length = await reader.u64();
	if (type !== textType || length > longestArray) throw new Refused('its tokens are no list of texts');
	const seen = new Set<string>();
	let bytes = 0;
	for (let index = 0; index < length; index += 1) {
		// To llama.cpp a text ends at its first NUL.
		const [token = ''] = (await readText(reader, longestKey, 'latin1')).split('\0', 1);
		bytes += token.length;
		if (bytes > longestVocabulary) throw new Refused(`its tokens claim more than ${longestVocabulary} bytes`);
		if (seen.has(token)) throw new Refused(`it has the token ${JSON.stringify(token.slice(0, 40))} twice`);
		// llama.cpp gives an empty token a name by its number.
		seen.add(token === '' ? `[EMPTY_${index}]` : token);
	}
	return {type, length};
}

async function skipArray(reader: ByteReader, key: string, depth: number): Promise<ArraySummary> {
	const type = await reader.u32();
	const length = await reader.u64();
	if (length > longestArray || depth > deepestArray)
		throw new Refused(`its setting ${JSON.stringify(key.slice(0, 80))} claims ${length} values`);
	const scalar = scalars.get(type);
	if (scalar !== undefined) await reader.skip(scalar.bytes * length);
	else if (type === textType) for (let index = 0; index < length; index += 1) await reader.skip(await reader.u64());
	else if (type === arrayType) for (let index = 0; index < length; index += 1) await skipArray(reader, key, depth + 1);
	else throw new Refused(`its setting ${JSON.stringify(key.slice(0, 80))} has values of the unknown type ${type}`);
	return {type, length};
}
