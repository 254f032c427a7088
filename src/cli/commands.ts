import * as info from './commands/info.ts';
import * as list from './commands/list.ts';
import * as ps from './commands/ps.ts';
import * as rm from './commands/rm.ts';
import * as runs from './commands/run.ts';
import * as show from './commands/show.ts';
import * as stop from './commands/stop.ts';
import type {CommandModule} from './invocation.ts';

/**
 * Where each command's code is. The small ones that people wait for are in one file with this one: reading another
 * file takes longer than they do. What is large or rare is loaded when it is used.
 */
export const commandModules: Readonly<Record<string, () => CommandModule | Promise<CommandModule>>> = {
	run: () => runs,
	list: () => list,
	show: () => show,
	ps: () => ps,
	stop: () => stop,
	rm: () => rm,
	info: () => info,
	serve: () => import('./commands/serve.ts'),
	doctor: () => import('./commands/doctor.ts'),
	backend: () => import('./commands/backend.ts'),
	config: () => import('./commands/config.ts'),
	completion: () => import('./commands/completion.ts'),
	help: () => import('./commands/help.ts'),
};
