import {formatByteSize} from '../../lib/byte-size.ts';
import {fitting, textWidth} from '../../tui/graphemes.ts';
import {harmlessText} from '../../tui/harmless-text.ts';
import type {Style} from '../style.ts';
import {bar} from './bar.ts';
import {totalOf, type FileProgress, type PullProgress} from './progress.ts';

export interface LineSettings {
	/** Cells of the terminal; a line stays shorter, so that it never wraps. */
	readonly columns: number;
	readonly rows: number;
	readonly unicode: boolean;
	/** Colours a text, or leaves it alone. */
	readonly paint: (style: Style, text: string) => string;
	/** Milliseconds, on the clock of the progress. */
	readonly now: number;
}

/** Without news for so long, the last known rate says nothing about now. */
const staleMs = 5000;
const mostLines = 10;
const longName = 24;

/** One line for each file that is on its way, then what waits, then the sum if there is more than one. */
export function progressLines(progress: PullProgress, settings: LineSettings): readonly string[] {
	const open = progress.files.filter(({state}) => state === 'running' || state === 'retrying');
	const waiting = progress.files.filter(({state}) => state === 'waiting').length;
	if (open.length + waiting === 0) return [];
	const room = Math.max(1, Math.min(mostLines, settings.rows - 4));
	const shown = toldApart(open.slice(0, room), settings.unicode);
	const hidden = open.length - shown.length + waiting;
	const several = progress.files.length > 1;
	const total = {...totalOf(progress), file: 'total'};
	const rows = [...shown, ...(several ? [total] : [])];
	const layout = layoutFor(settings.columns - 1, Math.max(...rows.map(({file}) => nameWidth(file))));
	return [
		...shown.map(file => fileLine(file, layout, settings)),
		...(hidden > 0
			? [settings.paint('dim', cut(`${hidden} more ${hidden === 1 ? 'file waits' : 'files wait'}`, layout.width))]
			: []),
		...(several ? [barLine(total, layout, settings, 'dim')] : []),
	];
}

/** A file that is done, in a line that stays. */
export function doneLine({file, totalBytes, source}: FileProgress, {columns, unicode, paint}: LineSettings): string {
	const size = formatByteSize(totalBytes);
	const how = source === 'shared' ? ', brought by another pull' : '';
	const mark = unicode ? '✓' : 'ok';
	const name = shorten(harmlessText(file), Math.max(8, columns - 1 - mark.length - textWidth(size + how) - 3), unicode);
	return `${paint('green', mark)} ${name}  ${paint('dim', size + how)}`;
}

/** Where the whole pull stands, for a log: `1.2 GB of 4.9 GB (24%), 52 MB/s, 1m12s left`. */
export function plainLine(progress: PullProgress): string {
	const total = totalOf(progress);
	const {bytes, totalBytes, bytesPerSecond} = total;
	const left = timeLeft(total);
	return [
		`${formatByteSize(bytes)} of ${formatByteSize(totalBytes)} (${percentOf(total)}%)`,
		...(bytesPerSecond > 0 ? [`${formatByteSize(bytesPerSecond)}/s`] : []),
		...(left === '' ? [] : [left]),
	].join(', ');
}

/** Parts of one model differ at the end of a long name; where they do, the beginning they share tells nothing. */
function toldApart(files: readonly FileProgress[], unicode: boolean): readonly FileProgress[] {
	const long = files.map(({file}) => file).filter(file => file.length > longName);
	const shared = long.length < 2 ? 0 : sharedLength(long);
	if (shared < longName / 2) return files;
	return files.map(file =>
		file.file.length > longName ? {...file, file: `${unicode ? '…' : '~'}${file.file.slice(shared)}`} : file,
	);
}

function sharedLength([first = '', ...others]: readonly string[]): number {
	const differs = (at: number): boolean => others.some(name => name[at] !== first[at]);
	let length = 0;
	while (length < first.length && !differs(length)) length += 1;
	// A number that differs in its last digit is shown whole.
	return first.slice(0, length).replace(/\d+$/, '').length;
}

interface Layout {
	readonly width: number;
	readonly name: number;
	/** Cells; 0: no bar. */
	readonly bar: number;
	readonly amount: boolean;
	readonly rate: boolean;
	readonly left: boolean;
}

const cells = {percent: 4, amount: 16, rate: 8, left: 10, gap: 2, smallestBar: 8, largestBar: 30};

