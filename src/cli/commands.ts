import type {CommandModule} from './invocation.ts';

/** Where each command's code is; loaded only when that command is used. */
export const commandModules: Readonly<Record<string, () => Promise<CommandModule>>> = {
	run: () => import('./commands/run.ts'),
	list: () => import('./commands/list.ts'),
	show: () => import('./commands/show.ts'),
	ps: () => import('./commands/ps.ts'),
	stop: () => import('./commands/stop.ts'),
	rm: () => import('./commands/rm.ts'),
	serve: () => import('./commands/serve.ts'),
	info: () => import('./commands/info.ts'),
	doctor: () => import('./commands/doctor.ts'),
	backend: () => import('./commands/backend.ts'),
	config: () => import('./commands/config.ts'),
	completion: () => import('./commands/completion.ts'),
	help: () => import('./commands/help.ts'),
};
