import {isIP} from 'node:net';
import os from 'node:os';
import {MofaError} from '../../contract/error.ts';
import {Refusal} from '../envelope.ts';
import {isLocalSocket, type AppMiddleware} from '../options.ts';

/**
 * Stops DNS rebinding: a web page whose name is made to point at 127.0.0.1 still sends that name as `Host`.
 * Only connections that reach a loopback address are judged; who binds mofa to a network has chosen its names.
 */
export function hostGuard(allowedHosts: readonly string[]): AppMiddleware {
	return async (context, next) => {
		const address = context.env?.incoming?.socket.localAddress;
		const host = context.req.header('host') ?? '';
		const judged = !isLocalSocket(context) && (address === undefined || isLoopback(address));
		if (judged && !isKnownHost(host, allowedHosts))
			throw new Refusal(403, new MofaError('unauthorized', hostHint(host)));
		await next();
	};
}

/** Pure: `localhost`, this machine's name, a loopback, private or own address, or a name that no public DNS serves. */
export function isKnownHost(header: string, allowedHosts: readonly string[] = []): boolean {
	const host = header
		.toLowerCase()
		.replace(/:\d+$/, '')
		.replace(/^\[(.*)\]$/, '$1')
		.replace(/\.$/, '');
	if (host === '' || host === 'localhost' || host === os.hostname().toLowerCase()) return true;
	if (allowedHosts.includes('*') || allowedHosts.includes(host)) return true;
	if (isIP(host) !== 0) return isLoopback(host) || isPrivate(host) || isOwn(host);
	return /\.(localhost|local|internal)$/.test(host);
}

export function isLoopback(address: string): boolean {
	const plain = address.replace(/^::ffff:/i, '');
	return plain === '::1' || plain.startsWith('127.');
}

function isPrivate(address: string): boolean {
	return (
		address === '0.0.0.0' ||
		address === '::' ||
		/^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address) ||
		/^(f[cd]|fe[89ab])/.test(address)
	);
}

function isOwn(address: string): boolean {
	return Object.values(os.networkInterfaces())
		.flat()
		.some(network => network?.address === address);
}

function hostHint(host: string): {address: string; hint: string} {
	return {
		address: host,
		hint: `the name '${host}' is not one this machine is known by; call it 127.0.0.1 or localhost`,
	};
}
