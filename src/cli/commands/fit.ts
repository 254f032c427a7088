import type {FitReport, FitVariant, FitVerdict} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {MofaError} from '../../contract/error.ts';
import {exitCodes} from '../exit-code.ts';
import {footprintText} from '../footprint-text.ts';
import {isOn, textOf, type Invocation, type Options} from '../invocation.ts';
import {explainPull} from '../pull/explain-pull.ts';
import {ExplainedFailure} from '../report-failure.ts';
import {Spinner} from '../spinner.ts';
import {styled, type Style} from '../style.ts';
import {table} from '../table.ts';
import {writeLine, type Output, type Terminal} from '../terminal.ts';
import {showsUnicode} from '../unicode.ts';
import {writeJson} from '../write-json.ts';

/** The verdict is the exit code too, so that a script can ask before it pulls. */
export async function run(invocation: Invocation): Promise<number> {
	const {words, options, terminal} = invocation;
	const model = words[0] ?? '';
	try {
		const fit = await ask(model, invocation);
		if (isOn(options, 'json')) await writeJson(terminal.stdout, fit);
		else await tell(fit, terminal);
		return exitCodeFor(fit);
	} catch (error) {
		throw MofaError.is(error) ? new ExplainedFailure(await explainPull(error, model), error) : error;
	}
}

async function ask(model: string, {store, options, terminal, signal}: Invocation): Promise<FitReport> {
	const contextLength = readTokens(options);
	using spinner = new Spinner(terminal);
	spinner.show(`looking at ${model}`);
	return await (await store()).fit({model, task: textOf(options, 'task') ?? null, contextLength, signal});
}

function readTokens(options: Options): number | null {
	const text = textOf(options, 'context');
	if (text === undefined) return null;
	const match = /^(\d+)(k?)$/i.exec(text);
	const tokens = Number(match?.[1]) * (match?.[2] === '' ? 1 : 1024);
	if (Number.isSafeInteger(tokens) && tokens > 0) return tokens;
	throw new MofaError('invalid-request', {path: '--context', expected: `tokens such as 8192 or 8k, not "${text}"`});
}

function exitCodeFor({variants}: FitReport): number {
	const verdicts = variants.map(({verdict}) => verdict);
	if (verdicts.some(verdict => verdict !== 'does-not-fit' && verdict !== 'cannot-run')) return exitCodes.ok;
	return verdicts.includes('does-not-fit') ? exitCodes.doesNotFit : exitCodes.backend;
}

const verdicts: Readonly<Record<FitVerdict, {text: string; mark: string; ascii: string; style: Style}>> = {
	fits: {text: 'fits', mark: '✓', ascii: 'ok', style: 'green'},
	'fits-after-eviction': {text: 'fits once others have left', mark: '✓', ascii: 'ok', style: 'yellow'},
	'does-not-fit': {text: 'does not fit', mark: '✗', ascii: 'no', style: 'red'},
	'cannot-run': {text: 'cannot run', mark: '✗', ascii: 'no', style: 'red'},
	unknown: {text: 'not known', mark: '?', ascii: '?', style: 'yellow'},
};

async function tell(fit: FitReport, terminal: Terminal): Promise<void> {
	const {stdout, env} = terminal;
	const unicode = showsUnicode(env, process.platform);
	await writeLine(stdout, headline(fit));
	await writeLine(stdout);
	await stdout.write(variantTable(fit.variants, stdout, unicode));
	await writeLine(stdout);
	for (const line of notes(fit)) await writeLine(stdout, line);
}

function headline({model, repository, family, license, gated, contextLength}: FitReport): string {
	return [
		model.toLowerCase().startsWith(repository.toLowerCase()) ? model : `${model} from ${repository}`,
		family,
		`license ${license}${gated ? ', to be accepted first' : ''}`,
		...(contextLength === null ? [] : [`for ${contextLength} tokens`]),
	].join(', ');
}

const verdictColumn = 5;

function variantTable(variants: readonly FitVariant[], stdout: Output, unicode: boolean): string {
	return table(
		['', 'VARIANT', 'FORMAT', 'DOWNLOAD', 'MEMORY', 'VERDICT', 'DEVICE'],
		variants.map(variant => [
			variant.chosen ? (unicode ? '→' : '>') : ' ',
			variant.variant,
			variant.format,
			download(variant),
			variant.needs === null ? '-' : footprintText(variant.needs),
			verdictText(variant.verdict, unicode),
			variant.accelerator ?? '-',
		]),
		(cell, column, row) => {
			const variant = variants[row];
			if (variant !== undefined && column === verdictColumn)
				return styled(stdout, verdicts[variant.verdict].style, cell);
			return variant?.chosen === true ? styled(stdout, 'bold', cell) : cell;
		},
		stdout,
	);
}

function download(variant: FitVariant): string {
	return isHere(variant) ? 'is here' : formatByteSize(variant.downloadBytes);
}

function isHere({downloadBytes, presentBytes}: FitVariant): boolean {
	return presentBytes >= downloadBytes && presentBytes > 0;
}

function verdictText(verdict: FitVerdict, unicode: boolean): string {
	const {text, mark, ascii} = verdicts[verdict];
	return `${unicode ? mark : ascii} ${text}`;
}

function notes({model, variants, reasons, capacity, free, sibling}: FitReport): readonly string[] {
	const best = variants.find(({chosen}) => chosen);
	return [
		...reasons,
		...variants.flatMap(({variant, because}) => (because === null ? [] : [`${variant}: ${because}`])),
		`models may take ${footprintText(capacity)}; ${footprintText(free)} of it is free now`,
		...(best === undefined
			? sibling === null
				? []
				: [`a smaller one of the same line: mofa fit ${sibling}`]
			: [isHere(best) ? `it is here: mofa show ${model}` : `get it: mofa pull ${model}`]),
	];
}
