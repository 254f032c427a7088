import {filter} from './filter.ts';
import {gate} from './gate.ts';
import {map} from './map.ts';
import type {Operation} from './operation.ts';
import {tee} from './tee.ts';

export type {Operate, Operation} from './operation.ts';

/** Stages that need no model, by name. */
export const operations: Readonly<Record<string, Operation>> = {gate, tee, map, filter};

/** What does without a model what a task does with one. */
export function standInFor(task: string): Operation | undefined {
	return Object.values(operations).find(({standsInFor}) => standsInFor === task);
}
