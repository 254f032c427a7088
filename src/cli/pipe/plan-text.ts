import type {PipelinePlan} from '../../contract/pipeline.ts';
import {footprintText} from '../footprint-text.ts';
import {inOneLine, table} from '../table.ts';
import type {Output} from '../terminal.ts';

/** What would be run: each stage with its ports, its model, the memory and why. */
export function planText({stages, needs, has, because}: PipelinePlan, output: Output): string {
	const rows = stages.map(stage => [
		stage.id,
		`${stage.accepts.join('|')} → ${stage.emits.join('|')}`,
		stage.model ?? '-',
		footprintText(stage.needs),
		stage.from.join(', '),
		stage.onFailure,
		stage.because,
	]);
	const all = table(['STAGE', 'PORTS', 'MODEL', 'MEMORY', 'FROM', 'ON FAILURE', 'WHY'], rows, undefined, output);
	return `${all}\n${inOneLine(`together ${footprintText(needs)}; models may take ${footprintText(has)}: ${because}`)}\n`;
}
