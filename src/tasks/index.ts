import type {AnyTask} from '../contract/task.ts';
import {chat} from './chat.ts';
import {completion} from './completion.ts';

/** Every built-in task by name. A new modality adds its file and its line here; plugins add theirs at run time. */
export const builtInTasks: Readonly<Record<string, AnyTask>> = {chat, completion} as Readonly<Record<string, AnyTask>>;
