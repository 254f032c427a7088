import type {SecureContext} from 'node:tls';
import {Socket} from 'node:net';
import {Agent, buildConnector, EnvHttpProxyAgent, type Dispatcher} from 'undici';
import type {HubSettings} from './hub-settings.ts';
import {LeanReader} from './lean-reader.ts';

/** Connections to one host stay open between requests, and each carries one request at a time. */
export function createDispatcher(
	{proxy, timeouts}: Pick<HubSettings, 'proxy' | 'timeouts'>,
	certificates: SecureContext | null,
	connections: number,
): Dispatcher {
	const tls = certificates === null ? {} : {secureContext: certificates};
	const options = {
		connections,
		pipelining: 1,
		// node gives an address 250 ms before it tries the next one of the host; far hosts need longer to answer at all.
		connect: leanConnector({...tls, timeout: timeouts.connect, autoSelectFamilyAttemptTimeout: 1000}),
	};
	if (proxy.http === '' && proxy.https === '') return new Agent(options);
	return new EnvHttpProxyAgent({
		...options,
		requestTls: tls,
		proxyTls: tls,
		// Proxies expect `GET http://…` for plain HTTP, and many refuse a tunnel to port 80.
		proxyTunnel: false,
		// An empty text says that there is none; without it the environment of this process would be asked.
		httpProxy: proxy.http,
		httpsProxy: proxy.https,
		noProxy: proxy.except,
	});
}

/** undici's own connections, each with a reader of its own. */
function leanConnector(options: buildConnector.BuildOptions): buildConnector.connector {
	return (target, callback) => {
		const reader = new LeanReader();
		// Its types leave out that it returns the socket, which has not read anything yet.
		const socket: unknown = buildConnector({...options, onread: reader.onread})(target, callback);
		if (socket instanceof Socket) reader.attach(socket);
		return socket;
	};
}
