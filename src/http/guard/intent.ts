import {MofaError} from '../../contract/error.ts';
import {Refusal} from '../envelope.ts';
import {isLocalSocket, type AppContext} from '../options.ts';
import {isLoopback} from './host-guard.ts';

/** For what changes the machine: a header that no web page can send without being asked first. */
export function requireIntent(context: AppContext): void {
	if (context.req.header('x-mofa') === '1') return;
	throw forbidden(context, "send the header 'x-mofa: 1': it shows that no web page is asking");
}

export function requireSameMachine(context: AppContext): void {
	const remote = context.env?.incoming?.socket.remoteAddress;
	if (isLocalSocket(context) || (remote !== undefined && isLoopback(remote))) return;
	throw forbidden(context, 'only a program on the same machine may do this');
}

function forbidden(context: AppContext, hint: string): Refusal {
	return new Refusal(403, new MofaError('unauthorized', {address: context.req.path, hint}));
}
