import type {StepFactors} from './schedule.ts';
import type {Prediction} from './settings.ts';

/** How the finished picture follows from a sample of `signal × picture + noise × noise` and what the network says of it. */
export function cleanFactors(prediction: Prediction, signal: number, noise: number): StepFactors['clean'] {
	if (prediction === 'sample') return {ofSample: 0, ofOutput: 1};
	if (prediction === 'v_prediction') return {ofSample: signal, ofOutput: -noise};
	return {ofSample: 1 / signal, ofOutput: -noise / signal};
}

/** The same for a sample of `picture + sigma × noise`: the network saw it scaled down to a variance of one. */
export function explodedFactors(prediction: Prediction, sigma: number): StepFactors['clean'] {
	const norm = Math.sqrt(sigma ** 2 + 1);
	if (prediction === 'sample') return {ofSample: 0, ofOutput: 1};
	if (prediction === 'v_prediction') return {ofSample: 1 / norm ** 2, ofOutput: -sigma / norm};
	return {ofSample: 1, ofOutput: -sigma};
}
