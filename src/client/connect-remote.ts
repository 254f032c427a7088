import {MofaError} from '../contract/error.ts';
import type {VersionReport} from '../contract/report.ts';
import type {RemoteDaemon} from '../settings/host.ts';
import type {Client} from './client.ts';
import {createHttpClient} from './http-client.ts';
import {remoteClient} from './remote-client.ts';

export interface RemoteOptions extends RemoteDaemon {
	/** Of this mofa. The daemon must speak the same protocol; its version may be another. */
	readonly protocol: number;
	readonly version: string;
	/** Until one that takes the connection and says nothing counts as silent. */
	readonly timeoutMs?: number | undefined;
}

/**
 * A client of a daemon elsewhere, which is neither started nor replaced from here. Throws `network` where none answers
 * or one of another protocol does, and `unauthorized` where it wants another key.
 */
export async function connectRemote({url, apiKey, protocol, version, timeoutMs}: RemoteOptions): Promise<Client> {
	const client = createHttpClient({url}, {remote: true, ...(apiKey === null ? {} : {apiKey})});
	const report = await answered(client.version(), url, timeoutMs ?? 10_000).catch((error: unknown) => {
		// Refusals of other kinds, such as of a name that the machine is not known by, bring their own words.
		const wanted = MofaError.is(error, 'unauthorized') && error.data.address.startsWith('/');
		throw wanted ? wantsKey(url, apiKey) : error;
	});
	if (report.protocol !== protocol) throw otherVersion(url, report, {protocol, version});
	return remoteClient(client, url);
}

async function answered<T>(answer: Promise<T>, address: string, timeoutMs: number): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		const silent = {address, problem: 'it does not answer', daemon: 'silent'} as const;
		timer = setTimeout(() => reject(new MofaError('network', silent)), timeoutMs);
	});
	try {
		return await Promise.race([answer, late]);
	} finally {
		clearTimeout(timer);
	}
}

function wantsKey(url: string, apiKey: string | null): MofaError {
	const hint =
		apiKey === null
			? 'set MOFA_API_KEY to what its setting api_key is; a key in the settings here goes only to the host in the settings'
			: 'the key that was sent is not the one in its setting api_key';
	return new MofaError('unauthorized', {address: `the daemon at ${url}`, hint});
}

function otherVersion(
	address: string,
	there: Pick<VersionReport, 'protocol' | 'version'>,
	here: Pick<VersionReport, 'protocol' | 'version'>,
): MofaError {
	const named = ({version, protocol}: typeof here): string => `mofa ${version} (protocol ${protocol})`;
	const problem = `it is ${named(there)}, and this is ${named(here)}`;
	return new MofaError('network', {address, problem, daemon: 'other-version'});
}
