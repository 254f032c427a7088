import type {LoadSettings} from '../../contract/adapter.ts';
import type {Device} from '../../contract/backend.ts';
import type {EngineLifecycle} from '../../contract/engine.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {Warning} from '../../contract/task.ts';
import {printable} from './printable.ts';

/** Raised when a message changes shape; a daemon and a runner that differ here do not talk. */
export const protocolVersion = 3;

/** What the daemon asks of a runner: each opens a stream. */
export type RunnerRequest =
	| LoadMessage
	| RunMessage
	/** Answered with an end. */
	| {readonly type: 'shrink'}
	/** Answered with an end, once everything has stopped and the engine is disposed; then the runner leaves. */
	| {readonly type: 'shutdown'};

/** Answered with one `EngineReport`, after any number of `progress` notices. */
export interface LoadMessage {
	readonly type: 'load';
	readonly adapter: string;
	/** The module of the plugin that the adapter comes from; absent: built in. */
	readonly plugin?: string;
	readonly model: InstalledModel;
	readonly device: Device;
	readonly threads: number;
	readonly settings: LoadSettings;
}

/** Answered with `RunEvent`s. */
export interface RunMessage {
	readonly type: 'run';
	readonly task: string;
	readonly request: unknown;
	/** Fields of the request that are streams, and the numbers by which the runner asks for them. */
	readonly inputs?: Readonly<Record<string, number>>;
}

/** What a runner asks of the daemon: the items of a stream that stands in a request. */
export interface InputRequest {
	readonly type: 'input';
	readonly number: number;
}

export type RunEvent = {readonly event: unknown} | {readonly warning: Warning};

/** What the daemon tells a runner without expecting an answer. */
export interface DaemonNotice {
	readonly type: 'threads';
	readonly count: number;
}

/** What a runner tells on its own. */
export type RunnerNotice =
	/** The first thing it says. */
	| {readonly type: 'hello'; readonly protocol: number}
	| {readonly type: 'progress'; readonly fraction: number}
	| {readonly type: 'state'; readonly state: EngineState}
	/** The last thing it says: an error nobody caught. */
	| {readonly type: 'fault'; readonly problem: string};

/** The part of an engine that changes while it lives. */
export type EngineState = Pick<EngineLifecycle, 'footprint' | 'reclaimable' | 'facts' | 'slots' | 'usefulThreads'>;

export interface EngineReport {
	readonly tasks: readonly string[];
	readonly state: EngineState;
	/** Milliseconds its event loop may stand still; absent: what holds for every runner. */
	readonly longestCall?: number;
	/** Which of the optional methods the engine has. */
	readonly shrinks: boolean;
	readonly setsThreads: boolean;
}

/** Resident set of the runner in bytes: what it adds to every answer to a ping. */
export interface Vitals {
	readonly rss: number;
}

/** A runner holds native code and hostile files: the daemon checks what it says. The parsers throw a TypeError. */
export function parseRunnerNotice(value: unknown): RunnerNotice {
	const notice = record(value, 'notice');
	switch (notice['type']) {
		case 'hello':
			return {type: 'hello', protocol: count(notice['protocol'], 'protocol')};
		case 'progress':
			return {type: 'progress', fraction: Math.min(amount(notice['fraction'], 'fraction'), 1)};
		case 'state':
			return {type: 'state', state: parseEngineState(notice['state'])};
		case 'fault':
			return {type: 'fault', problem: printable(String(notice['problem']))};
		default:
			throw new TypeError('a notice of an unknown type');
	}
}

export function parseInputRequest(value: unknown): InputRequest {
	const request = record(value, 'request');
	if (request['type'] !== 'input') throw new TypeError('a request of an unknown type');
	return {type: 'input', number: count(request['number'], 'number')};
}

/** Milliseconds; nobody waits longer for a sign of life. */
const longestWait = 60 * 60 * 1000;

export function parseEngineReport(value: unknown): EngineReport {
	const report = record(value, 'engine');
	const {tasks, longestCall: longest} = report;
	if (!Array.isArray(tasks)) throw new TypeError('tasks is not a list');
	return {
		tasks: tasks.map(String),
		state: parseEngineState(report['state']),
		...(longest === undefined ? {} : {longestCall: Math.min(amount(longest, 'longestCall'), longestWait)}),
		shrinks: report['shrinks'] === true,
		setsThreads: report['setsThreads'] === true,
	};
}

export function parseRunEvent(value: unknown): RunEvent {
	const item = record(value, 'event');
	if (!('warning' in item)) return {event: item['event']};
	const warning = record(item['warning'], 'warning');
	const told = {setting: String(warning['setting']), message: String(warning['message'])};
	if (warning['cut'] === undefined) return {warning: told};
	const cut = record(warning['cut'], 'cut');
	const [texts, of, tokens] = [count(cut['texts'], 'texts'), count(cut['of'], 'of'), count(cut['tokens'], 'tokens')];
	return {warning: {...told, cut: {texts, of, tokens}}};
}

export function parseVitals(value: unknown): Vitals {
	return {rss: amount(record(value, 'vitals')['rss'], 'rss')};
}

function parseEngineState(value: unknown): EngineState {
	const state = record(value, 'state');
	const reclaimable = state['reclaimable'];
	const facts = state['facts'];
	return {
		footprint: parseAmounts(state['footprint'], 'footprint'),
		...(reclaimable === undefined ? {} : {reclaimable: parseAmounts(reclaimable, 'reclaimable')}),
		...(facts === undefined ? {} : {facts: parseAmounts(facts, 'facts')}),
		slots: Math.max(1, count(state['slots'], 'slots')),
		usefulThreads: Math.max(1, count(state['usefulThreads'], 'usefulThreads')),
	};
}

/** A record of numbers that are not negative: bytes by pool, facts by name. */
function parseAmounts(value: unknown, name: string): Readonly<Record<string, number>> {
	return Object.fromEntries(
		Object.entries(record(value, name)).map(([key, number]) => [key, amount(number, `${name}.${key}`)]),
	);
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
	if (typeof value !== 'object' || value === null) throw new TypeError(`${name} is not an object`);
	return value as Readonly<Record<string, unknown>>;
}

function amount(value: unknown, name: string): number {
	if (typeof value !== 'number' || !(value >= 0)) throw new TypeError(`${name} is not a number from 0 up`);
	return value;
}

function count(value: unknown, name: string): number {
	return Math.trunc(amount(value, name));
}
