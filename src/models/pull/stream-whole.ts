import type {FileLocation, Hub} from '../hub/hub.ts';
import type {PartMemory} from './part-memory.ts';
import type {Part} from './parts.ts';

export interface WholeStream {
	readonly hub: Hub;
	readonly location: FileLocation;
	readonly parts: readonly Part[];
	readonly signal: AbortSignal;
	/** Memory for a part, when there is some. */
	readonly open: (part: Part) => Promise<PartMemory>;
	readonly took: (filling: PartMemory, piece: Buffer) => void;
	/** Told of every piece that comes, also of what is there already. */
	readonly passed: () => void;
}

/** The file from its first byte to its last over one connection. What is on the disk already is passed over. */
export async function streamWhole({hub, location, parts, signal, open, took, passed}: WholeStream): Promise<void> {
	const size = parts[0]?.bytes ?? 0;
	let position = 0;
	let filling: PartMemory | undefined;

	const close = async (): Promise<void> => {
		const ended = filling;
		filling = undefined;
		await ended?.settled();
		if (ended === undefined) return;
		ended.part.state = ended.isFull ? 'done' : 'waiting';
		took(ended, Buffer.alloc(0));
	};

	const onData = async (piece: Buffer): Promise<void> => {
		passed();
		for (let at = 0; at < piece.length;) {
			const part = parts[Math.floor(position / size)];
			if (part === undefined) return;
			if (filling?.part !== part) {
				await close();
				if (part.state !== 'done') filling = await open(part);
			}
			const inside = position - part.from;
			const length = Math.min(piece.length - at, part.bytes - inside);
			if (filling !== undefined && inside + length > filling.filled)
				took(filling, piece.subarray(at + Math.max(0, filling.filled - inside), at + length));
			at += length;
			position += length;
		}
	};

	try {
		await hub.stream(location, 0, location.bytes, {signal, onData});
	} finally {
		await close();
	}
}
