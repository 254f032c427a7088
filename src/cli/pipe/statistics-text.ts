import type {PipelineEvent, StageStatistics} from '../../contract/pipeline.ts';
import {formatByteSize} from '../../lib/byte-size.ts';
import {table} from '../table.ts';
import type {Output} from '../terminal.ts';

/** How long each stage waited, loaded and worked, and which one the others waited for. */
export function statisticsText(
	{stages, bottleneck, totalMs}: Extract<PipelineEvent, {readonly type: 'pipeline-end'}>,
	output: Output,
): string {
	const header = ['STAGE', 'MODEL', 'WAITED', 'LOADED', 'FIRST OUT', 'TOTAL', 'WORKED', 'SPEED', 'COPIED'];
	const rows = stages.map(stage => [
		stage.stage,
		stage.model ?? '-',
		time(stage.queueMs),
		time(stage.loadMs),
		stage.firstOutputMs === null ? '-' : time(stage.firstOutputMs),
		time(stage.totalMs),
		time(stage.busyMs),
		speed(stage),
		formatByteSize(stage.bytesCopied),
	]);
	const slowest = bottleneck === null ? '' : `; the bottleneck is ${bottleneck}`;
	return `${table(header, rows, undefined, output)}\n${time(totalMs)} in all${slowest}\n`;
}

function time(ms: number): string {
	return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** Tokens a second where tokens are written; else how it compares to the time the sound takes to hear. */
function speed({tokensPerSecond, realTimeFactor}: StageStatistics): string {
	if (tokensPerSecond !== null) return `${Math.round(tokensPerSecond)} tokens/s`;
	return realTimeFactor === null ? '-' : `${realTimeFactor.toFixed(3)} × real time`;
}
