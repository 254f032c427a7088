import type {Client} from '../../client/client.ts';
import {explain} from '../../client/explain.ts';
import {MofaError} from '../../contract/error.ts';
import type {CheckReport, PackReport} from '../../contract/report.ts';
import {version as ownVersion} from '../../lib/version.ts';
import {currentPaths} from '../../settings/paths.ts';
import {footprintText, totalBytes} from '../footprint-text.ts';
import type {Invocation} from '../invocation.ts';
import {packCost} from '../size-text.ts';

type Connect = Pick<Invocation, 'client'>;

/** Starts the daemon when none runs: that it can start is what is to be known. */
export async function checkDaemon({client}: Connect): Promise<CheckReport> {
	try {
		const daemon = await client();
		const {version, pid, address} = await daemon.version();
		const same = version === ownVersion;
		// It is understood, or it would not have been connected to.
		if (daemon.remote !== undefined)
			return {
				name: 'daemon',
				ok: true,
				found: `version ${version} at ${daemon.remote}${same ? '' : `; this is mofa ${ownVersion}`}`,
				next: null,
			};
		const where = address === null ? 'local socket only' : address;
		return {
			name: 'daemon',
			ok: same,
			found: `version ${version}, process ${pid}, ${where}`,
			next: same ? null : `this is mofa ${ownVersion}; restart the daemon: mofa stop --all`,
		};
	} catch (error) {
		const {message, next} = explain(error);
		const isOwn = MofaError.is(error, 'daemon-unreachable');
		return {name: 'daemon', ok: false, found: message, next: isOwn ? `read the log: ${currentPaths().log}` : next};
	}
}

/** Backends, memory and the default model, as the daemon sees them; nothing when it does not answer. */
export async function checkMachine({client: connect}: Connect): Promise<readonly CheckReport[]> {
	const client = await connect().catch(() => undefined);
	if (client === undefined) return [];
	const checks = [checkBackends, checkMemory, checkDefaultModel, checkPlugins].map(check => () => check(client));
	const reports = [];
	for (const check of checks) {
		try {
			reports.push(...(await check()));
		} catch (error) {
			const {message, next} = explain(error);
			reports.push({name: 'daemon', ok: false, found: message, next});
		}
	}
	return reports;
}

/** One usable backend is enough; the others say why they are not. */
async function checkBackends(client: Client): Promise<readonly CheckReport[]> {
	const {backends} = await client.device();
	const some = backends.some(({usable}) => usable);
	const next = some ? null : installStep(await client.packs());
	if (backends.length === 0) return [{name: 'backends', ok: false, found: 'none', next}];
	return backends.map(({name, usable, version, accelerator, reason, hint}) => ({
		name: `${name} backend`,
		ok: usable || some,
		found: (usable ? ['usable', accelerator, version] : ['not usable', reason, hint])
			.filter(part => part !== null && part !== '')
			.join(', '),
		next: usable ? null : next,
	}));
}

function installStep(packs: readonly PackReport[]): string {
	const pack = packs.find(({recommended}) => recommended);
	return pack === undefined ? 'mofa backend list' : `mofa backend install ${pack.name}${packCost(pack)}`;
}

async function checkMemory(client: Client): Promise<readonly CheckReport[]> {
	const {memory} = await client.device();
	const ok = totalBytes(memory.budget) > 0;
	const next = ok ? null : 'close other programs, or set what models may take: mofa config set memory 4GB';
	return [{name: 'memory', ok, found: `${footprintText(memory.budget)} for models`, next}];
}

/** One line for each that is left out, and one for all others. */
async function checkPlugins(client: Client): Promise<readonly CheckReport[]> {
	const plugins = await client.plugins();
	const used = plugins.filter(({problem}) => problem === null).map(({name}) => name);
	return [
		...(used.length === 0 ? [] : [{name: 'plugins', ok: true, found: used.join(', '), next: null}]),
		...plugins.flatMap(({name, problem, source}) =>
			problem === null
				? []
				: [
						{
							name: `plugin ${name}`,
							ok: false,
							found: `left out: ${problem}`,
							next: source === 'installed' ? `mofa plugin remove ${name}` : 'mend it, then mofa stop --all',
						},
					],
		),
	];
}

async function checkDefaultModel(client: Client): Promise<readonly CheckReport[]> {
	const {model, because} = await client.defaultModel();
	try {
		const {choice} = await client.model(model);
		return [
			{name: 'default model', ok: choice.ok, found: because, next: choice.ok ? null : `mofa show ${model} --why`},
		];
	} catch (error) {
		return [
			{
				name: 'default model',
				ok: false,
				found: explain(error).message,
				next: 'choose another: mofa config set model NAME',
			},
		];
	}
}
