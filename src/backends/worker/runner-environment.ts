/** Made for this process, and misleading or dangerous in a child: debugger flags, an IPC channel, a cluster place. */
const ours: ReadonlySet<string> = new Set([
	'NODE_OPTIONS',
	'NODE_CHANNEL_FD',
	'NODE_CHANNEL_SERIALIZATION_MODE',
	'NODE_UNIQUE_ID',
	'NODE_INSPECT_RESUME_ON_START',
]);

/** A runner opens files that strangers made, and never the network: it gets no keys. */
const secret = /TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY/i;

/**
 * What a runner inherits. `overrides` win over everything, the secrets' filter included.
 * One thread in libuv's pool: with more of them, llama.cpp's own threads were 1.2 to 2.2 times slower on two cores.
 */
export function runnerEnvironment(
	inherited: Readonly<Record<string, string | undefined>>,
	overrides: Readonly<Record<string, string>> = {},
): Record<string, string> {
	const kept = Object.entries(inherited).filter(
		(entry): entry is [string, string] => entry[1] !== undefined && !ours.has(entry[0]) && !secret.test(entry[0]),
	);
	return {...Object.fromEntries(kept), UV_THREADPOOL_SIZE: '1', ...overrides};
}
