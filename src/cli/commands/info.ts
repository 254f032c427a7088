import type {Client} from '../../client/client.ts';
import type {BackendReport, DeviceReport} from '../../contract/report.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {exitCodes} from '../exit-code.ts';
import {footprintText} from '../footprint-text.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {section} from '../table.ts';
import type {Output} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run({client, options, terminal}: Invocation): Promise<number> {
	const daemon = await client();
	const device = await daemon.device();
	if (isOn(options, 'json')) await writeJson(terminal.stdout, device);
	else await terminal.stdout.write((await daemonText(daemon)) + deviceText(device, terminal.stdout));
	return exitCodes.ok;
}

/** Whose machine it is, where it is not this one. */
async function daemonText(daemon: Client): Promise<string> {
	if (daemon.remote === undefined) return '';
	const {version} = await daemon.version();
	return section('Daemon', [
		['asked', daemon.remote],
		['version', version],
	]);
}

function deviceText({platform, arch, cpu, memory, gpus, backends}: DeviceReport, stdout: Output): string {
	return [
		section('Processor', [
			['model', cpu.model],
			['platform', `${platform} ${arch}`],
			['cores', `${cpu.usableCores} usable of ${cpu.cores}${cpu.limitedBy === null ? '' : ` (${cpu.limitedBy})`}`],
			['features', cpu.features.length > 0 ? cpu.features.join(' ') : '-'],
		]),
		section('Memory', [
			['total', formatByteSize(memory.total)],
			['available', formatByteSize(memory.available)],
			...(memory.limit === null ? [] : [['limit', `${formatByteSize(memory.limit)} (control group)`] as const]),
			['for models', footprintText(memory.budget)],
		]),
		section(
			'GPUs',
			gpus.length > 0
				? gpus.map(({name, kind, memory}) => [kind, `${name}${memory === null ? '' : `, ${formatByteSize(memory)}`}`])
				: [['none', 'models run on the processor']],
		),
		section(
			'Backends',
			backends.length > 0
				? backends.map(backend => [backend.name, backendText(backend)])
				: [['none', 'mofa backend install gets one']],
			stdout,
		),
	].join('');
}

function backendText({usable, version, accelerator, reason, hint}: BackendReport): string {
	if (usable) return ['usable', accelerator, version].filter(part => part !== null).join(', ');
	return `not usable: ${[reason, hint].filter(part => part !== null && part !== '').join(', ')}`;
}
