import {MofaError} from '../contract/error.ts';
import type {AnyPacket, AnyValue, LiveTalk, Signal, StageTalk} from '../contract/stage.ts';
import {ClauseSplitter} from '../lib/clause-splitter.ts';
import type {Asker, Question} from './asker.ts';
import type {Inbox} from './inbox.ts';
import {LiveTurn} from './live-turn.ts';
import type {Meter} from './meter.ts';
import type {Outlet} from './outlet.ts';
import {textValue, weightOf} from './packets.ts';
import type {Spoken} from './spoken.ts';

export type OpenTalk =
	| {readonly takes: 'value' | 'clause' | 'turn'; readonly talk: StageTalk<unknown, {readonly type: string}>}
	| {readonly takes: 'live'; readonly talk: LiveTalk<unknown, {readonly type: string}>};

export interface TaskBodyOptions {
	readonly inbox: Inbox;
	readonly outlet: Outlet;
	readonly meter: Meter;
	readonly asker: Asker;
	readonly open: OpenTalk;
	/** What it is given is what somebody said, and is kept when an answer is interrupted. */
	readonly keeps: boolean;
	/** Of what it gave before it was interrupted, what was heard; null: all of it, or nobody knows. */
	readonly heard: () => string | null;
	/** Hears each clause before it is said, and the end of each turn. */
	readonly spoken: Spoken | undefined;
	/** Whether a request may have to be made again. */
	readonly replays: boolean;
	readonly now: () => number;
}

/** Bytes of one turn that are gathered before a request, or kept for another try. */
const largestTurn = 64 * 1024 ** 2;

/** A stage with a model: gathers what makes a request, asks, and passes signals on in their order. */
export class TaskBody {
	readonly #options: TaskBodyOptions;
	readonly #clauses = new ClauseSplitter();
	/** Characters of the last piece that was said in this turn; 0 at its beginning. */
	#lastSaid = 0;
	/** A signal that was met while something was said. */
	#met: Signal | undefined;
	#gathered: AnyValue[] = [];
	#weight = 0;

	constructor(options: TaskBodyOptions) {
		this.#options = options;
	}

	/** Until the input ends, or the inbox is stopped. */
	async run(): Promise<void> {
		for (;;) {
			const packet = await this.#next();
			if (packet === undefined) return;
			const signal = packet.type === 'value' ? await this.#value(packet) : packet;
			if (signal === undefined) continue;
			await this.#signal(signal);
			if (signal.kind === 'end') return;
		}
	}

	async #next(): Promise<AnyPacket | undefined> {
		const met = this.#met;
		this.#met = undefined;
		const packet = met ?? (await this.#options.inbox.next());
		if (packet?.type === 'value') this.#options.meter.took(packet);
		return packet;
	}

