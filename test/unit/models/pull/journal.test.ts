import {spawnSync} from 'node:child_process';
import {closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {open} from 'node:fs/promises';
import path from 'node:path';
import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
	journalBuffer,
	noteInJournal,
	parseJournal,
	readJournal,
	type JournalFacts,
} from '../../../../src/models/pull/journal.ts';
import {partsOf} from '../../../../src/models/pull/parts.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const headerBytes = 8192;
const partBytes = 2 ** 16;
const facts: JournalFacts = {
	version: 1,
	repository: 'org/model',
	file: 'model.gguf',
	etag: 'a'.repeat(64),
	totalBytes: 3 * partBytes + 5,
	partBytes,
};

function fresh(about: JournalFacts = facts): Buffer {
	return journalBuffer(about, partsOf(about.totalBytes, about.partBytes));
}

/** A journal whose header says what its author wants. */
function forged(header: unknown, records = 4): Buffer {
	const content = Buffer.alloc(headerBytes + records * 8);
	content.fill(' ', 0, headerBytes);
	content.write(typeof header === 'string' ? header : JSON.stringify(header));
	return content;
}

test('what was written is read', () => {
	const parts = partsOf(facts.totalBytes, partBytes);
	for (const [index, written] of [partBytes, 17, 0, 5].entries()) {
		const part = parts[index];
		if (part === undefined) throw new Error('too few');
		part.written = written;
		part.checksum = 2 ** 32 - 1 - index;
	}
	const read = parseJournal(journalBuffer(facts, parts));
	expect(read?.facts).toEqual(facts);
	expect(read?.parts.map(({written, checksum, state}) => [written, checksum, state])).toEqual([
		[partBytes, 2 ** 32 - 1, 'done'],
		[17, 2 ** 32 - 2, 'waiting'],
		[0, 2 ** 32 - 3, 'waiting'],
		[5, 2 ** 32 - 4, 'done'],
	]);
});

test('one note changes one part, and not the length of the file', async () => {
	const file = path.join(temporaryFolder(), 'journal');
	writeFileSync(file, fresh());
	const before = readFileSync(file);
	const handle = await open(file, 'r+');
	await noteInJournal(handle, 2, 1234, 99);
	await handle.close();
	const after = readFileSync(file);
	expect(after.length).toBe(before.length);
	const read = await readJournal(file);
	expect(read?.parts.map(({written}) => written)).toEqual([0, 0, 1234, 0]);
	expect(read?.parts[2]?.checksum).toBe(99);
});

test('names that have no room are a mistake of the caller', () => {
	expect(() => fresh({...facts, file: 'x'.repeat(headerBytes)})).toThrow(RangeError);
});

describe('what is no journal is none', () => {
	test.each<[string, Buffer]>([
		['nothing', Buffer.alloc(0)],
		['no JSON', forged('nonsense')],
		['JSON that is no object', forged('[1, 2]')],
		['null', forged('null')],
		['deep nesting', forged('['.repeat(8000))],
		['another version', forged({...facts, version: 2})],
		['a name that is no text', forged({...facts, file: 7})],
		['a length below nothing', forged({...facts, totalBytes: -1})],
		['a length that is no whole number', forged({...facts, totalBytes: 1.5})],
		['a length that is longer than numbers', forged({...facts, totalBytes: 1e300})],
		['parts of no bytes', forged({...facts, partBytes: 0})],
		['parts that are too short', forged({...facts, partBytes: 1})],
		['parts that fill the memory', forged({...facts, partBytes: 2 ** 40}, 1)],
		['more parts than any file has', forged({...facts, totalBytes: 2 ** 53 - 1})],
		['a record too few', fresh().subarray(0, -8)],
		['half a record too many', Buffer.concat([fresh(), Buffer.alloc(4)])],
		['a record too many', Buffer.concat([fresh(), Buffer.alloc(8)])],
	])('%s', (_title, content) => {
		expect(parseJournal(content)).toBeNull();
	});

	test('a part with more bytes than it has', () => {
		const content = fresh();
		content.writeUInt32LE(partBytes + 1, headerBytes);
		expect(parseJournal(content)).toBeNull();
		content.writeUInt32LE(partBytes, headerBytes);
		content.writeUInt32LE(6, headerBytes + 3 * 8);
		expect(parseJournal(content)).toBeNull();
	});

	test('a few lines that speak of millions of parts cost no memory', () => {
		const content = forged({...facts, totalBytes: 2 ** 23 * partBytes});
		const before = process.memoryUsage().heapUsed;
		for (let time = 0; time < 20; time += 1) expect(parseJournal(content)).toBeNull();
		expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
	});

	test('whatever is in it, it is read or it is none', () => {
		const whole = fresh();
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {maxLength: 40}), changes => {
				const content = Buffer.from(whole);
				for (const [at, byte] of changes) content[at] = byte;
				const read = parseJournal(content);
				for (const {written, bytes} of read?.parts ?? []) expect(written).toBeLessThanOrEqual(bytes);
			}),
		);
	});
});

describe('what someone put in its place', () => {
	test('no file is no journal', async () => {
		expect(await readJournal(path.join(temporaryFolder(), 'none'))).toBeNull();
	});

	test('a link is not followed', async () => {
		const folder = temporaryFolder();
		writeFileSync(path.join(folder, 'real'), fresh());
		symlinkSync('real', path.join(folder, 'link'));
		expect(await readJournal(path.join(folder, 'real'))).not.toBeNull();
		expect(await readJournal(path.join(folder, 'link'))).toBeNull();
	});

	test('a folder is no journal', async () => {
		const folder = path.join(temporaryFolder(), 'folder');
		mkdirSync(folder);
		expect(await readJournal(folder)).toBeNull();
	});

	test.skipIf(process.platform === 'win32')('nobody waits for the other end of a pipe', async () => {
		const pipe = path.join(temporaryFolder(), 'pipe');
		expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
		expect(await readJournal(pipe)).toBeNull();
	});

	test('a file that is far too long is not read', async () => {
		const file = path.join(temporaryFolder(), 'long');
		const handle = openSync(file, 'w');
		ftruncateSync(handle, 2 ** 40);
		closeSync(handle);
		expect(await readJournal(file)).toBeNull();
	});
});
