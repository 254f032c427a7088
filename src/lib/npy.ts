/** What stands before the numbers of a NumPy file, version 1.0: rows of 32-bit little-endian numbers. Pure. */
export function npyHeader(rows: number, columns: number): Uint8Array {
	const words = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
	const before = 10;
	// The numbers begin at a multiple of 64.
	const length = Math.ceil((before + words.length + 1) / 64) * 64 - before;
	const header = Buffer.alloc(before + length, ' ', 'latin1');
	header.write('\u0093NUMPY\u0001\u0000', 0, 'latin1');
	header.writeUInt16LE(length, 8);
	header.write(words, before, 'latin1');
	header.write('\n', before + length - 1, 'latin1');
	return header;
}
