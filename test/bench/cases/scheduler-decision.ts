/**
 * How long does the scheduler think? 1,000 models resident and 1,000 more known, on a machine that is full: asks,
 * releases, cancels, loads and unloads in a random order that is the same in every run. Each event is timed alone.
 * The best of three runs counts, since other work on the machine can only add.
 */
import {performance} from 'node:perf_hooks';
import type {Candidate} from '../../../src/scheduler/candidate.ts';
import {SchedulerCore} from '../../../src/scheduler/core.ts';
import {print} from '../measure.ts';

const resident = 1000;
const known = 2 * resident;
const rounds = 20_000;
const gibibyte = 1024 ** 3;

const candidates = Array.from({length: known}, (_, at): Candidate => ({
	id: `model-${at}`,
	model: `model-${at}`,
	variant: 'q8',
	adapter: 'plain',
	backend: 'fake',
	tasks: ['chat'],
	needs: {ram: (1 + (at % 13)) * gibibyte},
	reloadMs: 100 + (at % 97) * 50,
}));
const bytesOf = (candidate: Candidate | undefined): number => candidate?.needs['ram'] ?? 0;

/** A machine with room for the first 1,000 models, and people who ask for all of them. */
class Machine {
	readonly times: number[] = [];
	loads = 0;
	#now = 0;
	#seed = 1;
	#lastTicket = 0;
	readonly #loading: Candidate[] = [];
	readonly #leaving: string[] = [];
	readonly #shrinking: string[] = [];
	readonly #held: number[] = [];
	readonly #waiting = new Set<number>();
	readonly #core: SchedulerCore;

	constructor() {
		const ram = candidates.slice(0, resident).reduce((sum, candidate) => sum + bytesOf(candidate), 0);
		const budget = {capacity: {ram}, headroom: {}};
		this.#core = new SchedulerCore(
			{budget, cores: 16, queueLimit: 512, keepAliveMs: 300_000},
			{
				load: candidate => {
					this.loads++;
					this.#loading.push(candidate);
				},
				abort: id => {
					this.#loading.splice(
						this.#loading.findIndex(one => one.id === id),
						1,
					);
					this.#leaving.push(id);
				},
				unload: id => this.#leaving.push(id),
				shrink: id => this.#shrinking.push(id),
				grant: ticket => {
					this.#waiting.delete(ticket);
					this.#held.push(ticket);
				},
				reject: ticket => this.#waiting.delete(ticket),
				wake: () => undefined,
				threads: () => undefined,
			},
			() => this.#now,
		);
		for (const candidate of candidates.slice(0, resident)) {
			this.#ask(candidate);
			this.#endLoad();
			this.#release();
		}
		this.loads = 0;
	}

	/** As many releases as asks, and what was begun ends soon, so the machine stays full and busy. */
	step(): void {
		this.#now += this.#random(20);
		const luck = this.#random(100);
		const candidate = candidates[this.#random(known)];
		if (luck < 18 && candidate !== undefined) this.#timed(() => this.#ask(candidate));
		else if (luck < 36) this.#timed(() => this.#release());
		else if (luck < 38) this.#timed(() => this.#cancel());
		else if (this.#shrinking.length > 0) this.#timed(() => this.#endShrink());
		else if (this.#leaving.length > 0) this.#timed(() => this.#endUnload());
		else if (this.#loading.length > 0) this.#timed(() => this.#endLoad());
	}

	#ask(candidate: Candidate): void {
		const ticket = ++this.#lastTicket;
		this.#waiting.add(ticket);
		const priority = ticket % 4 === 0 ? 'batch' : 'interactive';
		this.#core.ask({ticket, model: candidate.model, candidates: [candidate], priority});
	}

	#release(): void {
		const [ticket] = this.#held.splice(this.#random(this.#held.length), 1);
		if (ticket !== undefined) this.#core.release(ticket);
	}

	#cancel(): void {
		const ticket = [...this.#waiting][this.#random(this.#waiting.size)];
		if (ticket === undefined) return;
		this.#waiting.delete(ticket);
		this.#core.cancel(ticket);
	}

	#endLoad(): void {
		const candidate = this.#loading.shift();
		if (candidate === undefined) return;
		const reclaimable = {ram: bytesOf(candidate) / 4};
		this.#core.loaded(candidate.id, {footprint: candidate.needs, reclaimable, slots: 2, usefulThreads: 8});
	}

	#endUnload(): void {
		this.#core.unloaded(this.#leaving.shift() ?? '');
	}

	#endShrink(): void {
		const id = this.#shrinking.shift() ?? '';
		const bytes = bytesOf(candidates[Number(id.replace('model-', ''))]);
		this.#core.shrunk(id, {ram: bytes * 0.75});
	}

	#timed(event: () => void): void {
		const since = performance.now();
		event();
		this.times.push(performance.now() - since);
	}

	#random(below: number): number {
		this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((this.#seed / 2 ** 32) * below);
	}
}

function run(): {readonly p50: number; readonly p99: number} {
	const machine = new Machine();
	for (let round = 0; round < rounds; round++) machine.step();
	if (machine.loads < resident) throw new Error(`the machine was not busy: ${machine.loads} loads`);
	const sorted = machine.times.toSorted((a, b) => a - b);
	const at = (share: number): number => Number((sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(3));
	return {p50: at(0.5), p99: at(0.99)};
}

const [best = {p50: Number.NaN, p99: Number.NaN}] = [run(), run(), run()].toSorted((a, b) => a.p99 - b.p99);
print({name: 'scheduler decision, median', value: best.p50, unit: 'ms'});
print({name: 'scheduler decision beside 1,000 models, p99', value: best.p99, unit: 'ms', limit: 1});
