import type {Warning} from '../../contract/task.ts';

/** Tells of each setting that was given and that only a stage could honour: it stands in the pipeline, not in the request. */
export function leftToStages(
	settings: Readonly<Record<string, unknown>>,
	warn: (warning: Warning) => void,
	message = 'left out: the stages of a saved pipeline have settings of their own',
): void {
	for (const [setting, value] of Object.entries(settings)) if (value !== undefined) warn({setting, message});
}
