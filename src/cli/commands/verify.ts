import type {VerifyEvent} from '../../contract/store.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {sayFailure} from '../report-failure.ts';
import {Spinner} from '../spinner.ts';
import {styled, type Style} from '../style.ts';
import {inOneLine} from '../table.ts';
import {writeLine, type Output, type Terminal} from '../terminal.ts';

type FileEvent = Extract<VerifyEvent, {type: 'verify-file'}>;
type EndEvent = Extract<VerifyEvent, {type: 'verify-end'}>;

/** One line for each file that is not as it should be, then the sum; 1 when damage is left. */
export async function run(invocation: Invocation): Promise<number> {
	const {words, options, terminal, signal} = invocation;
	const json = isOn(options, 'json');
	const repair = isOn(options, 'repair');
	const store = await invocation.store();
	let end: EndEvent | undefined;
	{
		using spinner = new Spinner(terminal);
		for await (const event of store.verify({models: words.length > 0 ? words : null, repair, signal})) {
			if (json) await writeLine(terminal.stdout, JSON.stringify(event));
			else if (event.type === 'verify-progress') spinner.show(progressText(event));
			else if (event.type === 'verify-file' && event.state !== 'good') {
				spinner.stop();
				await writeLine(terminal.stdout, fileText(event, terminal.stdout));
			}
			if (event.type === 'verify-end') end = event;
		}
	}
	if (end === undefined) throw new Error('the check ended without its result');
	if (!json) await tellEnd(end, repair, terminal);
	return end.damaged > end.repaired ? exitCodes.failure : exitCodes.ok;
}

function progressText({file, bytes, totalBytes}: Extract<VerifyEvent, {type: 'verify-progress'}>): string {
	return `checking ${inOneLine(file)}: ${formatByteSize(bytes)} of ${formatByteSize(totalBytes)}`;
}

const words: Readonly<Record<FileEvent['state'], {text: string; style: Style}>> = {
	good: {text: 'good', style: 'green'},
	repaired: {text: 'repaired', style: 'green'},
	damaged: {text: 'damaged', style: 'red'},
	missing: {text: 'missing', style: 'red'},
	unknown: {text: 'no hash is known', style: 'dim'},
};

function fileText({model, file, state, ranges}: FileEvent, stdout: Output): string {
	const {text, style} = words[state];
	const bytes = ranges.reduce((sum, {from, to}) => sum + to - from, 0);
	const where = bytes > 0 ? ` (${formatByteSize(bytes)} of it)` : '';
	return `${inOneLine(model)}: ${inOneLine(file)}: ${styled(stdout, style, text + where)}`;
}

async function tellEnd(
	{files, damaged, repaired, unknown}: EndEvent,
	repair: boolean,
	terminal: Terminal,
): Promise<void> {
	const left = damaged - repaired;
	const checked = `${files} ${files === 1 ? 'file' : 'files'} checked`;
	if (left > 0)
		return sayFailure(terminal, {
			message: `${checked}, ${left} damaged`,
			next: repair
				? 'try again; what is good is kept'
				: 'mofa verify --repair fetches what is damaged, and nothing else',
		});
	const notes = [
		...(repaired > 0 ? [`${repaired} repaired`] : []),
		...(unknown > 0 ? [`${unknown} without a known hash`] : []),
	];
	await writeLine(terminal.stdout, [checked, ...(notes.length > 0 ? notes : ['all good'])].join(', '));
}
