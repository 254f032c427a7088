import type {Client} from '../client/client.ts';
import type {InstallProgress} from '../contract/progress.ts';
import type {PackReport} from '../contract/report.ts';
import {formatByteSize} from '../lib/byte-size.ts';
import {Spinner} from './spinner.ts';
import {writeLine, type Terminal} from './terminal.ts';

const phases = {download: 'downloading', unpack: 'unpacking', build: 'building', check: 'checking'} as const;

/** Installs a pack while saying how far it is: a moving line on a terminal, one line in a log. */
export async function installPack(
	client: Client,
	name: string,
	terminal: Terminal,
	signal: AbortSignal,
): Promise<PackReport> {
	using spinner = new Spinner(terminal);
	if (!terminal.stderr.isTerminal) await writeLine(terminal.stderr, `installing ${name}`);
	spinner.show(`installing ${name}`);
	let installed: PackReport | undefined;
	for await (const event of client.installPack(name, signal)) {
		if (event.type === 'pack-end') installed = event.pack;
		else spinner.show(`${phases[event.phase]} ${name}${amount(event)}`);
	}
	spinner.stop();
	if (installed === undefined) throw new Error(`the installation of ${name} ended without its result`);
	await writeLine(terminal.stderr, `installed ${installed.name} ${installed.version}`);
	return installed;
}

function amount(event: InstallProgress): string {
	if (event.phase === 'build') return ` ${Math.floor(100 * event.fraction)}%`;
	const {phase, bytes, totalBytes: total} = event;
	return phase === 'download' && total !== null && total > 0
		? ` ${formatByteSize(bytes)} of ${formatByteSize(total)}`
		: '';
}