/** What there is room for. First to go is the time left, then the bar, the rate, and at last the amount. */
function layoutFor(width: number, longestName: number): Layout {
	const wanted = [
		{bar: true, amount: true, rate: true, left: true},
		{bar: true, amount: true, rate: true, left: false},
		{bar: false, amount: true, rate: true, left: false},
		{bar: false, amount: true, rate: false, left: false},
	];
	const smallestName = Math.min(longestName, 14);
	for (const {bar, ...fields} of wanted) {
		const fixed = cells.percent + cells.gap + widthOf(fields);
		const room = width - fixed - (bar ? cells.gap + cells.smallestBar : 0);
		if (room < smallestName) continue;
		const name = Math.min(longestName, bar ? Math.max(smallestName, room - 3) : room);
		return {width, name, bar: bar ? Math.min(cells.largestBar, cells.smallestBar + room - name) : 0, ...fields};
	}
	return {width, name: Math.max(1, width - cells.percent - cells.gap), bar: 0, amount: false, rate: false, left: false};
}

function widthOf(fields: {readonly amount: boolean; readonly rate: boolean; readonly left: boolean}): number {
	return (['amount', 'rate', 'left'] as const).reduce(
		(sum, field) => sum + (fields[field] ? cells.gap + cells[field] : 0),
		0,
	);
}

function fileLine(file: FileProgress, layout: Layout, settings: LineSettings): string {
	if (file.state !== 'retrying') return barLine(fresh(file, settings.now), layout, settings, 'cyan');
	const seconds = Math.max(0, Math.ceil((file.triesAt - settings.now) / 1000));
	const when = seconds === 0 ? 'trying again' : `trying again in ${seconds}s`;
	const text = `${inCells(file.file, layout.name, settings.unicode)}  ${harmlessText(file.problem ?? '')}; ${when}`;
	return settings.paint('yellow', cut(text.replaceAll('\n', ' '), layout.width));
}

type Measured = Pick<FileProgress, 'file' | 'bytes' | 'totalBytes' | 'bytesPerSecond'>;

function fresh(file: FileProgress, now: number): Measured {
	return now - file.heardAt > staleMs ? {...file, bytesPerSecond: 0} : file;
}

function barLine(file: Measured, layout: Layout, {unicode, paint}: LineSettings, style: Style): string {
	const {filled, rest} = bar(file.totalBytes > 0 ? file.bytes / file.totalBytes : 0, layout.bar, unicode);
	const amount = `${formatByteSize(file.bytes)} of ${formatByteSize(file.totalBytes)}`;
	const rate = file.bytesPerSecond > 0 ? `${formatByteSize(file.bytesPerSecond)}/s` : '';
	return [
		inCells(file.file, layout.name, unicode),
		...(layout.bar > 0 ? [paint(style, filled) + paint('dim', rest)] : []),
		`${percentOf(file)}%`.padStart(cells.percent),
		...(layout.amount ? [amount.padStart(cells.amount)] : []),
		...(layout.rate ? [rate.padStart(cells.rate)] : []),
		...(layout.left ? [timeLeft(file)] : []),
	]
		.join('  ')
		.trimEnd();
}

/** 100 only when nothing is missing. */
function percentOf({bytes, totalBytes}: Pick<Measured, 'bytes' | 'totalBytes'>): number {
	return totalBytes > 0 ? Math.min(100, Math.floor((bytes / totalBytes) * 100)) : 100;
}

function timeLeft({
	bytes,
	totalBytes,
	bytesPerSecond,
}: Pick<Measured, 'bytes' | 'totalBytes' | 'bytesPerSecond'>): string {
	if (bytesPerSecond <= 0 || bytes >= totalBytes) return '';
	const seconds = Math.ceil((totalBytes - bytes) / bytesPerSecond);
	if (seconds < 60) return `${seconds}s left`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s left`;
	const hours = Math.floor(seconds / 3600);
	if (hours < 24) return `${hours}h${Math.floor((seconds % 3600) / 60)}m left`;
	return hours < 24 * 100 ? `${Math.floor(hours / 24)} d left` : '';
}

function nameWidth(file: string): number {
	return textWidth(harmlessText(file));
}

function inCells(file: string, width: number, unicode: boolean): string {
	const name = shorten(harmlessText(file).replaceAll('\n', ' '), width, unicode);
	return name + ' '.repeat(Math.max(0, width - textWidth(name)));
}

/** The end of a file's name says which of several builds it is, so the middle goes. */
function shorten(name: string, width: number, unicode: boolean): string {
	if (textWidth(name) <= width) return name;
	const dots = unicode ? '…' : '~';
	const head = fitting(name, Math.ceil((width - 1) / 2));
	const tail = [...name].toReversed().join('');
	const end = [...fitting(tail, Math.floor((width - 1) / 2))].toReversed().join('');
	return `${head}${dots}${end}`;
}

function cut(text: string, width: number): string {
	return fitting(text, width);
}
