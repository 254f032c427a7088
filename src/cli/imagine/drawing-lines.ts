import {textWidth} from '../../tui/graphemes.ts';
import {bar} from '../pull/bar.ts';
import type {Style} from '../style.ts';

export interface DrawingProgress {
	/** Of the picture, from 0. */
	readonly index: number;
	readonly count: number;
	readonly step: number;
	readonly steps: number;
	/** Milliseconds since the first step that was heard of; null: this is it. */
	readonly elapsedMs: number | null;
}

export interface LineSettings {
	readonly columns: number;
	readonly unicode: boolean;
	readonly paint: (style: Style, text: string) => string;
}

const widestBar = 40;

/** `picture 2 of 4  ━━━━━╸────  step 5 of 20, 12 s left`; the bar goes first where there is no room. */
export function drawingLine(progress: DrawingProgress, {columns, unicode, paint}: LineSettings): string {
	const {index, count, step, steps} = progress;
	const before = count === 1 ? '' : `picture ${index + 1} of ${count}  `;
	const left = timeLeft(progress);
	const after = `step ${step} of ${steps}${left === '' ? '' : `, ${left}`}`;
	const room = columns - 1 - textWidth(before) - textWidth(after) - 2;
	if (room < 6) return `${before}${after}`.slice(0, Math.max(1, columns - 1));
	const {filled, rest} = bar(step / steps, Math.min(widestBar, room), unicode);
	return `${before}${paint('cyan', filled)}${paint('dim', rest)}  ${after}`;
}

/** Of all pictures; nothing where it would be gone before it was read. */
function timeLeft({index, count, step, steps, elapsedMs}: DrawingProgress): string {
	const done = index * steps + step - 1;
	if (elapsedMs === null || done < 1) return '';
	const seconds = Math.round((elapsedMs / done / 1000) * (count * steps - done - 1));
	if (seconds < 3) return '';
	if (seconds < 60) return `${seconds} s left`;
	return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s left`;
}
