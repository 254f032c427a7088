import {filter} from './filter.ts';
import {map} from './map.ts';
import type {Operation} from './operation.ts';
import {tee} from './tee.ts';

export type {Operate, Operation} from './operation.ts';

/** Stages that need no model, by name. */
export const operations: Readonly<Record<string, Operation>> = {tee, map, filter};
