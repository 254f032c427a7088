import type {ChoiceReport, ModelDetails} from '../../contract/report.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {exitCodes} from '../exit-code.ts';
import {footprintText} from '../footprint-text.ts';
import {relativeTime} from '../human-time.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {sayFailure} from '../report-failure.ts';
import {section} from '../table.ts';
import {writeLine, type Output, type Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

export async function run({client, words, options, terminal}: Invocation): Promise<number> {
	const model = await (await client()).model(resolveModelName(words[0] ?? ''));
	if (isOn(options, 'json')) await writeJson(terminal.stdout, model);
	else if (isOn(options, 'template')) return showTemplate(model, terminal);
	else {
		const {stdout} = terminal;
		await stdout.write(isOn(options, 'why') ? choiceText(model.choice, stdout) : modelText(model, stdout));
	}
	return exitCodes.ok;
}

/** As the file has it, to the byte, but for the line end that text files have. */
async function showTemplate({name, template}: ModelDetails, terminal: Terminal): Promise<number> {
	if (template === null) {
		await sayFailure(terminal, {
			message: `${name} has no chat template`,
			next: 'it continues text instead of answering',
		});
		return exitCodes.notFound;
	}
	await writeLine(terminal.stdout, template.replace(/\n$/, ''));
	return exitCodes.ok;
}

function modelText(model: ModelDetails, stdout: Output): string {
	const facts: ReadonlyArray<readonly [string, string | null]> = [
		['name', model.name],
		['also called', model.aliases.length === 0 ? null : model.aliases.join(', ')],
		['about', model.description],
		['tasks', model.tasks.join(', ')],
		['also takes', model.accepts.length === 0 ? null : model.accepts.join(', ')],
		['family', model.family],
		['parameters', model.parameters === null ? null : readableCount(model.parameters)],
		['context length', model.contextLength === null ? null : `${model.contextLength} tokens`],
		['format', [model.format, model.quantization].filter(part => part !== null).join(' ')],
		['size', model.bytes === 0 ? null : sizeOf(model)],
		['license', model.license],
		['repository', repositoryOf(model)],
		['kept by', model.origin],
		['modified', model.modifiedAt === null ? 'built in' : relativeTime(model.modifiedAt, Date.now())],
		['last used', model.lastUsedAt === null ? null : relativeTime(model.lastUsedAt, Date.now())],
		['chat template', model.template === null ? 'none' : 'yes (mofa show --template prints it)'],
	];
	const settings = Object.entries(model.settings).map(([key, value]) => [key, shortText(value)] as const);
	return [
		section(
			'Model',
			facts.filter((fact): fact is readonly [string, string] => fact[1] !== null),
			stdout,
		),
		settings.length > 0 ? section('Settings', settings, stdout) : '',
		model.files.length > 0 ? section('Files', fileRows(model), stdout) : '',
		model.format === 'pipeline' ? '' : choiceText(model.choice, stdout),
	].join('');
}

function fileRows({files}: ModelDetails): ReadonlyArray<readonly [string, string]> {
	return files.flatMap(({role, path, bytes, hash}) => [
		[role, `${path} (${formatByteSize(bytes)})`] as const,
		...(hash === null ? [] : [['', hashText(hash)] as const]),
	]);
}

function sizeOf({state, bytes, presentBytes}: ModelDetails): string {
	if (state === 'gone') return `${formatByteSize(bytes)}, deleted by the tool it belongs to`;
	return state === 'partial'
		? `${formatByteSize(presentBytes)} of ${formatByteSize(bytes)}; mofa pull goes on`
		: formatByteSize(bytes);
}

function repositoryOf({repository, commit, revision}: ModelDetails): string | null {
	if (repository === null) return null;
	const version = [revision, commit?.slice(0, 12)].filter(Boolean).join(', ');
	return version === '' ? repository : `${repository} (${version})`;
}

/** Small files are named by the hash that git has for them. */
function hashText(hash: string): string {
	return hash.length === 64 ? `sha256 ${hash}` : `git ${hash}`;
}

function choiceText({ok, variant, adapter, accelerator, needs, passedOver}: ChoiceReport, stdout: Output): string {
	const chosen: ReadonlyArray<readonly [string, string]> = [
		['variant', variant ?? '-'],
		['adapter', adapter ?? '-'],
		['device', accelerator ?? '-'],
		['memory', footprintText(needs)],
	];
	const others = passedOver.map(({variant, adapter, because}) => [`${variant} with ${adapter}`, because] as const);
	return [
		ok ? section('Runs as', chosen) : section('Cannot run here', [['memory', footprintText(needs)]]),
		others.length > 0 ? section('Passed over', others, stdout) : '',
	].join('');
}

function readableCount(count: number): string {
	if (count >= 1e9) return `${(count / 1e9).toFixed(1)}B`;
	return count >= 1e6 ? `${(count / 1e6).toFixed(1)}M` : `${Math.round(count / 1000)}K`;
}

function shortText(value: unknown): string {
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