	/** Gives back a signal that it met on the way. */
	async #value(value: AnyValue): Promise<Signal | undefined> {
		const {open} = this.#options;
		if (open.takes === 'live') return this.#live(value, open.talk);
		if (open.takes === 'value') await this.#ask([value], open.talk);
		else if (open.takes === 'turn' || value.medium !== 'text') this.#gather(value);
		else await this.#say(this.#clauses.push(value.value, this.#isSlow), open.talk);
		return undefined;
	}

	async #signal(signal: Signal): Promise<void> {
		const {open, outlet, keeps, heard} = this.#options;
		if (signal.kind === 'interrupt') {
			this.#clauses.forget();
			if (!keeps) this.#takeGathered();
			open.talk.over?.({how: 'interrupted', heard: heard()});
		} else if (open.takes !== 'live') {
			await this.#say(this.#clauses.rest(), open.talk);
			// A turn that goes on, after a pause that looked like its end.
			const goesOn = keeps && outlet.muted && signal.kind === 'flush';
			if (goesOn && this.#gathered.at(-1)?.medium === 'text') this.#gather(textValue(' '));
			const gathered = goesOn ? [] : this.#takeGathered();
			if (gathered.length > 0) await this.#ask(gathered, open.talk);
		}
		this.#options.spoken?.over();
		this.#lastSaid = 0;
		outlet.pass(signal);
	}

	/** Whether a listener would wait for a piece that is much longer than the last. */
	get #isSlow(): boolean {
		return this.#options.meter.pace > slowPace;
	}

	#takeGathered(): readonly AnyValue[] {
		const gathered = this.#gathered;
		this.#gathered = [];
		this.#weight = 0;
		return gathered;
	}

	#gather(value: AnyValue): void {
		this.#gathered.push(value);
		this.#weight += weightOf(value);
		if (this.#weight > largestTurn)
			throw new MofaError('invalid-request', {path: 'input', expected: `a turn of at most ${largestTurn} bytes`});
	}

	async #say(clauses: readonly string[], talk: StageTalk<unknown, {readonly type: string}>): Promise<void> {
		const {spoken, outlet} = this.#options;
		const waiting = [...clauses];
		while (waiting.length > 0) {
			if (this.#lastSaid > 0) waiting.push(...this.#readyClauses());
			const place = {first: this.#lastSaid === 0};
			const pieces = this.#nextPieces(waiting);
			if (!outlet.muted) spoken?.begin(pieces.join(' '));
			await this.#ask(pieces.map(textValue), talk, place);
		}
	}

	/** Those of one request: a quick voice that is given several says them side by side where it has the cores. */
	#nextPieces(waiting: string[]): readonly string[] {
		const most = this.#lastSaid === 0 || this.#isSlow ? 1 : mostPieces;
		const pieces: string[] = [];
		while (pieces.length < most && waiting.length > 0) {
			const piece = nextPiece(waiting, this.#lastSaid, this.#isSlow);
			this.#lastSaid = piece.length;
			pieces.push(piece);
		}
		return pieces;
	}

	/** What has come in the meantime, and what is left of the turn where that is over. */
	#readyClauses(): readonly string[] {
		const clauses: string[] = [];
		while (this.#met === undefined) {
			const packet = this.#options.inbox.ready();
			if (packet === undefined) break;
			if (packet.type === 'signal') {
				this.#met = packet;
				if (packet.kind !== 'interrupt') clauses.push(...this.#clauses.rest());
				break;
			}
			this.#options.meter.took(packet);
			if (packet.medium === 'text') clauses.push(...this.#clauses.push(packet.value, this.#isSlow));
			else this.#gather(packet);
		}
		return clauses;
	}

	async #ask(
		values: readonly AnyValue[],
		talk: StageTalk<unknown, {readonly type: string}>,
		place?: {readonly first: boolean},
	): Promise<void> {
		const {asker, outlet, heard} = this.#options;
		// What is left of a turn that was interrupted.
		if (outlet.muted) return;
		const how = await asker.ask({request: () => talk.request(values, place), again: true, starvedMs: 0});
		talk.over?.({how, heard: how === 'interrupted' ? heard() : null});
	}

	async #live(first: AnyValue, talk: LiveTalk<unknown, {readonly type: string}>): Promise<Signal | undefined> {
		const {asker, outlet, now, replays, heard} = this.#options;
		let starvedMs = 0;
		const read = async (): Promise<AnyPacket | undefined> => {
			const since = now();
			const packet = await this.#next();
			starvedMs += now() - since;
			return packet;
		};
		const turn = new LiveTurn({first, read, keep: replays ? largestTurn : 0, weigh: weightOf});
		const question: Question = {
			request: () => talk.request(turn.values(), packet => outlet.emit(packet)),
			get again() {
				return turn.whole;
			},
			get starvedMs() {
				return starvedMs;
			},
		};
		const how = outlet.muted ? 'interrupted' : await asker.ask(question);
		talk.over?.({how, heard: how === 'interrupted' ? heard() : null});
		return turn.ending();
	}
}

/** What was heard of a request that is interrupted is known by its length only, and so it is not all that waits. */
const mostPieces = 4;
/** Characters. */
const longestPiece = 200;
/** Seconds of work for each second of sound. */
const slowPace = 0.25;

/**
 * The clauses that are said in one go. The first goes alone, so that it is heard early; then as much as twice the last,
 * which is made while that sounds: fewer and longer pieces cost less and sound better, and a quick voice may jump ahead.
 */
function nextPiece(waiting: string[], last: number, slow: boolean): string {
	const most = last === 0 ? 0 : Math.min(longestPiece, Math.max(slow ? 0 : 60, last * 2));
	let piece = waiting.shift() ?? '';
	for (let next = waiting[0]; next !== undefined && piece.length + 1 + next.length <= most; next = waiting[0]) {
		piece = `${piece} ${next}`;
		waiting.shift();
	}
	return piece;
}
