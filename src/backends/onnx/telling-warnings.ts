import type {Handler, TaskName, Warning} from '../../contract/task.ts';
import type {OnnxSession} from './session.ts';

/** The same handler, which first tells what the session could not do on this machine; each of it once. */
export function tellingWarnings<T extends TaskName>(
	session: Pick<OnnxSession, 'warnings'>,
	handler: Handler<T>,
): Handler<T> {
	const told = new Set<Warning>();
	return (request, context) => {
		for (const warning of session.warnings.filter(one => !told.has(one))) {
			told.add(warning);
			context.warn(warning);
		}
		return handler(request, context);
	};
}
