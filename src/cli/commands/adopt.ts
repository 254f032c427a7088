import path from 'node:path';
import type {AdoptReport} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {similar} from '../../lib/similar.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, textOf, type Invocation} from '../invocation.ts';
import {refusedRemotely} from '../remote-address.ts';
import {usageFailure} from '../report-failure.ts';
import {Spinner} from '../spinner.ts';
import {styled} from '../style.ts';
import {table} from '../table.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

const tools = ['ollama', 'lmstudio', 'llama.cpp'];

export async function run(invocation: Invocation): Promise<number> {
	const {words, options, terminal} = invocation;
	const tool = words[0]?.toLowerCase() ?? null;
	if (tool !== null && !tools.includes(tool)) {
		const near = similar(tool, tools);
		const next = near.length > 0 ? `did you mean ${near.join(', ')}?` : `it knows ${tools.join(', ')}`;
		return usageFailure(terminal, `mofa cannot adopt the models of "${tool}"`, next);
	}
	const refused = await refusedRemotely(
		terminal,
		'a daemon adopts what lies on its own machine',
		'type mofa adopt there, or unset MOFA_HOST',
	);
	if (refused !== null) return refused;
	const folder = textOf(options, 'from');
	if (folder !== undefined && tool === null)
		return usageFailure(
			terminal,
			'a folder needs the tool whose models are in it',
			`mofa adopt ollama --from ${folder}`,
		);
	const reports = await adopt(tool, folder === undefined ? null : path.resolve(folder), invocation);
	if (isOn(options, 'json')) await writeJson(terminal.stdout, reports);
	else await tell(reports, tool, terminal);
	return reports.length === 0 && tool !== null ? exitCodes.notFound : exitCodes.ok;
}

async function adopt(
	tool: string | null,
	folder: string | null,
	{store, terminal}: Invocation,
): Promise<readonly AdoptReport[]> {
	using spinner = new Spinner(terminal);
	spinner.show('looking for models');
	return await (await store()).adopt({tool, folder});
}

async function tell(reports: readonly AdoptReport[], tool: string | null, terminal: Terminal): Promise<void> {
	const {stdout, stderr} = terminal;
	const rows = reports.flatMap(({tool, models}) => models.map(model => ({tool, ...model})));
	if (rows.length > 0)
		await stdout.write(
			table(
				['NAME', 'SIZE', 'TOOL', 'STATE'],
				rows.map(({name, bytes, tool, state, because}) => [
					name,
					formatByteSize(bytes),
					tool,
					because === null ? state : `${state}: ${because}`,
				]),
				(cell, _, row) => (rows[row]?.state === 'refused' ? styled(stdout, 'dim', cell) : cell),
			),
		);
	for (const {tool, folder, models} of reports)
		if (models.length === 0) await writeLine(stderr, `${tool} has no models in ${folder}`);
	if (reports.length === 0)
		await writeLine(
			stderr,
			tool === null ? 'no other tool has models here' : `${tool} has no models here; --from names its folder`,
		);
}
