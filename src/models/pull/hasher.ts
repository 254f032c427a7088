import {Worker} from 'node:worker_threads';
import {hashHere, type HashHere, type HashRequest, type HashWork} from './hash-work.ts';

/** Hashes a file in the order of its bytes, from memory as they come or from the disk where they lie already. */
export interface Hasher extends AsyncDisposable {
	/** Bytes hashed so far. */
	readonly position: number;
	/** And those that are on their way to be. */
	readonly asked: number;
	/** Bytes `from` to `to` of this memory are the next ones. Others may be given before they are hashed. */
	update(memory: Buffer, from: number, to: number): Promise<void>;
	/** The next `bytes` lie on the disk, and nothing else is being hashed. False, and nothing is hashed, where their CRC-32 is another one. */
	updateFromDisk(bytes: number, checksum: number | null): Promise<boolean>;
	/** Hexadecimal. */
	digest(): Promise<string>;
}

/** Below this a thread costs more than it brings. */
const worthThread = 2 ** 25;

/**
 * A name of 64 digits is SHA-256 of the content; one of 40 is git's SHA-1 over its own header and the content. Large files
 * are hashed in a thread of their own: it may take as long as receiving them, and others wait for this one.
 */
export function createHasher(etag: string, bytes: number, path: string, threadFrom: number = worthThread): Hasher {
	const work: HashWork =
		etag.length === 64 ? {algorithm: 'sha256', prefix: '', path} : {algorithm: 'sha1', prefix: `blob ${bytes}\0`, path};
	return new OrderedHasher(bytes < threadFrom ? here(work) : inThread(work));
}

interface Place {
	ask(request: HashRequest): Promise<string | boolean>;
	close(): Promise<void>;
}

class OrderedHasher implements Hasher {
	position = 0;
	asked = 0;
	readonly #place: Place;

	constructor(place: Place) {
		this.#place = place;
	}

	async update(memory: Buffer, from: number, to: number): Promise<void> {
		this.asked += to - from;
		await this.#place.ask({do: 'update', memory, from, to});
		this.position += to - from;
	}

	async updateFromDisk(bytes: number, checksum: number | null): Promise<boolean> {
		const good = await this.#place.ask({do: 'disk', at: this.position, bytes, checksum});
		if (good !== true) return false;
		this.position += bytes;
		this.asked = this.position;
		return true;
	}

	async digest(): Promise<string> {
		return String(await this.#place.ask({do: 'digest'}));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#place.close();
	}
}

function here(work: HashWork): Place {
	const hash: HashHere = hashHere(work);
	return {
		async ask(request) {
			// Others of this process want their turn too.
			await new Promise<void>(resolve => setImmediate(resolve));
			return hash.answer(request);
		},
		async close() {
			hash.close();
		},
	};
}

/** The function travels as text, so that no bundle has to know of one more file. It uses nothing from around it. */
const threadSource = `
const hashHere = ${hashHere.toString()};
const {parentPort, workerData} = process.getBuiltinModule('node:worker_threads');
const hash = hashHere(workerData);
parentPort.on('message', request => {
	try {
		parentPort.postMessage({answer: hash.answer(request)});
	} catch (error) {
		parentPort.postMessage({problem: error.message, code: error.code});
	}
});`;

interface Reply {
	readonly answer?: string | boolean;
	readonly problem?: string;
	readonly code?: string;
}

/** Questions are answered in their order. */
function inThread(work: HashWork): Place {
	const thread = new Worker(threadSource, {
		eval: true,
		workerData: work,
		execArgv: [],
		env: {},
		resourceLimits: {maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2},
	});
	const waiting: Array<{resolve(answer: string | boolean): void; reject(error: Error): void}> = [];
	let failure: Error | undefined;
	const fail = (error: Error): void => {
		failure ??= error;
		for (const {reject} of waiting.splice(0)) reject(failure);
	};
	thread.on('error', fail);
	thread.on('exit', () => fail(new Error('the thread that hashes has ended')));
	thread.on('message', ({answer, problem = 'it failed', code}: Reply) => {
		const asked = waiting.shift();
		if (answer === undefined) asked?.reject(Object.assign(new Error(problem), {code}));
		else asked?.resolve(answer);
	});
	return {
		ask: request =>
			new Promise((resolve, reject) => {
				if (failure !== undefined) return reject(failure);
				waiting.push({resolve, reject});
				thread.postMessage(request, []);
			}),
		async close() {
			await thread.terminate();
		},
	};
}
