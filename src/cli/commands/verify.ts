import {MofaError} from '../../contract/error.ts';
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

/** One line for each file that is not as it should be, then the sum; 1 when damage is left, or something was not read. */
export async function run(invocation: Invocation): Promise<number> {
	const {words, options, terminal, signal} = invocation;
	const json = isOn(options, 'json');
	const repair = isOn(options, 'repair');
	const store = await invocation.store();
	let end: EndEvent | undefined;
	let unread = 0;
	{
		using spinner = new Spinner(terminal);
		for await (const event of store.verify({models: words.length > 0 ? words : null, repair, signal})) {
			if (json) await writeLine(terminal.stdout, JSON.stringify(event));
			else if (event.type === 'verify-progress') spinner.show(progressText(event));
			else if (event.type === 'verify-file' && event.state !== 'good') {
				spinner.stop();
				await tellFile(event, terminal);
			}
			if (event.type === 'verify-end') end = event;
			if (event.type === 'verify-file' && isUnread(event)) unread += 1;
		}
	}
	if (end === undefined) throw new Error('the check ended without its result');
	if (!json) await tellEnd(end, unread, repair, terminal);
	return end.damaged > end.repaired || unread > 0 ? exitCodes.failure : exitCodes.ok;
}

/** Not for want of a hash. */
const isUnread = ({state, failure}: FileEvent): boolean => state === 'unknown' && failure !== undefined;

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
const unreadable = {text: 'could not be read', style: 'red'} as const;

/** Why something could not be repaired goes with its file: the next one may have a reason of its own. */
async function tellFile(event: FileEvent, terminal: Terminal): Promise<void> {
	await writeLine(terminal.stdout, fileText(event, terminal.stdout));
	if (event.failure === undefined) return;
	const {explain} = await import('../../client/explain.ts');
	const {code, data} = event.failure;
	await sayFailure(terminal, explain(new MofaError(code, data)));
}

function fileText(event: FileEvent, stdout: Output): string {
	const {model, file, state, ranges} = event;
	const {text, style} = isUnread(event) ? unreadable : words[state];
	const bytes = ranges.reduce((sum, {from, to}) => sum + to - from, 0);
	const where = bytes > 0 ? ` (${formatByteSize(bytes)} of it)` : '';
	return `${inOneLine(model)}: ${inOneLine(file)}: ${styled(stdout, style, text + where)}`;
}

async function tellEnd(
	{files, damaged, repaired, unknown}: EndEvent,
	unread: number,
	repair: boolean,
	terminal: Terminal,
): Promise<void> {
	const left = damaged - repaired;
	const hashless = unknown - unread;
	const checked = `${files} ${files === 1 ? 'file' : 'files'} checked`;
	const notes = [
		...(left > 0 ? [`${left} damaged or missing`] : []),
		...(unread > 0 ? [`${unread} could not be read`] : []),
		...(repaired > 0 ? [`${repaired} repaired`] : []),
		...(hashless > 0 ? [`${hashless} without a known hash`] : []),
	];
	const sum = [checked, ...(notes.length > 0 ? notes : ['all good'])].join(', ');
	const mend = repair
		? 'try again; what is good is kept'
		: 'mofa verify --repair fetches what is damaged, and nothing else';
	if (left + unread > 0) await sayFailure(terminal, {message: sum, next: left > 0 ? mend : null});
	else await writeLine(terminal.stdout, sum);
	if (hashless === 0) return;
	const help = '→ files that mofa pull fetches have one; compare others with what their author publishes';
	await writeLine(terminal.stderr, styled(terminal.stderr, 'dim', help));
}
