import {MofaError} from '../contract/error.ts';
import type {ParsedPipeline, ParsedStage} from './parse.ts';

export interface Ports {
	readonly accepts: readonly string[];
	readonly emits: readonly string[];
}

/**
 * What each stage takes and gives, by id, before anything is loaded. Throws `invalid-request` naming the two stages that do
 * not meet (with `models`, what each stage's own model takes), or the sources of one that end their turns differently, so that it would wait for ever.
 */
export function checkPorts(
	{stages}: ParsedPipeline,
	models: ReadonlyMap<string, readonly string[]> = new Map(),
): ReadonlyMap<string, Ports> {
	const found = new Map<string, Ports>();
	const turns = new Map<string, string>([['input', '']]);
	for (const stage of stages) {
		const given = stage.from.flatMap(source => found.get(source)?.emits ?? []);
		const ports = portsOf(stage, given, {stages, models});
		for (const source of stage.from) {
			const refused = (found.get(source)?.emits ?? []).filter(medium => !ports.accepts.includes(medium));
			if (refused.length > 0) throw mismatch(source, stage.id, found.get(source)?.emits ?? [], ports.accepts);
		}
		found.set(stage.id, ports);
		turns.set(stage.id, turnsOf(stage, turns));
	}
	return found;
}

interface All {
	readonly stages: readonly ParsedStage[];
	readonly models: ReadonlyMap<string, readonly string[]>;
}

/** An operation gives what it is given; one at the beginning takes what those behind it do. */
function portsOf(stage: ParsedStage, given: readonly string[], all: All): Ports {
	const {does, settings} = stage;
	if ('task' in does) return {accepts: acceptedBy(stage, all), emits: does.task.emits};
	const {accepts, narrow = same} = does.operation;
	const taken = accepts === 'any' ? (given.length > 0 ? unique(given) : wantedBehind(stage, all)) : accepts;
	return {accepts: taken, emits: narrow(given.length > 0 ? unique(given) : taken, settings)};
}

/** What a pipe can bring in. */
const anything: readonly string[] = ['text', 'audio', 'image'];
const same = (media: readonly string[]): readonly string[] => media;

/** Of anything, what every stage that takes it from here can do with it. */
function wantedBehind({id, does, settings}: ParsedStage, all: All): readonly string[] {
	const narrow = 'operation' in does ? (does.operation.narrow ?? same) : same;
	const behind = all.stages.filter(({from}) => from.includes(id)).map(one => acceptedBy(one, all));
	return anything.filter(medium => {
		const [passed] = narrow([medium], settings);
		return passed === undefined || behind.every(accepts => accepts.includes(passed));
	});
}

function acceptedBy(stage: ParsedStage, all: All): readonly string[] {
	if ('task' in stage.does) return all.models.get(stage.id) ?? stage.does.task.accepts;
	const {accepts} = stage.does.operation;
	return accepts === 'any' ? wantedBehind(stage, all) : accepts;
}

/** Who of those before it ended the turns, in words that can be compared. */
function turnsOf({id, does, from}: ParsedStage, turns: ReadonlyMap<string, string>): string {
	const before = unique(from.map(source => turns.get(source) ?? ''));
	if (before.length > 1)
		throw new MofaError('invalid-request', {
			path: `${id}.from`,
			expected: `sources whose turns end together; ${from.join(' and ')} do not, for one of them has ${before.filter(Boolean).join(' and ')} in front`,
		});
	const ends = 'task' in does ? does.task.stage?.endsTurns === true : does.operation.ends === true;
	return ends ? `${before[0] ?? ''}${before[0] === '' ? '' : ', '}${id}` : (before[0] ?? '');
}

function mismatch(source: string, stage: string, emits: readonly string[], accepts: readonly string[]): MofaError {
	return new MofaError('invalid-request', {
		path: `${source} → ${stage}`,
		expected: `${stage} to take what ${source} gives: ${source} gives ${emits.join(' and ')}, and ${stage} takes ${accepts.join(' or ')}`,
	});
}

function unique(texts: readonly string[]): readonly string[] {
	return [...new Set(texts)];
}
