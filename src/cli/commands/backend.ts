import type {PackReport} from '../../contract/report.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {similar} from '../../lib/similar.ts';
import {confirm} from '../confirm.ts';
import {exitCodes} from '../exit-code.ts';
import {installPack} from '../install-pack.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {sayFailure} from '../report-failure.ts';
import {bracketedSize, packCost} from '../size-text.ts';
import {table} from '../table.ts';
import {writeLine, type Output, type Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run(invocation: Invocation): Promise<number> {
	const act = actions[invocation.command[1] ?? ''];
	if (act === undefined) throw new Error(`${invocation.command.join(' ')} has no code`);
	return act(invocation);
}

const actions: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = {list, install, remove, update};

async function list({client, options, terminal}: Invocation): Promise<number> {
	const packs = await (await client()).packs();
	if (isOn(options, 'json')) await writeJson(terminal.stdout, packs);
	else {
		await terminal.stdout.write(packTable(packs, terminal.stdout));
		for (const {name, hint} of packs) if (hint !== null) await writeLine(terminal.stderr, `${name}: ${hint}`);
	}
	return exitCodes.ok;
}

/** The named pack, or the best one for this machine. */
async function install({client: connect, words, options, terminal, signal}: Invocation): Promise<number> {
	const client = await connect();
	const packs = await client.packs();
	const [name] = words;
	const pack = name === undefined ? packs.find(({recommended}) => recommended) : packs.find(pack => pack.name === name);
	if (pack === undefined) return name === undefined ? nothingFits(terminal) : notFound(name, packs, terminal);
	if (pack.state === 'installed' || pack.state === 'checkout') {
		await writeLine(
			terminal.stderr,
			`${pack.name} ${pack.version} is ${pack.state === 'installed' ? 'installed' : 'part of this checkout'} already`,
		);
		return exitCodes.ok;
	}
	if (pack.state === 'unsupported') {
		await sayFailure(terminal, {
			message: `${pack.name} cannot be used here: ${pack.hint ?? 'another machine is needed'}`,
			next: 'mofa backend list',
		});
		return exitCodes.backend;
	}
	const question = `Install ${pack.name}, ${pack.summary}${packCost(pack)}?`;
	const asks =
		name === undefined && (await confirm(terminal, question, {yes: isOn(options, 'yes'), byDefault: true})) === 'no';
	if (asks) return exitCodes.backend;
	await installPack(client, pack.name, terminal, signal);
	return exitCodes.ok;
}

async function remove({client: connect, words, options, terminal}: Invocation): Promise<number> {
	const client = await connect();
	const packs = await client.packs();
	const pack = packs.find(({name}) => name === words[0]);
	if (pack === undefined) return notFound(words[0] ?? '', packs, terminal);
	if (pack.state !== 'installed' && pack.state !== 'outdated') {
		await sayFailure(terminal, {message: `${pack.name} is not installed`, next: 'mofa backend list'});
		return exitCodes.notFound;
	}
	const question = `Delete ${pack.name}${bracketedSize(pack.installedBytes)}?`;
	if ((await confirm(terminal, question, {yes: isOn(options, 'yes'), byDefault: true})) === 'no')
		return exitCodes.failure;
	const {freedBytes} = await client.removePack(pack.name);
	await writeLine(terminal.stdout, `deleted ${pack.name}, freed ${formatByteSize(freedBytes)}`);
	return exitCodes.ok;
}

async function update({client: connect, options, terminal, signal}: Invocation): Promise<number> {
	const client = await connect();
	const outdated = (await client.packs()).filter(({state}) => state === 'outdated');
	if (outdated.length === 0)
		await writeLine(terminal.stderr, 'every installed pack has the version this mofa was tested with');
	for (const {name, version, ...pack} of outdated) {
		const question = `Update ${name} to ${version}${packCost(pack)}?`;
		const answer = await confirm(terminal, question, {yes: isOn(options, 'yes'), byDefault: true});
		if (answer !== 'no') await installPack(client, name, terminal, signal);
	}
	return exitCodes.ok;
}

async function nothingFits(terminal: Terminal): Promise<number> {
	await sayFailure(terminal, {message: 'no backend pack is recommended for this machine', next: 'mofa backend list'});
	return exitCodes.backend;
}

async function notFound(name: string, packs: readonly PackReport[], terminal: Terminal): Promise<number> {
	const near = similar(
		name,
		packs.map(pack => pack.name),
	);
	const next = near.length > 0 ? `did you mean ${near.join(', ')}?` : 'mofa backend list shows every pack';
	await sayFailure(terminal, {message: `there is no backend pack called "${name}"`, next});
	return exitCodes.notFound;
}

function packTable(packs: readonly PackReport[], stdout: Output): string {
	return table(
		['NAME', 'VERSION', 'STATE', 'DEVICE', 'DOWNLOAD', 'LICENSE', 'SUMMARY'],
		packs.map(pack => [
			pack.name,
			pack.version,
			pack.recommended && pack.state === 'available' ? 'recommended' : pack.state,
			pack.accelerator,
			costOf(pack),
			pack.license,
			pack.summary,
		]),
		undefined,
		stdout,
	);
}

/** What it costs to get: bytes, or time where it is built here. */
function costOf({state, downloadBytes, buildMinutes}: PackReport): string {
	if (state === 'checkout') return '-';
	if (buildMinutes !== null) return `builds, ${buildMinutes} min`;
	return downloadBytes === null ? '-' : formatByteSize(downloadBytes);
}
