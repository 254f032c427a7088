import {version} from '../lib/version.ts';

/** The way of a command line. What needs no more than this file is answered before anything else is loaded. */
async function main(argv: readonly string[]): Promise<void> {
	const [first] = argv;
	if (argv.length === 1 && (first === '--version' || first === '-v')) {
		process.stdout.write(`mofa ${version}\n`);
		return;
	}
	if (first === '__complete') {
		const {completeWords} = await import('./complete.ts');
		process.stdout.write(await completeWords(argv.slice(1)));
		process.exit(0);
	}
	// For the case that node runs out of things to do while something is still awaited.
	process.exitCode = 1;
	const {runProgram} = await import('./program.ts');
	// Every write has been awaited by now; a stray handle must not keep a finished command alive.
	process.exit(await runProgram(argv));
}

void main(process.argv.slice(2));
