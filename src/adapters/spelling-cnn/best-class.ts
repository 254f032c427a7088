/** The greatest of the logits, and the probability that it stands for. Pure. */
export function bestClass(logits: ArrayLike<number>): {readonly index: number; readonly probability: number} {
	let index = 0;
	for (let at = 1; at < logits.length; at += 1) if ((logits[at] ?? 0) > (logits[index] ?? 0)) index = at;
	const greatest = logits[index] ?? 0;
	let sum = 0;
	for (let at = 0; at < logits.length; at += 1) sum += Math.exp((logits[at] ?? 0) - greatest);
	return {index, probability: 1 / sum};
}
