import {describeGguf, type GgufDescription} from '../gguf/describe.ts';
import {readGgufHeaderFrom} from '../gguf/read-header.ts';
import type {FileLocation, Hub} from '../hub/hub.ts';
import {RemoteSource} from './remote-source.ts';

/** What the header of a GGUF file on the Hub says, read by ranges: some megabytes of a file of gigabytes. */
export async function describeRemoteGguf(
	hub: Hub,
	location: FileLocation,
	signal: AbortSignal,
): Promise<GgufDescription> {
	const name = `${location.repository}/${location.file}`;
	return describeGguf(await readGgufHeaderFrom(new RemoteSource(hub, location, signal), location.bytes, name), name);
}
