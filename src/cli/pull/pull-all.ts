import {MofaError} from '../../contract/error.ts';
import {quoted} from '../../lib/quoted.ts';
import {exitCodes, exitCodeOf} from '../exit-code.ts';
import {isOn, type Invocation} from '../invocation.ts';
import {sayFailure} from '../report-failure.ts';
import {OutputClosed, writeLine} from '../terminal.ts';
import {explainPull} from './explain-pull.ts';
import {pulledLine, pullModel} from './pull-model.ts';
import {tellingOf, type Telling} from './pull-reporter.ts';

/** Pulls one after the other. One that fails does not stop the next; the first failure's exit code is the answer. */
export async function pullAll(models: readonly string[], invocation: Invocation): Promise<number> {
	const {terminal, options} = invocation;
	const telling = tellingOf(terminal, {quiet: isOn(options, 'quiet'), json: isOn(options, 'json')});
	let first = exitCodes.ok;
	for (const [index, model] of models.entries()) {
		const rest = models.slice(index).map(quoted).join(' ');
		const code = await pullOne(model, `mofa pull ${rest}`, telling, invocation);
		if (first === exitCodes.ok) first = code;
	}
	return first;
}

async function pullOne(model: string, resume: string, telling: Telling, invocation: Invocation): Promise<number> {
	const {terminal, signal, options} = invocation;
	try {
		const store = await invocation.store();
		const pulled = await pullModel({store, model, terminal, telling, yes: isOn(options, 'yes'), signal, resume});
		if (pulled === null) {
			await writeLine(terminal.stderr, `${model} was not downloaded`);
			return exitCodes.doesNotFit;
		}
		if (telling === 'terminal' || telling === 'log') await writeLine(terminal.stdout, pulledLine(pulled, model));
		return exitCodes.ok;
	} catch (error) {
		const failure = MofaError.from(error);
		if (OutputClosed.is(error) || failure.code === 'cancelled') throw error;
		if (telling === 'json')
			await writeLine(terminal.stdout, JSON.stringify({type: 'failure', model, failure: failure.toWire()}));
		await sayFailure(terminal, await explainPull(error, model));
		return exitCodeOf(failure);
	}
}
