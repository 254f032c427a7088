import type {CheckReport} from '../../contract/report.ts';
import {checkDaemon, checkMachine} from '../doctor/checks-of-daemon.ts';
import {
	checkDisk,
	checkEnvironment,
	checkFfmpeg,
	checkFolders,
	checkNode,
	checkPlayer,
	checkRecorder,
	checkSettings,
} from '../doctor/checks-of-system.ts';
import {exitCodes} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {styled} from '../style.ts';
import {writeLine, type Output} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** Looks at everything that has to be right, and says for each thing that is not what mends it. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal, options} = invocation;
	const checks = [
		checkNode(),
		...(await checkFolders()),
		...(await checkDisk()),
		await checkSettings(terminal.env),
		...checkEnvironment(terminal.env),
		await checkPlayer(terminal.env),
		await checkRecorder(terminal.env),
		await checkFfmpeg(terminal.env),
		await checkDaemon(invocation),
		...(await checkMachine(invocation)),
	];
	if (isOn(options, 'json')) await writeJson(terminal.stdout, checks);
	else for (const check of checks) await writeCheck(terminal.stdout, check);
	return checks.every(({ok}) => ok) ? exitCodes.ok : exitCodes.failure;
}

async function writeCheck(stdout: Output, {name, ok, found, next}: CheckReport): Promise<void> {
	const mark = ok ? styled(stdout, 'green', 'ok  ') : styled(stdout, 'red', 'FAIL');
	await writeLine(stdout, `${mark}  ${name}: ${found}`);
	if (next !== null) await writeLine(stdout, `      ${styled(stdout, 'dim', `→ ${next}`)}`);
}
