/**
 * How long does the scheduler think? 1,000 models resident and 1,000 more known, on a machine that is full, with a
 * queue that is never empty: asks, releases, cancels, loads and unloads in random order. Counts processor time, not
 * the clock, so that other work on the machine does not show. Prints one line of JSON.
 */
import type {Candidate} from '../../../src/scheduler/candidate.ts';
import {SchedulerCore} from '../../../src/scheduler/core.ts';
import type {Effects} from '../../../src/scheduler/effects.ts';

const resident = 1000;
const known = 2 * resident;
const rounds = 20_000;
const gibibyte = 1024 ** 3;

const candidates = Array.from({length: known}, (_, at): Candidate => candidateOf(at));
const loading: Candidate[] = [];
const leaving: string[] = [];
const shrinking: string[] = [];
const held: number[] = [];
const waiting = new Set<number>();
const times: number[] = [];
const queued: number[] = [];
let now = 0;
let seed = 1;
let lastTicket = 0;
let loads = 0;

const effects: Effects = {
	load: candidate => {
		loads++;
		loading.push(candidate);
	},
	abort: id => {
		loading.splice(
			loading.findIndex(one => one.id === id),
			1,
		);
		leaving.push(id);
	},
	unload: id => leaving.push(id),
	shrink: id => shrinking.push(id),
	grant: ticket => {
		waiting.delete(ticket);
		held.push(ticket);
	},
	reject: ticket => waiting.delete(ticket),
	wake: () => undefined,
	threads: () => undefined,
};
const capacity = {ram: candidates.slice(0, resident).reduce((sum, {needs}) => sum + (needs['ram'] ?? 0), 0)};
const core = new SchedulerCore(
	{budget: {capacity, headroom: {}}, cores: 16, queueLimit: 512, keepAliveMs: 300_000},
	effects,
	() => now,
);

fill();
for (let round = 0; round < rounds; round++) step();
report();

function candidateOf(at: number): Candidate {
	return {
		id: `model-${at}`,
		model: `model-${at}`,
		variant: 'q8',
		adapter: 'plain',
		backend: 'fake',
		tasks: ['chat'],
		needs: {ram: (1 + (at % 13)) * gibibyte},
		reloadMs: 100 + (at % 97) * 50,
	};
}

function fill(): void {
	for (const candidate of candidates.slice(0, resident)) {
		ask(candidate);
		endLoad();
		release();
	}
}

/**
 * As many releases as asks, and what was begun ends soon, so that the machine stays full and some always wait.
 * Each event is timed alone.
 */
function step(): void {
	now += random(20);
	const luck = random(100);
	if (luck < 18) timed(() => ask(pick(candidates)));
	else if (luck < 36) timed(release);
	else if (luck < 38) timed(cancel);
	else if (shrinking.length > 0) timed(endShrink);
	else if (leaving.length > 0) timed(endUnload);
	else if (loading.length > 0) timed(endLoad);
}

function ask(candidate: Candidate | undefined): void {
	if (candidate === undefined) return;
	waiting.add(++lastTicket);
	const priority = lastTicket % 4 === 0 ? 'batch' : 'interactive';
	core.ask({ticket: lastTicket, model: candidate.model, candidates: [candidate], priority});
}

function release(): void {
	const [ticket] = held.splice(random(held.length), 1);
	if (ticket !== undefined) core.release(ticket);
}

function endLoad(): void {
	const candidate = loading.shift();
	if (candidate === undefined) return;
	const footprint = candidate.needs;
	const reclaimable = {ram: (footprint['ram'] ?? 0) / 4};
	core.loaded(candidate.id, {footprint, reclaimable, slots: 2, usefulThreads: 8});
}

function endUnload(): void {
	const id = leaving.shift();
	if (id !== undefined) core.unloaded(id);
}

function endShrink(): void {
	const id = shrinking.shift();
	const bytes = core.engines.find(engine => engine.id === id)?.footprint['ram'] ?? 0;
	if (id !== undefined) core.shrunk(id, {ram: bytes * 0.75});
}

function cancel(): void {
	const ticket = pick([...waiting]);
	waiting.delete(ticket ?? 0);
	if (ticket !== undefined) core.cancel(ticket);
}

function timed(event: () => void): void {
	const since = process.cpuUsage();
	event();
	const {user, system} = process.cpuUsage(since);
	times.push((user + system) / 1000);
	queued.push(core.waiting);
}

function report(): void {
	const sorted = times.toSorted((a, b) => a - b);
	const at = (share: number): number => Number((sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(3));
	if (loads < 2 * resident) throw new Error(`the machine was not busy: ${loads} loads`);
	const detail = {
		p50: at(0.5),
		p999: at(0.999),
		events: times.length,
		loads,
		resident: core.size,
		waiting: mean(queued),
	};
	const limit = 1;
	console.log(
		JSON.stringify({name: 'scheduler decision p99', value: at(0.99), limit, unit: 'ms', ok: at(0.99) < limit, detail}),
	);
}

function mean(values: readonly number[]): number {
	return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** The same sequence on every run. */
function random(below: number): number {
	seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
	return Math.floor((seed / 2 ** 32) * below);
}

function pick<T>(items: readonly T[]): T | undefined {
	return items[random(items.length)];
}
