import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {decodeMessage, encodeMessage, type EncodedMessage} from '../../../../src/lib/frames/message.ts';

const typedArrays = fc.oneof(
	fc.int8Array(),
	fc.uint8Array(),
	fc.uint8ClampedArray(),
	fc.int16Array(),
	fc.uint16Array(),
	fc.int32Array(),
	fc.uint32Array(),
	fc.float32Array(),
	fc.float64Array(),
	fc.bigInt64Array(),
	fc.bigUint64Array(),
);

const {value: plain} = fc.letrec(tie => ({
	value: fc.oneof(
		{maxDepth: 4},
		fc.string({unit: 'binary'}),
		fc.double(),
		fc.bigInt(),
		fc.constantFrom(null, undefined, true, false, NaN, Infinity, -Infinity, -0, '__proto__', '\uD800'),
		typedArrays,
		fc.array(tie('value'), {maxLength: 5}),
		fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toJSON')), tie('value'), {
			maxKeys: 5,
		}),
	),
}));

/** The bytes as they arrive: at any offset of a larger chunk. */
function arrive({head, attachments}: EncodedMessage, headroom: number, offset: number): Uint8Array {
	const bytes = Buffer.concat([head.subarray(headroom), ...attachments]);
	const chunk = new Uint8Array(offset + bytes.length);
	chunk.set(bytes, offset);
	return chunk.subarray(offset);
}

/** Own keys only, whatever they are called: `__proto__` as a key is data here. */
function bare(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(bare);
	if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
	return new Map(Object.keys(value).map(key => [key, bare((value as Record<string, unknown>)[key])]));
}

test('any plain value comes back the same, with every typed array of its own class, at any offset', () => {
	fc.assert(
		fc.property(plain, fc.integer({min: 0, max: 9}), fc.integer({min: 0, max: 15}), (value, headroom, offset) => {
			const message = encodeMessage(value, headroom);
			const payload = arrive(message, headroom, offset);
			expect(payload.length).toBe(message.bytes);
			expect(bare(decodeMessage(payload))).toStrictEqual(bare(value));
		}),
		{numRuns: 500},
	);
});

test('typed arrays travel as they are: no copy of them is made to send, and none to receive when they arrive aligned', () => {
	const samples = new Float32Array(1000).fill(0.5);
	const message = encodeMessage({audio: {samples, sampleRate: 16_000}});
	expect(message.attachments.some(({buffer}) => buffer === samples.buffer)).toBe(true);
	expect(message.bytes).toBeLessThan(4000 + 200);
	const copied: number[] = [];
	decodeMessage(arrive(message, 0, 8), bytes => copied.push(bytes));
	expect(copied).toEqual([]);
	decodeMessage(arrive(message, 0, 1), bytes => copied.push(bytes));
	expect(copied).toEqual([4000]);
});

test('a view into a larger buffer sends only what it shows', () => {
	const whole = new Int16Array([1, 2, 3, 4]);
	const message = encodeMessage(whole.subarray(1, 3));
	expect(decodeMessage(arrive(message, 0, 0))).toEqual(new Int16Array([2, 3]));
});

test('a Buffer arrives as the Uint8Array it is', () => {
	expect(decodeMessage(arrive(encodeMessage([Buffer.from('mofa')]), 0, 0))).toEqual([
		new Uint8Array(Buffer.from('mofa')),
	]);
});

test.each([
	[{at: new Date(0)}, 'at is a Date'],
	[[1, new Map()], '1 is a Map'],
	[{deep: {call() {}}}, 'deep.call is a function'],
	[new ArrayBuffer(4), 'the value is a ArrayBuffer'],
	[Symbol('x'), 'the value is a symbol'],
])('what is not plain data is refused by its path: %o', (value, words) => {
	expect(() => encodeMessage(value)).toThrow(words);
});

test('circular and bottomless data is refused', () => {
	const circular: Record<string, unknown> = {};
	circular['self'] = circular;
	expect(() => encodeMessage(circular)).toThrow('nested deeper');
});

test('damaged messages throw, whatever is damaged, and touch nothing else', () => {
	const message = encodeMessage({a: new Float64Array([1, 2]), b: [NaN, 'text', 5n]});
	const payload = arrive(message, 0, 0);
	fc.assert(
		fc.property(fc.nat({max: payload.length - 1}), fc.nat({max: 255}), fc.boolean(), (index, byte, truncate) => {
			const damaged = truncate ? payload.slice(0, index) : payload.slice();
			if (!truncate) damaged[index] = byte;
			try {
				decodeMessage(damaged);
			} catch (error) {
				expect(error).toBeInstanceOf(Error);
			}
			expect(({} as Record<string, unknown>)['a']).toBeUndefined();
		}),
		{numRuns: 1000},
	);
	expect(() => decodeMessage(payload.slice(0, -1))).toThrow('longer than its message');
	expect(() => decodeMessage(new Uint8Array([255, 255, 255, 255]))).toThrow('shorter than it says');
});

test('extras cannot reach what the message does not own', () => {
	const evil = (path: readonly string[]): Uint8Array => {
		const json = Buffer.from('{"a":null}');
		const extras = Buffer.from(JSON.stringify([[path, 'number', '1']]));
		const bytes = Buffer.alloc(8 + json.length + extras.length);
		bytes.writeUInt32LE(json.length, 0);
		json.copy(bytes, 4);
		bytes.writeUInt32LE(extras.length, 4 + json.length);
		extras.copy(bytes, 8 + json.length);
		return bytes;
	};
	expect(decodeMessage(evil(['a']))).toEqual({a: 1});
	expect(() => decodeMessage(evil(['__proto__', 'polluted']))).toThrow('do not match');
	expect(() => decodeMessage(evil(['constructor']))).toThrow('do not match');
});
