import type {SecureContext} from 'node:tls';
import {Agent, EnvHttpProxyAgent, type Dispatcher} from 'undici';
import type {HubSettings} from './hub-settings.ts';

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
		// node gives a second address family 250 ms before it tries the next; far hosts need longer to answer at all.
		connect: {...tls, timeout: timeouts.connect, autoSelectFamilyAttemptTimeout: 1000},
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
