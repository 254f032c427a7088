import type {AnyAdapter} from '../contract/adapter.ts';
import type {AnyTask} from '../contract/task.ts';
import {PluginProblem} from './problem.ts';

/** Hears of what a plugin threw where nobody asked it for anything. */
export type Complain = (about: string, problem: string) => void;

/**
 * An adapter of a plugin as the daemon asks it, about every model there is: what it throws then is its own fault, and concerns no
 * other model. `entry` says where a runner finds it.
 */
export function guardedAdapter(adapter: AnyAdapter, entry: string, complain: Complain): AnyAdapter {
	return {
		...adapter,
		plugin: entry,
		serves: (manifest, variant) =>
			guarded(
				() => adapter.serves(manifest, variant),
				() => false,
				problem => complain(adapter.name, problem),
			),
		async probe(device) {
			try {
				return await adapter.probe(device);
			} catch (error) {
				return {ok: false, reason: 'crashed', hint: PluginProblem.wordsOf(error)};
			}
		},
		probedFrom: device => adapter.probedFrom(device).catch(() => null),
	};
}

/** After what counts as seen a request is not tried again, so what cannot be told counts as that. */
export function guardedTask(task: AnyTask, complain: Complain): AnyTask {
	return {
		...task,
		parse: input => task.parse(input),
		collect: events => task.collect(events),
		visible: event =>
			guarded(
				() => task.visible(event),
				() => true,
				problem => complain(task.name, problem),
			),
	};
}

function guarded(ask: () => boolean, otherwise: () => boolean, complain: (problem: string) => void): boolean {
	try {
		return ask();
	} catch (error) {
		complain(PluginProblem.wordsOf(error));
		return otherwise();
	}
}
