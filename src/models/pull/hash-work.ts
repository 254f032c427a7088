export interface HashWork {
	readonly algorithm: 'sha256' | 'sha1';
	/** Hashed before the content: git's own header, for small files. */
	readonly prefix: string;
	/** The file that is hashed, for those parts that are only there. */
	readonly path: string;
}

export type HashRequest =
	/** The next bytes are in memory. */
	| {readonly do: 'update'; readonly memory: Uint8Array; readonly from: number; readonly to: number}
	/** The next bytes are on the disk: hashed where their CRC-32 is the one given (null: whatever they are). */
	| {readonly do: 'disk'; readonly at: number; readonly bytes: number; readonly checksum: number | null}
	| {readonly do: 'digest'};

export interface HashHere {
	/** The digest in hexadecimal, or whether the bytes were hashed. Throws what the file system throws. */
	answer(request: HashRequest): string | boolean;
	close(): void;
}

/**
 * Hashing itself. Its text is run in a thread as well as here, so it may use nothing that stands outside of it, and
 * nothing but the plainest of the language, which no compiler rewrites with helpers.
 */
export function hashHere(work: HashWork): HashHere {
	const {createHash} = process.getBuiltinModule('node:crypto');
	const fs = process.getBuiltinModule('node:fs');
	const {crc32} = process.getBuiltinModule('node:zlib');
	const hash = createHash(work.algorithm).update(work.prefix);
	let memory = Buffer.alloc(0);
	let file = -1;

	/** Whole or not at all. */
	const read = (at: number, bytes: number): Buffer | null => {
		if (file < 0) file = fs.openSync(work.path, 'r');
		if (memory.length < bytes) memory = Buffer.allocUnsafeSlow(bytes);
		let filled = 0;
		while (filled < bytes) {
			const count = fs.readSync(file, memory, filled, bytes - filled, at + filled);
			if (count === 0) return null;
			filled += count;
		}
		return memory.subarray(0, bytes);
	};

	return {
		answer(request) {
			if (request.do === 'digest') return hash.digest('hex');
			if (request.do === 'update') {
				hash.update(request.memory.subarray(request.from, request.to));
				return true;
			}
			const content = read(request.at, request.bytes);
			if (content === null || (request.checksum !== null && crc32(content) !== request.checksum)) return false;
			hash.update(content);
			return true;
		},
		close() {
			if (file >= 0) fs.closeSync(file);
		},
	};
}
